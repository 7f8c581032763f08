"""Twists: maps that turn planes, and can be undone.

A twist turns a plane with the orthonormal directions p and q,

    (a, b) -> (a cos w - b sin w, a sin w + b cos w),   a + i b = (p'x - c) + i (q'x - d),

by an angle w that is linear in what the turn leaves alone: the squared radius a^2 + b^2, the coordinates y outside of
the plane, and their square. It has some 4 d numbers, where a network has thousands.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

TWISTS = 2
"""Of each side, one after the other."""


class Twists(NamedTuple):
    """Weights of the twists of each side: plane, centre and angle of each, shapes (folds, d, 2), (folds, 1, 2) and
    (folds, d + 3, 1); empty for a side that has no plane."""

    x: list[Tensor]
    t: list[Tensor]

    @property
    def weights(self) -> list[Tensor]:
        return self.x + self.t

    def of(self, weights: Sequence[Tensor]) -> "Twists":
        """As many twists with other weights."""
        return Twists(list(weights[: len(self.x)]), list(weights[len(self.x) :]))

    def turned(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides, of shape (folds, m, d), after each twist in turn."""
        return _turned(x, self.x), _turned(t, self.t)

    @torch.no_grad()
    def all_turned(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides, of shape (n, d), as each fold turns them."""
        folds = len(self.weights[0])
        return self.turned(x.expand(folds, -1, -1), t.expand(folds, -1, -1))

    def angles_of_radii(self) -> "Twists":
        """1 for the numbers by which each side's first twist turns about its centre by the radii, 0 for all others."""
        return Twists(_angle_of_radii(self.x), _angle_of_radii(self.t))


def free_numbers(d: int) -> int:
    """How many numbers decide the twists of a side of d units, up to turns of all samples alike, which critics undo.

    Of each: where its plane lies, its centre, and the slopes of its angle over the squared radius and, where there is
    something outside of the plane, over that and its square.
    """
    outside = d - 2
    return TWISTS * (2 * outside + 2 + 1 + (outside + 1 if outside else 0)) if d > 1 else 0


def random_twists(folds: int, d: int, generator: torch.Generator) -> list[Tensor]:
    """Random planes, and angles of 0, of a side of d units; none where there is no plane."""
    if d < 2:
        return []
    device, weights = generator.device, []
    for _ in range(TWISTS):
        plane = torch.randn(folds, d, 2, generator=generator, device=device)
        weights += [plane, torch.zeros(folds, 1, 2, device=device), torch.zeros(folds, d + 3, 1, device=device)]
    return weights


def _angle_of_radii(weights: Sequence[Tensor]) -> list[Tensor]:
    marks = [torch.zeros_like(w) for w in weights]
    if marks:
        _, centre, angle = marks[:3]
        centre[:] = 1
        angle[:, [0, 1, -1]] = 1
    return marks


def _turned(values: Tensor, weights: list[Tensor]) -> Tensor:
    """Values of shape (folds, m, d) after each twist in turn."""
    for plane, centre, angle in zip(weights[::3], weights[1::3], weights[2::3], strict=True):
        p = functional.normalize(plane[..., 0], dim=1)
        q = plane[..., 1] - (plane[..., 1] * p).sum(1, keepdim=True) * p
        basis = torch.stack([p, functional.normalize(q, dim=1)], 2)
        within = values @ basis
        outside = values - within @ basis.mT
        within = within - centre
        # of mean about 0, so that the angles of most samples stay small at first
        radius = within.square().sum(2, keepdim=True) / 2 - 1
        far = outside.square().sum(2, keepdim=True) / max(values.shape[2] - 2, 1) - 1
        w = torch.cat([radius, far, outside, torch.ones_like(far)], 2) @ angle
        a, b = within[..., :1], within[..., 1:]
        turned = torch.cat([a * torch.cos(w) - b * torch.sin(w), a * torch.sin(w) + b * torch.cos(w)], 2)
        values = values + (turned - within) @ basis.mT
    return values
