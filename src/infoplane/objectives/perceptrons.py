"""Perceptrons of one shape side by side, with noise in their hidden layers where they are trained.

They are batched over members: on small networks one batched product costs what one product costs.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Disturbance(NamedTuple):
    """What keeps a network from learning its samples by heart.

    Attributes:
        dropout: share of hidden units that a training step leaves out.
        noise_std: of Gaussian noise that a training step adds to hidden units.
    """

    dropout: float = 0.0
    noise_std: float = 0.0


NONE = Disturbance()

Normal = Callable[[tuple[int, ...]], Tensor]
"""Draws standard normal numbers of a shape."""


def normal_of(generator: torch.Generator | None) -> Normal:
    """Numbers of a generator, on its device; None: torch's global one."""
    return partial(torch.randn, generator=generator, device=generator.device if generator else None)


def perceptrons(members: int, sizes: Sequence[int], normal: Normal) -> nn.ParameterList:
    """Weights and biases of perceptrons of one shape, stacked along the first axis.

    Args:
        members: how many.
        sizes: units of the input, of each hidden layer and of the output.
        normal: draws the initial weights.
    """
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        w = normal((members, fan_in, fan_out))
        weights += [w * math.sqrt(1 / fan_in), torch.zeros(members, 1, fan_out, device=w.device)]
    return nn.ParameterList(weights)


def run(
    weights: Sequence[Tensor] | nn.ParameterList,
    h: Tensor,
    disturbance: Disturbance = NONE,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Outputs of shape (members, m, out) for inputs of shape (members, m, in)."""
    for layer in range(0, len(weights), 2):
        if layer:
            h = functional.gelu(h)
            if disturbance.noise_std:
                h = h + disturbance.noise_std * torch.randn(h.shape, generator=generator, device=h.device)
            if disturbance.dropout:
                kept = torch.rand(h.shape, generator=generator, device=h.device) >= disturbance.dropout
                h = h * kept / (1 - disturbance.dropout)
        h = torch.baddbmm(weights[layer + 1], h, weights[layer])
    return h
