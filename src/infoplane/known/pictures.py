"""Pictures of 16 x 16 pixels that show a few numbers: of Gaussian plates and of rectangles.

Problem: many pixels that hold the information of two or four numbers each, which is known.

Equation: the numbers are correlated Gaussians, each put through the normal distribution function, and can be read from
the picture; so I(X;T) is that of the Gaussians.

References: Butakov et al. (2024), Information bottleneck analysis of deep neural networks via lossy compression, ICLR,
arXiv:2305.08013; Butakov et al. (2024), Mutual information estimation via normalizing flows, NeurIPS, arXiv:2403.02187.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from infoplane.known.mutinfo import normal
from infoplane.known.task import Task
from infoplane.known.transforms import mapped

PIXELS = 16
NATS = (1.0, 3.0, 7.0)
PLATE_STD = 0.2
"""Of a plate, as a share of the picture's side."""
SHORTEST = 0.2
"""Side of a rectangle, as a share of the picture's: of three pixels or more, so that both ends show."""


def tasks() -> list[Task]:
    """Plates and rectangles with 1, 3 and 7 nats."""
    kinds = (("Gaussian plates", plates, 2), ("rectangles", rectangles, 4))
    return [_pictured(name, draw, d, nats) for name, draw, d in kinds for nats in NATS]


def _pictured(name: str, draw: Callable[[Tensor], Tensor], d: int, nats: float) -> Task:
    def picture(values: Tensor) -> Tensor:
        return draw(torch.special.ndtr(values)).flatten(1)

    return dataclasses.replace(mapped(normal(d, nats), name, picture, picture), name=f"{name}, {nats:g} nats")


def plates(centres: Tensor) -> Tensor:
    """Gaussian bumps of height 1 around centres in the unit square, shape (n, 2) to (n, 16, 16)."""
    grid = torch.linspace(0, 1, PIXELS, dtype=centres.dtype)
    profiles = torch.exp(-0.5 * ((grid - centres[..., None]) / PLATE_STD) ** 2)
    return profiles[:, 0, :, None] * profiles[:, 1, None, :]


def rectangles(numbers: Tensor) -> Tensor:
    """White rectangles, of uniform numbers, shape (n, 4) to (n, 16, 16); a pixel is what share of it is covered."""
    profiles = [_covered(*_ends(numbers[:, 2 * i], numbers[:, 2 * i + 1])) for i in range(2)]
    return profiles[0][:, :, None] * profiles[1][:, None, :]


def _ends(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Ends of a segment in [0, 1], all pairs far enough apart equally likely, from two uniform numbers; shape (n,)."""
    low = (1 - SHORTEST) * (1 - torch.sqrt(1 - first))
    return low, low + SHORTEST + second * (1 - SHORTEST - low)


def _covered(low: Tensor, high: Tensor) -> Tensor:
    """How much of each pixel lies between two ends, shape (n, 16)."""
    left = torch.arange(PIXELS, dtype=low.dtype)
    return (PIXELS * high[:, None] - left).clamp(0, 1) - (PIXELS * low[:, None] - left).clamp(0, 1)
