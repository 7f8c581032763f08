"""Noise that a network injects into its layers, on while it trains and off when it is evaluated.

References: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15,
1929-1958, for standard and (section 10) Gaussian dropout; Kingma, Salimans & Welling (2015), Variational dropout and
the local reparameterization trick, arXiv:1506.02557; Achille & Soatto (2018), Information dropout: learning optimal
representations through noisy computation, arXiv:1611.01353; Goldfeld et al. (2019), Estimating information flow in deep
neural networks, arXiv:1810.05728, for additive noise; Adilova, Geiger & Fischer (2023), Information plane analysis for
dropout neural networks, arXiv:2303.00596.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from infoplane.information import Noise
from infoplane.models.parts.options import Dropout
from infoplane.models.parts.plan import NOT_CONNECTED

SMALLEST_ACTIVATION = 1e-6
"""Added before the logarithm of an activation."""


def noise_at(layer: str, dropout: Dropout | None, noisy: Sequence[str]) -> nn.Module:
    """The noise of a layer: an identity where it injects none.

    Args:
        dropout: the network's section `dropout`.
        noisy: the hidden layers that can inject noise, in order.

    Raises:
        ValueError: see `Dropout.chosen`.
    """
    if dropout is None or layer not in dropout.chosen(noisy):
        return nn.Identity()
    if dropout.kind == "standard":
        return nn.Dropout(dropout.rate or 0.0)
    if dropout.kind == "information":
        return InformationDropout(dropout.prior or "log_uniform", dropout.beta or 0.0, dropout.largest_alpha or 1.0)
    return FixedNoise(dropout.kind, dropout.std or 0.0)


class FixedNoise(nn.Module):
    """Noise of one size: t eps with eps ~ N(1, std^2), or t + N(0, std^2), in training; the identity in evaluation."""

    def __init__(self, kind: Literal["gaussian", "additive"], std: float):
        super().__init__()
        self.kind: Literal["gaussian", "additive"] = kind
        self.std = std

    def forward(self, t: Tensor) -> Tensor:
        if not self.training:
            return t
        eps = self.std * torch.randn_like(t)
        return t * (1 + eps) if self.kind == "gaussian" else t + eps

    def channel(self) -> Noise:
        """The channel that the layer is in training, for estimators; std is a scalar tensor."""
        return Noise(self.kind, torch.tensor(self.std))


class InformationDropout(nn.Module):
    """Multiply by eps, ln eps ~ N(0, alpha(x)^2), alpha learned from what the layer's weights see.

    The loss takes `penalty`, beta times the divergence of p(z|x) from the prior, in nats: an upper bound on I(X;Z).

    References: Achille & Soatto (2018), eqs. 5 and 6.
    """

    def __init__(self, prior: Literal["log_uniform", "log_normal"], beta: float, largest_alpha: float):
        super().__init__()
        self.prior, self.beta, self.largest_alpha = prior, beta, largest_alpha
        self.mean = nn.Parameter(torch.zeros(())) if prior == "log_normal" else None
        self.log_std = nn.Parameter(torch.zeros(())) if prior == "log_normal" else None
        self.alpha = torch.tensor(largest_alpha)
        self.divergence = torch.zeros(())

    def connect(self, weights: nn.Module) -> None:
        """Let alpha see what the layer's weights see, through weights of its own of the same shape.

        Raises:
            ValueError: the layer is neither fully connected nor a convolution.
        """
        if isinstance(weights, nn.Linear):
            self.to_alpha = nn.Linear(weights.in_features, weights.out_features)
        elif isinstance(weights, nn.Conv2d):
            shape = weights.in_channels, weights.out_channels, weights.kernel_size
            self.to_alpha = nn.Conv2d(*shape, weights.stride, weights.padding)  # type: ignore[arg-type]
        else:
            raise ValueError(NOT_CONNECTED)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        """z for the activations t of the layer's input x.

        Args:
            t: shape (n, units), or (n, channels, height, width) of a convolution, after its pooling.
            x: shape (n, inputs), or (n, channels, height, width).
        """
        logits = self.to_alpha(x)
        if logits.ndim == 4 and logits.shape != t.shape:  # the mean over what is pooled into one activation
            logits = adaptive_avg_pool2d(logits, (t.shape[2], t.shape[3]))
        # a little above 0, where the divergence is infinite
        self.alpha = self.largest_alpha * torch.sigmoid(logits).clamp(min=1e-3)
        self.divergence = self._divergence(t, self.alpha)
        return t * torch.exp(self.alpha * torch.randn_like(t)) if self.training else t

    def _divergence(self, t: Tensor, alpha: Tensor) -> Tensor:
        """KL(p(z|x) || prior) summed over units, mean over samples; a scalar, up to a constant for `log_uniform`."""
        if self.mean is None or self.log_std is None:
            return -torch.log(alpha / self.largest_alpha).flatten(1).sum(1).mean()
        log_t = torch.log(t + SMALLEST_ACTIVATION)
        spread = (alpha.square() + (log_t - self.mean).square()) / (2 * torch.exp(2 * self.log_std))
        return (spread + self.log_std - alpha.log() - 0.5).flatten(1).sum(1).mean()

    def penalty(self) -> Tensor:
        """What the last forward pass adds to the loss."""
        return self.beta * self.divergence

    def channel(self) -> Noise:
        """The channel that the layer is in training, at the inputs of the last forward pass; std of the shape of t.

        Before any forward pass, std is the largest that it can be.
        """
        return Noise("lognormal", self.alpha.detach())
