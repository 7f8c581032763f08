"""One axis of the information plane, I(X;T) or I(T;Y), at one epoch, by cross-fitted critics."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.mine.control import Control, fitted_to_gaussians
from infoplane.estimators.mine.critics import Networks
from infoplane.estimators.mine.fitting import History, judged_steps
from infoplane.estimators.mine.label_critic import LabelCritic
from infoplane.estimators.mine.pair_critic import PairCritic
from infoplane.estimators.mine.systems import Pairs, channel_pairs, first_fold, sample_pairs
from infoplane.estimators.parts.counts import label_entropy, label_entropy_error
from infoplane.estimators.parts.folds import Folds, half_trained
from infoplane.estimators.parts.memberwise_adam import Optimisation
from infoplane.tolerance import Tolerance, is_beyond_tolerance, label_tolerance

STILL_TO_COME = 2.0
"""What more samples would add to I(T;Y), in units of what the second half of them has added."""
ENOUGH_PAIRS = 50.0
"""Where the mean of e^f rests on fewer pairs than this, infonce is reported, which cannot be too large."""

MOST_LOST = Tolerance(nats=0.2, share=0.2)
"""How much of what fitting a closed form loses may be made up for."""
LEARNED = Tolerance(nats=0.05, share=0.05)
"""How much networks may add to a Student's dependence: what they add beside heavy tails, they find in part."""
LABEL_DIAGNOSTICS: tuple[str, ...] = ("critic_ty", "from_half_ty", "stderr_half_ty", "closed_form_ty", "learned_ty")


class Aims(NamedTuple):
    """What is wanted of I(X;T): the bound to report, the objective to train by, and the clip of smile (`bounds`)."""

    bound: str
    objective: str
    tau: float


@dataclass(frozen=True)
class Axis:
    """The estimate of one axis at one epoch, and what is known about it.

    Attributes:
        value: nats.
        stderr: its standard error.
        ceiling: the largest value that could have come out.
        history: of training.
        diagnostics: numbers by their name.
        more: what more samples would probably add.
        doubtful: for I(X;T), fitting a closed form has lost more than can be made up for, or tails are heavy and
            networks learn much besides; for I(T;Y), far below 0 or below what held-out samples said, found by
            neighbours alone, or H(Y) is uncertain.
        gap_by_fitting: how much of the gap between training and held-out samples a fitted closed form explains.
        saturated: in a fold, too much of dv lies in pairs so rare that no other pair could have shown it to be wrong.
    """

    value: float
    stderr: float
    ceiling: float
    history: History
    diagnostics: dict[str, float]
    saturated: bool = False
    more: float = 0.0
    doubtful: bool = False
    gap_by_fitting: float = 0.0


