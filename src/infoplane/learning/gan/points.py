"""Points of the plane whose modes are known: a grid of Gaussians, and a spiral."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.learning.gan.modes import Judged

SPIRAL_MODES, SPIRAL_TURN, SPIRAL_STD = 100, 780.0, 0.01
"""Centres along the spiral, its end in degrees, and how far points lie off it, for an arm of length 1."""
SIDE = 5
"""Of the grid of Gaussians."""
WITHIN = 3.0
"""Standard deviations: how far a point of high quality is from the mode nearest to it, at most."""


class Modes(NamedTuple):
    """What the points cluster about.

    Attributes:
        centres: shape (m, 2).
        std: of the points about each.
    """

    centres: Tensor
    std: float

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n points, the modes equally likely, shape (n, 2)."""
        chosen = torch.randint(len(self.centres), (n,), generator=generator)
        return self.centres[chosen] + self.std * torch.randn(n, 2, generator=generator)


def gaussians25(spacing: float, std: float) -> Modes:
    """25 Gaussians on a grid, in units in which a coordinate of all points has variance 1.

    Args:
        spacing: between centres.
        std: of each Gaussian.

    References: Srivastava et al. (2017), VEEGAN: reducing mode collapse in GANs using implicit variational learning,
    NeurIPS, arXiv:1705.07761; section 4.1.
    """
    steps = torch.arange(SIDE) - (SIDE - 1) / 2
    grid = torch.cartesian_prod(steps, steps) * spacing
    whole = math.sqrt(float(grid[:, 0].var(correction=0)) + std**2)
    return Modes(grid / whole, std / whole)


def spiral() -> Modes:
    """A spiral within the unit circle, whose points are as dense everywhere: n = sqrt(u) 780 degrees, u uniform.

    References: Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062; figure 3.
    """
    u = (torch.arange(SPIRAL_MODES) + 0.5) / SPIRAL_MODES
    angle = u.sqrt() * math.radians(SPIRAL_TURN)
    radius = angle / math.radians(SPIRAL_TURN)
    return Modes(torch.stack([-radius * angle.cos(), radius * angle.sin()], 1), SPIRAL_STD)


class Points(NamedTuple):
    """Points that a generator shall make (`targets.Target`).

    Attributes:
        points: the data, shape (n, 2).
        modes: what they cluster about.
    """

    points: Tensor
    modes: Modes

    shape = (2,)
    judged = 2500
    has_noise = False

    @property
    def m(self) -> int:
        return len(self.modes.centres)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n of the data, shape (n, 2)."""
        return self.points[torch.randint(len(self.points), (n,), generator=generator)]

    def judge(self, samples: Tensor) -> Judged:
        """The mode nearest to each point, and whether it is near enough."""
        distance, nearest = torch.cdist(samples, self.modes.centres.to(samples.device)).min(1)
        return Judged(nearest, distance < WITHIN * self.modes.std)
