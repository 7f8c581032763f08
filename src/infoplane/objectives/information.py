"""Mutual information of minibatches as part of a loss: raised in one place, lowered in another.

    loss_of_all = loss + weight * I(x; z)

A critic raises a lower bound on I(x; z) all the while. What makes x or z, a generator or an encoder, lowers the loss:
with a negative weight it raises information, too (a GAN that keeps its modes), with a positive one it lowers what the
critic raises (an information bottleneck). Information is unbounded, so that its gradient may drown the other: it is
scaled to at most the norm of the loss's gradient, at the parameters of the generator or encoder (`backward`).

References: Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062; sections 5.1 to 5.3
and, for adaptive clipping, 5.1. Poole et al. (2019), On variational bounds of mutual information, ICML,
arXiv:1905.06922; section 2, for a critic trained by js. Song & Ermon (2020), Understanding the limitations of
variational mutual information estimators, ICLR, arXiv:1910.06222, for smile.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple, get_args

import torch
from torch import Tensor, nn

from infoplane.errors import UserError
from infoplane.objectives import bounds
from infoplane.objectives.critics import AtAllPairs, Concat, Separable
from infoplane.objectives.options import Bound


class MutualInformation(nn.Module):
    """A lower bound on I(x; z) of minibatches, with the gradient that trains its critic and whatever made x and z.

        information = MutualInformation(Separable(d_x, d_z))
        loss = -information(x, z)

    In training mode the gradient of `dv` is corrected by a running mean over minibatches, which is part of the state.

    Args:
        critic: `Separable`, `Concat`, `AtAllPairs`, or any module of rows of x and of z, which becomes `AtAllPairs`.
        bound: `dv`, `dv_biased`, `nwj` and `infonce` give their own value. `js` trains by the Jensen-Shannon objective
            and gives the value of nwj, `smile` likewise that of dv with e^f clipped to [e^-tau, e^tau], no bound.
        tau: of `smile`.

    Raises:
        UserError: there is no such bound.
    """

    log_mean: Tensor

    def __init__(self, critic: nn.Module, bound: Bound = "dv", tau: float = 5.0):
        super().__init__()
        if bound not in get_args(Bound):
            raise UserError(f"MutualInformation: bound = {bound!r}: must be one of {', '.join(get_args(Bound))}")
        self.critic = critic if isinstance(critic, (Separable, Concat, AtAllPairs)) else AtAllPairs(critic)
        self.bound, self.tau = bound, tau
        self.register_buffer("log_mean", torch.tensor(math.nan))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """The bound on a minibatch of pairs, a scalar in nats, for x of shape (b, ...) and z of shape (b, ...).

        Raises:
            UserError: x and z are not as many, or fewer than two.
        """
        f = self._critic_values(x, z)
        b = f.shape[-1]
        if self.bound == "infonce":
            return math.log(b) - bounds.objective(f, "infonce", {})[0]
        if self.bound == "nwj":
            return 1 - bounds.objective(f, "nwj", {})[0]
        if self.bound == "dv_biased" or (self.bound == "dv" and not self.training):
            return -bounds.objective(f, "dv_biased", {})[0]
        if self.bound == "dv":
            state = {} if bool(self.log_mean.isnan()) else {"log_mean": self.log_mean[None]}
            lowered, value = bounds.objective(f, "dv", state)[0], -bounds.objective(f.detach(), "dv_biased", {})[0]
            self.log_mean.copy_(state["log_mean"][0])
        else:
            lowered, found = bounds.objective(f, "js", {})[0], bounds.evaluate([f.detach().clone()], self.tau)
            value = (found.nwj if self.bound == "js" else found.smile)[0].to(f.dtype)
        return _with_gradient(value, -lowered)

    @torch.no_grad()
    def estimate(self, x: Tensor, z: Tensor) -> bounds.Evaluation:
        """Every bound on pairs that trained neither the critic nor what made them, in nats, without an axis of members.

        All pairs are compared: n^2 values of the critic.

        Raises:
            UserError: as `forward`.
        """
        is_training = self.training
        try:
            found = bounds.evaluate([self.eval()._critic_values(x, z).clone()], self.tau)
        finally:
            self.train(is_training)
        return bounds.Evaluation(**{name: values[0] for name, values in vars(found).items()})

    def _critic_values(self, x: Tensor, z: Tensor) -> Tensor:
        """f at all pairs, shape (1, b, b)."""
        if len(x) != len(z) or len(x) < 2:
            raise UserError(f"MutualInformation: {len(x)} of x and {len(z)} of z: as many are wanted, and at least two")
        return self.critic(x, z)[None]


class Norms(NamedTuple):
    """Norms of gradients at the same parameters.

    Attributes:
        loss: of the loss.
        information: of weight times information, before it was scaled.
        scale: by how much it was scaled.
    """

    loss: float
    information: float
    scale: float


def backward(
    loss: Tensor,
    information: Tensor,
    parameters: Iterable[nn.Parameter],
    critic: nn.Module | None = None,
    *,
    weight: float,
    clip: bool = True,
) -> Norms:
    """Add gradients to `.grad`: of loss + weight * information to the parameters, of -information to the critic's.

    One minibatch so serves a generator or encoder and the critic, whichever sign the weight has; each has an optimiser
    of its own. Where information is lowered and the bound is below 0, the critic is wrong, as information is not
    negative: it learns alone then. An encoder would run away from it, and information would stay where it was.

    Args:
        loss, information: scalars.
        parameters: of the generator or encoder.
        critic: what raises information whatever the weight: a `MutualInformation`; None: it is trained elsewhere.
        weight: negative to raise information, positive to lower it.
        clip: scale information's gradient at these parameters to at most the norm of the loss's.

    Raises:
        FloatingPointError: a gradient is not finite; none was added then.
    """
    parameters = [each for each in parameters if each.requires_grad]
    of_critic = [each for each in critic.parameters() if each.requires_grad] if critic else []
    wanted = [*parameters, *of_critic]
    gradients = torch.autograd.grad(information, wanted, retain_graph=True, allow_unused=True)
    of_information, to_critic = gradients[: len(parameters)], gradients[len(parameters) :]
    of_loss = torch.autograd.grad(loss, parameters, allow_unused=True)
    norm_loss, norm_information = _norm(of_loss), abs(weight) * _norm(of_information)
    if not math.isfinite(norm_loss + norm_information + _norm(to_critic)):
        raise FloatingPointError("a gradient of the loss or of information is not finite")
    scale = min(1.0, norm_loss / norm_information) if clip and norm_information else 1.0
    is_beaten = weight > 0 and critic is not None and float(information.detach()) < 0
    for parameter, own, other in zip(parameters, of_loss, of_information, strict=True):
        _add(parameter, own, 1.0)
        _add(parameter, other, 0.0 if is_beaten else weight * scale)
    for parameter, gradient in zip(of_critic, to_critic, strict=True):
        _add(parameter, gradient, -1.0)
    return Norms(norm_loss, norm_information, scale)


def _with_gradient(value: Tensor, surrogate: Tensor) -> Tensor:
    """A value whose gradient is that of another one."""
    return value.detach() + (surrogate - surrogate.detach())


def _norm(gradients: Iterable[Tensor | None]) -> float:
    squares = [each.square().sum() for each in gradients if each is not None]
    return float(torch.stack(squares).sum().sqrt()) if squares else 0.0


def _add(parameter: nn.Parameter, gradient: Tensor | None, factor: float) -> None:
    if gradient is None:
        return
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    parameter.grad.add_(gradient, alpha=factor)
