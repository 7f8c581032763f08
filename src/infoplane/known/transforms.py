"""Tasks made of tasks: maps that leave information as it is, copies side by side, noise drawn into the samples."""

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

from infoplane.known.task import Task, generator

MONOTONE: dict[str, Callable[[Tensor], Tensor]] = {
    "cubed": lambda v: v**3,
    "half-cube": lambda v: v.abs() ** 1.5 * v.sign(),
    "wiggly": lambda v: v + 0.3 * torch.sin(2.5 * v) + 0.1 * torch.sin(2 * v + 1),
}
"""Strictly increasing maps of one coordinate; applied to each coordinate they leave mutual information unchanged."""


def transformed(task: Task, how: str) -> Task:
    """The task after a map of `MONOTONE` on each coordinate of x and t; the truths stay."""
    return mapped(task, how, MONOTONE[how], MONOTONE[how])


def mapped(task: Task, name: str, of_x: Callable[[Tensor], Tensor], of_t: Callable[[Tensor], Tensor]) -> Task:
    """The task after maps of x and of t that can be undone, so that the truths stay; they get and give float64."""
    if task.noise is not None:
        raise ValueError(f"{task.name}: noise that is added after the transform would change the information")

    def sample(n: int, seed: int):
        x, t, y = task.sample(n, seed)
        return of_x(x.double()).float(), of_t(t.double()).float(), y

    name = f"{task.name}, {name}"
    return dataclasses.replace(task, name=name, sample=sample, sliced_xt=None, sliced_ty=None, subspace=None)


def copies(task: Task, d: int) -> Task:
    """d independent copies side by side, whose information adds up; without labels."""
    if task.noise is not None or task.truth_xt is None:
        raise ValueError(f"{task.name}: only a task without noise and with I(X;T) can be copied")

    def sample(n: int, seed: int):
        # streams far apart, so that copies share nothing with one another nor with the same task at another seed
        drawn = [task.sample(n, seed + 7919 * (i + 1)) for i in range(d)]
        return torch.cat([x for x, _, _ in drawn], 1), torch.cat([t for _, t, _ in drawn], 1), None

    return Task(f"{d} x {task.name}", sample, d * task.truth_xt, source=f"{d} times: {task.source}")


def rotated(task: Task) -> Task:
    """The task after a random rotation of x and another of t, which leave information as it is; without labels."""
    if task.noise is not None:
        raise ValueError(f"{task.name}: noise that is added after the rotation would not be turned with it")

    def sample(n: int, seed: int):
        x, t, _ = task.sample(n, seed)
        # another stream than the sampler's, or the rotation would repeat the first samples
        g = generator(seed + 2_000_003)
        turned = []
        for side in (x.double(), t.double()):
            d = side.shape[1]
            turned.append((side @ torch.linalg.qr(torch.randn(d, d, generator=g, dtype=torch.float64))[0]).float())
        return turned[0], turned[1], None

    return dataclasses.replace(task, name=f"{task.name}, rotated", sample=sample, truth_ty=None, sliced_xt=None)


def curved(task: Task) -> Task:
    """The task with half of each coordinate's square, less its mean, beside the coordinates; the truths stay."""
    if task.noise is not None:
        raise ValueError(f"{task.name}: noise that is added after the map would not be bent by it")

    def sample(n: int, seed: int):
        x, t, y = task.sample(n, seed)
        return *(torch.cat([side, (side.square() - 1) / 2], 1) for side in (x, t)), y

    d = max(side.shape[1] for side in task.sample(1, 0)[:2])
    name = f"{task.name}, curved"
    return dataclasses.replace(task, name=name, sample=sample, sliced_xt=None, sliced_ty=None, manifold=d)


def embedded(task: Task, width: int, noise_std: float) -> Task:
    """The task's x and t each in a random plane of `width` dimensions, with noise across the plane; the truths stay.

    Units have about the variance of the task's, and the noise, which is independent of all else, that of noise_std.

    Args:
        width: of x and of t, not below their dimensions.
    """
    if task.noise is not None:
        raise ValueError(f"{task.name}: noise that is added after the embedding would not lie in its plane")
    d = max(side.shape[1] for side in task.sample(1, 0)[:2])

    def sample(n: int, seed: int):
        x, t, y = task.sample(n, seed)
        # another stream than the sampler's, or the noise would repeat the samples
        g = generator(seed + 3_000_017)
        placed = []
        for side in (x.double(), t.double()):
            start = torch.randn(width, side.shape[1], generator=g, dtype=torch.float64)
            plane = torch.linalg.qr(start)[0] * math.sqrt(width / side.shape[1])
            noise = noise_std * torch.randn(n, width, generator=g, dtype=torch.float64)
            across = noise - noise @ torch.linalg.pinv(plane).T @ plane.T
            placed.append((side @ plane.T + across).float())
        return placed[0], placed[1], y

    name = f"{task.name}, in {width} dimensions"
    placed_in = {"subspace": d, "manifold": task.manifold or d}
    return dataclasses.replace(task, name=name, sample=sample, sliced_xt=None, sliced_ty=None, **placed_in)


def noisy(task: Task) -> Task:
    """The same task for estimators that see only samples: its noise is drawn into t."""
    if task.noise is None:
        return task
    kind, std = task.noise

    def sample(n: int, seed: int):
        x, t, y = task.sample(n, seed)
        # another stream than the sampler's, or the noise would repeat the inputs
        eps = torch.randn(t.shape, generator=generator(seed + 1_000_003)) * std
        return x, _apply(kind, t, eps), y

    return dataclasses.replace(task, name=f"{task.name}, drawn", sample=sample, noise=None)


def _apply(kind: str, t: Tensor, eps: Tensor) -> Tensor:
    if kind == "additive":
        return t + eps
    return t * (1 + eps if kind == "gaussian" else torch.exp(eps))