def input_axis(
    x: Tensor,
    t: Tensor,
    noise_std: float,
    folds: Folds,
    aims: Aims,
    networks: Networks,
    optimisation: Optimisation,
    generator: torch.Generator,
) -> Axis:
    """I(X;T).

    Args:
        x, t: shapes (n, d_x) and (n, d_t).
        noise_std: if not 0, t is x plus Gaussian noise of this standard deviation.
        folds: the cross-fit.
        aims: what is reported and what is trained.
        networks: what the networks look like.
        optimisation: how they are trained.
        generator: all randomness.
    """
    starts = [channel_pairs(x, t, noise_std, folds)] if noise_std else sample_pairs(x, t, folds, generator)
    start = starts[0] if len(starts) == 1 else _better_start(starts, folds, aims, networks, optimisation, generator)
    critic = PairCritic(start, folds, networks, generator)
    history = critic.train(aims.objective, optimisation)
    found = critic.evaluate(aims.tau)
    control = Control(0.0, 0.0)
    if critic.pairs.rho is not None:
        control = fitted_to_gaussians(critic.pairs.rho, x.shape[1], t.shape[1], folds, generator)
    lost = float(critic.believed_closed_form.mean()) * max(control.lost, 0.0)
    count, ceiling = len(folds.test), math.log(folds.test.shape[1])
    by_fold = getattr(found, aims.bound)
    is_rare = is_beyond_tolerance(found.beyond.cpu().numpy(), found.dv.cpu().numpy())
    is_rare = torch.from_numpy(is_rare).to(found.dv.device) & (found.dv > found.infonce)
    if aims.bound == "dv":
        is_sound = (found.effective > ENOUGH_PAIRS) & ~is_rare
        by_fold = torch.where(is_sound, torch.maximum(found.dv, found.infonce), found.infonce)
    sampling = float(found.influence.var()) / found.influence.numel() + float((1 / found.effective).mean()) / count
    spread = float(by_fold.var()) / count
    diagnostics = {name: float(getattr(found, name).mean()) for name in ("dv", "nwj", "infonce", "smile", "beyond")}
    diagnostics["effective_pairs"] = float(found.effective.min())
    diagnostics["closed_form_xt"] = float(critic.believed_closed_form.mean())
    diagnostics["learned_xt"] = float(critic.believed_learned.mean())
    diagnostics["lost_by_fitting_xt"] = lost
    found = float(by_fold.mean())
    has_lost_too_much = bool(MOST_LOST.is_exceeded_by(lost, found))
    value = min(found + (0.0 if has_lost_too_much else lost), ceiling)
    learned = max(history.kept - float(history.held[0]), 0.0)
    explained = control.gap if critic.pairs.rho is not None else critic.gap_of_closed_form()
    return Axis(
        value,
        min(math.sqrt(max(sampling, spread)), ceiling),
        ceiling,
        history,
        diagnostics,
        saturated=bool(is_rare.any()),
        doubtful=has_lost_too_much or (critic.has_heavy_tails and bool(LEARNED.is_exceeded_by(learned, found))),
        gap_by_fitting=max(explained, 0.0),
    )


def _no_label(optimisation: Optimisation) -> Axis:
    """I(T;Y) where all samples have the same label."""
    curve = np.full(len(judged_steps(optimisation.steps)), np.nan)
    history = History(curve, curve, gap=0.0, kept=0.0, climbed=0.0)
    return Axis(0.0, 0.0, 0.0, history, dict.fromkeys(LABEL_DIAGNOSTICS, 0.0))


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
        critic = PairCritic(first_fold(start), first, networks, generator)
        reached.append(critic.train(aims.objective, optimisation).kept)
    return starts[reached.index(max(reached))]


def label_axis(
    t: Tensor, y: Tensor, folds: Folds, networks: Networks, optimisation: Optimisation, generator: torch.Generator
) -> Axis:
    """I(T;Y), the arguments those of `input_axis`, for labels numbered from 0 without gaps."""
    if not bool(y.any()):
        return _no_label(optimisation)
    critic = LabelCritic(t, y, folds, networks, generator)
    history = critic.train(optimisation)
    gains, alone, held = critic.evaluate()
    # H(Y) minus the cross-entropy: class frequencies that differ between all samples and those tested cancel
    h_y = label_entropy(y)
    value, critic_alone = (h_y + float((each + critic.log_prior[y[folds.test]]).mean()) for each in (gains, alone))
    stderr = float(gains.std()) / math.sqrt(gains.numel())
    fewer = LabelCritic(t, y, half_trained(folds), networks, generator)
    fewer.train(optimisation)
    from_half = gains[0] - fewer.evaluate().together[0]
    half, stderr_half = float(from_half.mean()), float(from_half.std()) / math.sqrt(len(from_half))
    believed = float(critic.believed_closed_form.mean()), float(critic.believed_learned.mean())
    diagnostics = dict(zip(LABEL_DIAGNOSTICS, (critic_alone, half, stderr_half, *believed), strict=True))
    allowed, chance = label_tolerance(h_y), 2 * stderr * math.sqrt(1 + gains.numel() / held.numel())
    by_neighbours = min(value - critic_alone, h_y - value)
    fallen = float(held.mean() - gains.mean()) - chance
    doubts = max(by_neighbours, fallen, 2 * label_entropy_error(y), 0.0)
    doubtful = bool(allowed.is_exceeded_by(doubts, value)) or value < -allowed.nats
    more = STILL_TO_COME * max(half + stderr_half, 0.0)
    return Axis(value, stderr, h_y, history, diagnostics, more=more, doubtful=doubtful)
