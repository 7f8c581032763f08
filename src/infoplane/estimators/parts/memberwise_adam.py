"""Several models trained side by side, which cannot disturb one another: minibatches and AdamW a member."""

# pyright: reportPrivateImportUsage=false
# operations on several tensors have no public names in torch

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

DECAYS = (0.9, 0.99)
"""Decay of the running means of the gradient and of its square."""
WARM_UP = 20
"""Steps over which the learning rate rises."""


class Optimisation(NamedTuple):
    """How networks are trained.

    Attributes:
        steps: gradient steps at most.
        batch: samples of a minibatch.
        learning_rate: of AdamW.
        clip: largest norm of a member's gradient.
    """

    steps: int
    batch: int
    learning_rate: float
    clip: float


def minibatch(train: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Distinct training samples of each fold, shape (folds, size)."""
    order = torch.randperm(train.shape[1], generator=generator, device=train.device)
    return train[:, order[:size]]


class MemberwiseAdamW:
    """AdamW whose gradient is clipped for each member on its own, so that folds cannot disturb one another.

    But for the clipping it is `torch.optim.AdamW`, to which a test holds it. That one imports PyTorch's compiler when
    the first optimizer of a process is made, which takes longer than a whole estimate.

    Args:
        weights: shape (members, rows, columns) each, changed in place.
        optimisation: learning rate, which rises over the first `WARM_UP` steps, and clip.
        weight_decay: share of the weights, times the learning rate, that a step takes away.

    References: Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR, arXiv:1412.6980; algorithm 1.
    Loshchilov & Hutter (2019), Decoupled weight decay regularization, ICLR, arXiv:1711.05101; algorithm 2.
    """

    def __init__(self, weights: list[Tensor], optimisation: Optimisation, weight_decay: float):
        self.weights, self.optimisation, self.weight_decay = weights, optimisation, weight_decay
        self.first, self.second = ([torch.zeros_like(w) for w in weights] for _ in range(2))

    @torch.no_grad()
    def step(self, loss: Callable[[], Tensor], step: int) -> None:
        """Lower the loss, which is a sum over members, by the step of this number, from 1 on."""
        with torch.enable_grad():
            for w in self.weights:
                w.requires_grad_(True)
            gradients = torch.autograd.grad(loss(), self.weights)
            for w in self.weights:
                w.requires_grad_(False)
        # of all tensors at once: a GPU takes longer to start an operation than to do it
        squares = torch._foreach_mul(gradients, gradients)
        norm = torch.stack([each.flatten(1).sum(1) for each in squares]).sum(0).sqrt()
        shrink = (self.optimisation.clip / (norm + 1e-6)).clamp(max=1)[:, None, None]
        rate = self.optimisation.learning_rate * min(1, step / WARM_UP)
        unbias_first, unbias_second = (1 - decay**step for decay in DECAYS)
        clipped = [g * shrink for g in gradients]
        torch._foreach_lerp_(self.first, clipped, 1 - DECAYS[0])
        torch._foreach_mul_(self.second, DECAYS[1])
        torch._foreach_addcmul_(self.second, clipped, clipped, value=1 - DECAYS[1])
        torch._foreach_mul_(self.weights, 1 - rate * self.weight_decay)
        spread = torch._foreach_div(self.second, unbias_second)
        torch._foreach_sqrt_(spread)
        torch._foreach_add_(spread, 1e-8)
        torch._foreach_addcdiv_(self.weights, self.first, spread, value=-rate / unbias_first)
