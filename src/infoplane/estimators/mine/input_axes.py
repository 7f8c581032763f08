"""I(X;T) of several epochs by cross-fitted critics."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.mine.axis import Axis, by_epoch
from infoplane.estimators.mine.control import Control, fitted_to_gaussians
from infoplane.estimators.mine.critics import Networks
from infoplane.estimators.mine.pair_critic import PairCritic
from infoplane.estimators.mine.pairs import Pairs, first_fold, of_epochs
from infoplane.estimators.mine.side import Side
from infoplane.estimators.mine.starts import channel_pairs, sample_pairs
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.memberwise_adam import Optimisation
from infoplane.estimators.parts.streams import Streams, copied
from infoplane.tolerance import Tolerance, is_beyond_tolerance

ENOUGH_PAIRS = 50.0
"""Where the mean of e^f rests on fewer pairs than this, infonce is reported, which cannot be too large."""

BOUNDS = ("dv", "nwj", "infonce", "smile")
MOST_LOST = Tolerance(nats=0.2, share=0.2)
"""How much of what fitting a closed form loses may be made up for."""
LEARNED = Tolerance(nats=0.05, share=0.05)
"""How much networks may add to a Student's dependence: what they add beside heavy tails, they find in part."""


class Aims(NamedTuple):
    """What is wanted of I(X;T): the bound to report, the objective to train by, and the clip of smile (`bounds`)."""

    bound: str
    objective: str
    tau: float


def channel_axes(
    x: Tensor,
    t: Tensor,
    noise_std: float,
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    generator: torch.Generator,
) -> list[Axis]:
    """I(X;T) of several epochs where t is x plus Gaussian noise of a known standard deviation.

    Args:
        x, t: shape (e, n, d).
        folds: the cross-fit.
        aims: what is reported and what is trained.
        networks: what the networks look like.
        optimisation: how they are trained.
        generator: all randomness, the same for each epoch.
    """
    start, streams = channel_pairs(x, t, noise_std, folds), Streams([generator], len(t))
    return _input_axes(start, [start] * len(t), folds, aims, networks, optimisation, streams)


def sample_axes(
    x: Side,
    t: Tensor,
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    generator: torch.Generator,
) -> list[Axis]:
    """I(X;T) of several epochs where samples are all that is known: t of shape (e, n, d), the rest as above.

    Epochs whose critics start from equally many coordinates are trained in one batch.
    """
    starts, generators = [], [copied(generator) for _ in t]
    for values, own in zip(t, generators, strict=True):
        several = sample_pairs(x, Side(values, folds), folds, own)
        better = several[0] if len(several) == 1 else _better_start(several, folds, aims, networks, optimisation, own)
        starts.append(better)
    alike: dict[tuple[object, ...], list[int]] = {}
    for epoch, start in enumerate(starts):
        alike.setdefault(start.shapes(), []).append(epoch)
    axes: dict[int, Axis] = {}
    for epochs in alike.values():
        streams = Streams([generators[epoch] for epoch in epochs], len(epochs))
        alone = [starts[epoch] for epoch in epochs]
        found = _input_axes(of_epochs(alone), alone, folds, aims, networks, optimisation, streams)
        axes |= zip(epochs, found, strict=True)
    return [axes[epoch] for epoch in range(len(t))]


def _input_axes(
    start: Pairs,
    alone: Sequence[Pairs],
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    streams: Streams,
) -> list[Axis]:
    """I(X;T) of each epoch by critics that start there.

    Args:
        alone: where the critics of each epoch start, for what is known of its closed form.
    """
    critic = PairCritic(start, folds, networks, streams)
    histories = critic.train(aims.objective, optimisation)
    found = critic.evaluate(aims.tau)
    controls = [
        None if own.rho is None else fitted_to_gaussians(own.rho, *own.units, folds, streams.generator(epoch))
        for epoch, own in enumerate(alone)
    ]
    ceiling = math.log(folds.test.shape[1])
    by_fold = {name: by_epoch(getattr(found, name), streams.epochs) for name in (*BOUNDS, "beyond", "effective")}
    dv, infonce, effective = (by_fold[name] for name in ("dv", "infonce", "effective"))
    is_rare = is_beyond_tolerance(by_fold["beyond"], dv) & (dv > infonce)
    chosen = by_fold[aims.bound]
    if aims.bound == "dv":
        is_sound = (effective > ENOUGH_PAIRS) & ~is_rare
        chosen = np.where(is_sound, np.maximum(dv, infonce), infonce)
    count, influence = dv.shape[1], found.influence.unflatten(0, (streams.epochs, -1)).flatten(1)
    sampling = influence.var(1).cpu().numpy() / influence.shape[1] + (1 / effective).mean(1) / count
    stderr = np.sqrt(np.maximum(sampling, chosen.var(1, ddof=1) / count))
    believed = [
        by_epoch(each[:, 0, 0], streams.epochs) for each in (critic.believed_closed_form, critic.believed_learned)
    ]
    gaps, heavy = by_epoch(critic.gap_of_closed_form(), streams.epochs).mean(1), critic.has_heavy_tails
    axes = []
    for epoch, (history, given, own) in enumerate(zip(histories, controls, alone, strict=True)):
        control = given or Control(0.0, float(gaps[epoch]))
        closed_form, learned = (float(each[epoch].mean()) for each in believed)
        lost, value = closed_form * max(control.lost, 0.0), float(chosen[epoch].mean())
        diagnostics = {name: float(by_fold[name][epoch].mean()) for name in (*BOUNDS, "beyond")}
        diagnostics["effective_pairs"] = float(effective[epoch].min())
        diagnostics |= {"closed_form_xt": closed_form, "learned_xt": learned, "lost_by_fitting_xt": lost}
        has_lost_too_much = bool(MOST_LOST.is_exceeded_by(lost, value))
        has_learned = bool(LEARNED.is_exceeded_by(max(history.kept - float(history.held[0]), 0.0), value))
        axes.append(
            Axis(
                min(value + (0.0 if has_lost_too_much else lost), ceiling),
                min(float(stderr[epoch]), ceiling),
                ceiling,
                history,
                diagnostics,
                saturated=bool(is_rare[epoch].any()),
                more=own.unseen,
                left_out=own.left_out,
                doubtful=has_lost_too_much or (heavy[epoch] and has_learned),
                gap_by_fitting=max(control.gap, 0.0),
            )
        )
    return axes


def _better_start(
    starts: list[Pairs],
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    generator: torch.Generator,
) -> Pairs:
    """The start from which a critic of the first fold gets furthest, by its held-out samples."""
    first, reached = Folds(*(part[:1] for part in folds)), []
    for start in starts:
        critic = PairCritic(first_fold(start), first, networks, Streams([generator], 1))
        reached.append(critic.train(aims.objective, optimisation)[0].kept)
    return starts[reached.index(max(reached))]
