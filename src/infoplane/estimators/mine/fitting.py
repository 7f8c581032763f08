"""Cross-fitting: every sample is judged by critics that have seen neither it nor anything it was compared with.

Each of k folds is the test part of one critic. The rest is split into a part whose gradients train the critic and a
held-out part that says when to stop and how far to believe what was learned. All folds of all epochs train side by
side.
"""

# pyright: reportPrivateImportUsage=false
# operations on several tensors have no public names in torch

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.memberwise_adam import MemberwiseAdamW, Optimisation
from infoplane.estimators.parts.streams import Streams

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
    """Tensors of shape (members, ...) that are trained together: of each epoch an ensemble, of each network all folds.

    Attributes:
        weights: starting from zero output.
        weight_decay: of AdamW.
        most: share of all steps that it may take.
    """

    weights: list[Tensor]
    weight_decay: float
    most: float = 1.0


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
    """The factor between 0 and 1 at which `value`, of shape (critics,), is largest for each of them."""
    with torch.no_grad():
        values = torch.stack([value(scale) for scale in SCALES])
    return torch.tensor(SCALES, device=values.device)[values.argmax(0)]


@torch.no_grad()
def fit(
    phases: list[Phase],
    loss: Callable[[int, list[bool]], Tensor],
    values: Callable[[int], tuple[Tensor, Tensor]],
    optimisation: Optimisation,
    streams: Streams,
    enough: float = math.inf,
) -> list[History]:
    """Train networks in place, one after the other, and leave each fold's at the best held-out value it had.

    A phase of an epoch ends when it no longer improves held-out values, and the next has the steps that are left. The
    epochs' phases begin together, and those that have ended wait, so that each epoch is trained as it would be alone.

    Args:
        phases: what is trained in turn.
        loss: draws a minibatch for the epochs that are running and returns the sum of all members' losses, with the
            networks up to the phase of this number, from 0 on.
        values: what is wanted large, on training and on held-out samples, shape (epochs * folds,) each, likewise.
        optimisation: how.
        streams: what minibatches are drawn from.
        enough: held-out value at which there is no point in going on.
    Returns: one for each epoch.
    """
    points, epochs = judged_steps(optimisation.steps).tolist(), streams.epochs
    curves = np.full((2, epochs, len(points)), np.nan)
    train, top = (each.unflatten(0, (epochs, -1)) for each in values(0))
    gaps = train - top
    curves[:, :, 0] = train.mean(1).tolist(), top.mean(1).tolist()
    taken = [0] * epochs
    for index, (weights, weight_decay, most) in enumerate(phases):
        average, best = ([w.clone() for w in weights] for _ in range(2))
        adam = MemberwiseAdamW(weights, optimisation, weight_decay)
        waited, step = torch.zeros_like(top), 0
        over = (top >= enough).all(1).tolist()
        running = [count < optimisation.steps and not done for count, done in zip(taken, over, strict=True)]
        streams.leave([epoch for epoch in range(epochs) if not running[epoch]])
        while any(running):
            step += 1
            taken = [count + runs for count, runs in zip(taken, running, strict=True)]
            adam.step(partial(loss, index, running), step)
            torch._foreach_lerp_(average, weights, 1 - min(AVERAGING, step / (step + 9)))
            judged = [epoch for epoch in range(epochs) if running[epoch] and taken[epoch] in points]
            if not judged:
                continue
            train, held = (each.unflatten(0, (epochs, -1)) for each in _at(average, weights, partial(values, index)))
            better, is_judged = held > top + PROGRESS, 1
            if len(judged) < epochs:
                is_judged = torch.tensor([epoch in judged for epoch in range(epochs)], device=top.device)[:, None]
                better &= is_judged
            waited = torch.where(better, 0, waited + is_judged)
            top, gaps = torch.where(better, held, top), torch.where(better, train - held, gaps)
            chosen = better[:, None].expand(-1, len(weights[0]) // better.numel(), -1).flatten()[:, None, None]
            for b, a in zip(best, average, strict=True):
                torch.where(chosen, a, b, out=b)
            means = train.mean(1).tolist(), held.mean(1).tolist()
            over = ((waited >= PATIENCE) | (top >= enough)).all(1).tolist()
            for epoch in judged:
                curves[:, epoch, points.index(taken[epoch])] = means[0][epoch], means[1][epoch]
                running[epoch] = taken[epoch] < most * optimisation.steps and not over[epoch]
            streams.leave([epoch for epoch in judged if not running[epoch]])
        torch._foreach_copy_(weights, best)
    ends = zip(gaps.mean(1).tolist(), top.mean(1).tolist(), strict=True)
    return [
        History(curves[0, epoch], curves[1, epoch], gap, kept, _climbed(curves[1, epoch]))
        for epoch, (gap, kept) in enumerate(ends)
    ]


def _climbed(held: np.ndarray) -> float:
    """What the last quarter of a curve has above the rest; 0 where it does not reach the end."""
    climbed = float(held[-1] - np.max(held[: len(held) * 3 // 4 + 1]))
    return 0.0 if math.isnan(climbed) else climbed


def _at(average: list[Tensor], weights: list[Tensor], values: Callable[[], tuple[Tensor, Tensor]]):
    """The values with the averaged weights in the place of the current ones."""
    current = [w.clone() for w in weights]
    torch._foreach_copy_(weights, average)
    result = values()
    torch._foreach_copy_(weights, current)
    return result
