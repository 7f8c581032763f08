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

from infoplane.estimators.parts.memberwise_adam import MemberwiseAdamW, Optimisation

JUDGEMENTS = 20
"""How often training is judged on held-out samples, after the first time: all their pairs are compared, which costs the
square of their number."""
PATIENCE = 3
"""Judgements without a better held-out value after which training stops."""
PROGRESS = 1e-3
"""Nats that count as a better value."""
AVERAGING = 0.98
"""Decay of the running mean of the weights, which is what is judged: it does without a falling learning rate."""
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far what was learned may be believed, to choose from."""


class Phase(NamedTuple):
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
        train, held: mean over folds of the value on training and on held-out samples, at each of `judged_steps`; NaN
            after training stopped.
        gap: training minus held-out value of the critics that were kept, mean over folds.
        kept: held-out value of the critics that were kept, mean over folds.
        climbed: what the last quarter of the steps added to the held-out value; 0 where training stopped by itself.
    """

    train: np.ndarray
    held: np.ndarray
    gap: float
    kept: float
    climbed: float


def judged_steps(steps: int) -> np.ndarray:
    """The steps at which training is judged, from 0 to the last."""
    return np.unique(np.linspace(0, steps, JUDGEMENTS + 1).astype(int))


def best_scale(value: Callable[[float], Tensor]) -> Tensor:
    """The factor between 0 and 1 at which `value`, of shape (folds,), is largest for each fold."""
    with torch.no_grad():
        values = torch.stack([value(scale) for scale in SCALES])
    return torch.tensor(SCALES, device=values.device)[values.argmax(0)]


@torch.no_grad()
def fit(
    phases: list[Phase],
    loss: Callable[[int], Tensor],
    values: Callable[[int], tuple[Tensor, Tensor]],
    optimisation: Optimisation,
    enough: float = math.inf,
) -> History:
    """Train networks in place, one after the other, and leave each fold's at the best held-out value it had.

    A phase ends when it no longer improves held-out values, and the next has the steps that are left.

    Args:
        phases: what is trained in turn.
        loss: draws a minibatch and returns the sum of the members' losses, with the networks up to the phase of this
            number, from 0 on.
        values: what is wanted large, on training and on held-out samples, shape (folds,) each, likewise.
        optimisation: how.
        enough: held-out value at which there is no point in going on.
    """
    points = judged_steps(optimisation.steps).tolist()
    curves = np.full((2, len(points)), np.nan)
    train, top = values(0)
    gaps = train - top
    curves[:, 0] = float(train.mean()), float(top.mean())
    step = 0
    for index, (weights, weight_decay) in enumerate(phases):
        average, best = ([w.clone() for w in weights] for _ in range(2))
        adam = MemberwiseAdamW(weights, optimisation, weight_decay)
        waited, started = torch.zeros_like(top), step
        while step < optimisation.steps and not bool(((waited >= PATIENCE) | (top >= enough)).all()):
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
    climbed = 0.0 if math.isnan(climbed) else climbed
    return History(*curves, gap=float(gaps.mean()), kept=float(top.mean()), climbed=climbed)


def _at(average: list[Tensor], weights: list[Tensor], values: Callable[[], tuple[Tensor, Tensor]]):
    """The values with the averaged weights in the place of the current ones."""
    current = [w.clone() for w in weights]
    _copy(average, weights)
    result = values()
    _copy(current, weights)
    return result


def _copy(sources: list[Tensor], targets: list[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)
