"""Cross-fitting: every sample is judged by critics that have seen neither it nor anything it was compared with.

Each of k folds is the test part of one critic. The rest is split into a part whose gradients train the critic and a
held-out part that says when to stop and how far to believe what was learned. All folds train side by side.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

CHECKPOINTS = 20
PATIENCE = 3
"""Checkpoints without a better held-out value after which training stops."""
PROGRESS = 1e-3
"""Nats that count as a better value."""
AVERAGING = 0.98
"""Decay of the running mean of the weights, which is what is judged: it does without a falling learning rate."""
MOMENTS = (0.9, 0.99)
"""Decay of the running means of the gradient and of its square."""
WARM_UP = 20
"""Steps over which the learning rate rises."""
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Schedule(NamedTuple):
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


class Stage(NamedTuple):
    """Tensors of shape (members, ...) that are trained together, where member i belongs to fold i % folds.

    Attributes:
        weights: starting from zero output.
        weight_decay: of AdamW.
    """

    weights: list[Tensor]
    weight_decay: float


@dataclass(frozen=True)
class History:
    """What happened in training.

    Attributes:
        train, held: mean over folds of the value on training and on held-out samples, shape (checkpoints,); NaN
            after training stopped.
        gap: training minus held-out value of the critics that were kept, mean over folds.
        climbed: what the last quarter of the steps added to the held-out value; 0 where training stopped by itself.
    """

    train: np.ndarray
    held: np.ndarray
    gap: float
    climbed: float


def checkpoints(steps: int) -> np.ndarray:
    """The steps at which training is judged, from 0 to the last."""
    return np.unique(np.linspace(0, steps, CHECKPOINTS + 1).astype(int))


def minibatch(train: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Distinct training samples of each fold, shape (folds, size)."""
    order = torch.randperm(train.shape[1], generator=generator, device=train.device)
    return train[:, order[:size]]


def best_scale(value: Callable[[float], Tensor]) -> Tensor:
    """The factor between 0 and 1 at which `value`, of shape (folds,), is largest for each fold."""
    with torch.no_grad():
        values = torch.stack([value(scale) for scale in SCALES])
    return torch.tensor(SCALES, device=values.device)[values.argmax(0)]


@torch.no_grad()
def fit(
    stages: list[Stage],
    loss: Callable[[int], Tensor],
    values: Callable[[int], tuple[Tensor, Tensor]],
    schedule: Schedule,
    enough: float = math.inf,
) -> History:
    """Train networks in place, one after the other, and leave each fold's at the best held-out value it had.

    A stage ends when it no longer improves held-out values, and the next has the steps that are left.

    Args:
        stages: what is trained in turn.
        loss: draws a minibatch and returns the sum of the members' losses, with the networks up to this stage.
        values: what is wanted large, on training and on held-out samples, shape (folds,) each, likewise.
        schedule: how.
        enough: held-out value at which there is no point in going on.
    """
    points = checkpoints(schedule.steps).tolist()
    curves = np.full((2, len(points)), np.nan)
    train, top = values(0)
    gaps = train - top
    curves[:, 0] = float(train.mean()), float(top.mean())
    step = 0
    for index, stage in enumerate(stages):
        weights = stage.weights
        average, best = ([w.clone() for w in weights] for _ in range(2))
        adam = _AdamW(weights, schedule, stage.weight_decay)
        waited, started = torch.zeros_like(top), step
        while step < schedule.steps and not bool(((waited >= PATIENCE) | (top >= enough)).all()):
            step += 1
            adam.step(partial(loss, index), step - started)
            for a, w in zip(average, weights, strict=True):
                a.lerp_(w, 1 - min(AVERAGING, (step - started) / (step - started + 9)))
            if step in points:
                train, held = _at(average, weights, partial(values, index))
                better = held > top + PROGRESS
                top, gaps = torch.where(better, held, top), torch.where(better, train - held, gaps)
                waited = torch.where(better, 0, waited + 1)
                chosen = better.repeat(len(weights[0]) // len(better))
                for b, a in zip(best, average, strict=True):
                    b[chosen] = a[chosen]
                curves[:, points.index(step)] = float(train.mean()), float(held.mean())
        _copy(best, weights)
    climbed = float(curves[1, -1] - np.max(curves[1, : len(points) * 3 // 4 + 1]))
    return History(*curves, gap=float(gaps.mean()), climbed=0.0 if math.isnan(climbed) else climbed)


class _AdamW:
    """AdamW whose gradient is clipped for each member on its own, so that folds cannot disturb one another.

    torch.optim imports its compiler when the first optimizer is made, which takes longer than a whole estimate.

    References: Kingma & Ba (2015), algorithm 1; Loshchilov & Hutter (2019), algorithm 2.
    """

    def __init__(self, weights: list[Tensor], schedule: Schedule, weight_decay: float):
        self.weights, self.schedule, self.weight_decay = weights, schedule, weight_decay
        self.first, self.second = ([torch.zeros_like(w) for w in weights] for _ in range(2))

    def step(self, loss: Callable[[], Tensor], step: int):
        with torch.enable_grad():
            for w in self.weights:
                w.requires_grad_(True)
            gradients = torch.autograd.grad(loss(), self.weights)
            for w in self.weights:
                w.requires_grad_(False)
        norm = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
        shrink = (self.schedule.clip / (norm + 1e-6)).clamp(max=1)[:, None, None]
        rate = self.schedule.learning_rate * min(1, step / WARM_UP)
        unbias_first, unbias_second = (1 - decay**step for decay in MOMENTS)
        for w, g, first, second in zip(self.weights, gradients, self.first, self.second, strict=True):
            g = g * shrink
            first.lerp_(g, 1 - MOMENTS[0])
            second.mul_(MOMENTS[1]).addcmul_(g, g, value=1 - MOMENTS[1])
            w.mul_(1 - rate * self.weight_decay)
            w.addcdiv_(first, (second / unbias_second).sqrt_().add_(1e-8), value=-rate / unbias_first)


def _at(average: list[Tensor], weights: list[Tensor], values: Callable):
    """The values with the averaged weights in the place of the current ones."""
    current = [w.clone() for w in weights]
    _copy(average, weights)
    result = values()
    _copy(current, weights)
    return result


def _copy(sources: list[Tensor], targets: list[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)
