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
from infoplane.estimators.mine.systems import Pairs, Side, channel_pairs, first_fold, sample_pairs
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.memberwise_adam import Optimisation
from infoplane.estimators.parts.streams import Streams
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
    start = channel_pairs(x, t, noise_std, folds)
    return _input_axes(start, x.shape[1:], folds, aims, networks, optimisation, Streams(generator, len(t)))


def sample_axis(
    x: Side,
    t: Tensor,
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    generator: torch.Generator,
) -> Axis:
    """I(X;T) of one epoch where samples are all that is known: t of shape (n, d), the other arguments as above."""
    starts = sample_pairs(x, Side(t, folds), folds, generator)
    start = starts[0] if len(starts) == 1 else _better_start(starts, folds, aims, networks, optimisation, generator)
    streams = Streams(generator, 1)
    return _input_axes(start, (x.units, t.shape[1]), folds, aims, networks, optimisation, streams)[0]


def _input_axes(
    start: Pairs,
    units: Sequence[int],
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    streams: Streams,
) -> list[Axis]:
    """I(X;T) of each epoch by critics that start there; `units` are those of x and of t."""
    critic = PairCritic(start, folds, networks, streams)
    histories = critic.train(aims.objective, optimisation)
    found, control = critic.evaluate(aims.tau), Control(0.0, 0.0)
    if start.rho is not None:
        control = fitted_to_gaussians(start.rho, *units, folds, streams.generators[0])
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
    explained = np.full(streams.epochs, control.gap)
    if start.rho is None:
        explained = by_epoch(critic.gap_of_closed_form(), streams.epochs).mean(1)
    axes = []
    for epoch, history in enumerate(histories):
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
                doubtful=has_lost_too_much or (critic.has_heavy_tails and has_learned),
                gap_by_fitting=max(float(explained[epoch]), 0.0),
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
        critic = PairCritic(first_fold(start), first, networks, Streams(generator, 1))
        reached.append(critic.train(aims.objective, optimisation)[0].kept)
    return starts[reached.index(max(reached))]
