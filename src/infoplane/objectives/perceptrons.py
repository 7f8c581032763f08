"""Perceptrons of one shape side by side, with noise in their hidden layers where they are trained.

They are batched over members: on small networks one batched product costs what one product costs.
"""

import math
from collections.abc import Sequence
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


def perceptrons(members: int, sizes: Sequence[int], generator: torch.Generator | None) -> nn.ParameterList:
    """Weights and biases of perceptrons of one shape, stacked along the first axis.

    Args:
        members: how many.
        sizes: units of the input, of each hidden layer and of the output.
        generator: of the initial weights, which lie on its device; None: torch's global one.
    """
    device = generator.device if generator else None
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        w = torch.randn(members, fan_in, fan_out, generator=generator, device=device)
        weights += [w * math.sqrt(1 / fan_in), torch.zeros(members, 1, fan_out, device=device)]
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
