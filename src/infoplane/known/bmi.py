"""The forty tasks of the public benchmark bmi, in its order.

Problem: accuracy claimed on tasks of one's own proves little; these were chosen by others, and others have published
their errors on them. Every task is a Gaussian pair of correlation .75, a uniform in uniform noise, Student's
distribution of unrelated coordinates, or Gaussians that all correlate by .5 or in two pairs by .8; the rest are these
after maps of x and of t that can be undone and so leave I(X;T) as it is.

Samples are drawn anew here, from the definitions: the same distributions, not the benchmark's own random numbers.

References: Czyz, Grabowski, Vogt, Beerenwinkel & Marx (2023), Beyond normal: on the evaluation of mutual information
estimators, NeurIPS, arXiv:2306.11078; section 3 and appendix D for the distributions and maps.
"""

import math

import torch
from torch import Tensor

from infoplane.known.closed_forms import additive_uniform, dense_gaussian, gaussian, sparse_gaussian, student
from infoplane.known.task import Task
from infoplane.known.transforms import MONOTONE, mapped

CORRELATION = 0.75
DENSE, PAIRED = (2, 3, 5, 25, 50), (2, 3, 5, 25)
BENT = (3, 5, 25)
"""Dimensions of dense Gaussians, of two pairs among so many, and of two pairs that are mapped further."""


def tasks() -> list[Task]:
    """All forty, numbered from 1 in the published tables."""
    pair = gaussian(1, CORRELATION)
    uniform = _both(pair, "normal CDF", torch.special.ndtr)
    heavy = student(1, 0.0, 1)
    pairs = {d: sparse_gaussian(d) for d in PAIRED}
    uniforms = {d: _both(pairs[d], "normal CDF", torch.special.ndtr) for d in BENT}
    students = {(d, dof): student(d, 0.0, dof) for d, dof in ((2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3))}
    return [
        pair,
        uniform,
        additive_uniform(0.1),
        additive_uniform(0.75),
        mapped(pair, "bimodal", *(_to_two_modes(*modes) for modes in ((0.3, 0.0, 5.0), (0.5, -1.0, 3.0)))),
        mapped(pair, "wiggly", _wiggly_x, _wiggly_t),
        _both(pair, "half-cube", MONOTONE["half-cube"]),
        heavy,
        _both(heavy, "asinh", torch.asinh),
        mapped(uniform, "Swiss roll", _swiss_roll, lambda t: t),
        *(dense_gaussian(d) for d in DENSE),
        *pairs.values(),
        *students.values(),
        *uniforms.values(),
        *(_both(pairs[d], "half-cube", MONOTONE["half-cube"]) for d in BENT),
        *(_spiral(task) for some in (pairs, uniforms) for task in (some[d] for d in BENT)),
        *(_both(students[which], "asinh", torch.asinh) for which in ((2, 1), (3, 2), (5, 2))),
    ]


def _both(task: Task, name: str, f) -> Task:
    return mapped(task, name, f, f)


def _spiral(task: Task) -> Task:
    """x turned in its first two coordinates, t in its second and third, each by its mean square as an angle."""
    return mapped(task, "spiral", lambda x: _turned(x, 0, 1), lambda t: _turned(t, 1, 2))


def _turned(values: Tensor, i: int, j: int) -> Tensor:
    angle = values.square().mean(1)
    turned = values.clone()
    turned[:, i] = torch.cos(angle) * values[:, i] - torch.sin(angle) * values[:, j]
    turned[:, j] = torch.sin(angle) * values[:, i] + torch.cos(angle) * values[:, j]
    return turned


def _swiss_roll(x: Tensor) -> Tensor:
    """A number from 0 to 1 rolled up in a plane, shape (n, 1) to (n, 2)."""
    angle = 1.5 * math.pi * (1 + 2 * x)
    return torch.cat([angle * torch.cos(angle), angle * torch.sin(angle)], 1) / 21


def _wiggly_x(x: Tensor) -> Tensor:
    return x + 0.4 * torch.sin(x) + 0.2 * torch.sin(1.7 * x + 1) + 0.03 * torch.sin(3.3 * x - 2.5)


def _wiggly_t(t: Tensor) -> Tensor:
    return t - 0.4 * torch.sin(0.4 * t) + 0.17 * torch.sin(1.3 * t + 3.5) + 0.02 * torch.sin(4.3 * t - 2.5)


def _to_two_modes(share: float, first: float, second: float):
    """The increasing map from a standard normal variable to two of them, at `first` with this share and at `second`."""

    def f(values: Tensor) -> Tensor:
        wanted = torch.special.ndtr(values)
        low, high = torch.full_like(values, -10), torch.full_like(values, 10)
        for _ in range(60):
            middle = (low + high) / 2
            below = share * torch.special.ndtr(middle - first) + (1 - share) * torch.special.ndtr(middle - second)
            low, high = torch.where(below < wanted, middle, low), torch.where(below < wanted, high, middle)
        return (low + high) / 2

    return f
