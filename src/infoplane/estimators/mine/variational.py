"""One axis of the information plane, I(X;T) or I(T;Y), at one epoch, by cross-fitted critics."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.mine.critics import Networks
from infoplane.estimators.mine.fitting import History, Optimisation
from infoplane.estimators.mine.label_critic import LabelCritic
from infoplane.estimators.mine.log_ratios import pairs_by_fold
from infoplane.estimators.mine.pair_critic import PairCritic
from infoplane.estimators.parts.counts import label_entropy, label_entropy_error
from infoplane.estimators.parts.folds import Folds, half_trained
from infoplane.tolerance import is_beyond_tolerance, label_tolerance

STILL_TO_COME = 2.0
"""What more samples would add to I(T;Y), in units of what the second half of them has added."""
ENOUGH_PAIRS = 50.0
"""Where the mean of e^f rests on fewer pairs than this, infonce is reported, which cannot be too large."""


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
        doubtful: far below 0 or below what held-out samples said, or found by neighbours alone, or H(Y) is uncertain.
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
    critic = PairCritic(pairs_by_fold(x, t, noise_std, folds), folds, networks, generator)
    history = critic.train(aims.objective, optimisation)
    found = critic.evaluate(aims.tau)
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
    value, stderr = min(float(by_fold.mean()), ceiling), min(math.sqrt(max(sampling, spread)), ceiling)
    return Axis(value, stderr, ceiling, history, diagnostics, bool(is_rare.any()))


def label_axis(
    t: Tensor, y: Tensor, folds: Folds, networks: Networks, optimisation: Optimisation, generator: torch.Generator
) -> Axis:
    """I(T;Y), the arguments those of `input_axis`, for labels numbered from 0 without gaps."""
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
    diagnostics = {
        "critic_ty": critic_alone,
        "from_half_ty": half,
        "stderr_half_ty": stderr_half,
        "closed_form_ty": float(critic.believed_closed_form.mean()),
        "learned_ty": float(critic.believed_learned.mean()),
    }
    allowed, chance = label_tolerance(h_y), 2 * stderr * math.sqrt(1 + gains.numel() / held.numel())
    by_neighbours = min(value - critic_alone, h_y - value)
    fallen = float(held.mean() - gains.mean()) - chance
    doubts = max(by_neighbours, fallen, 2 * label_entropy_error(y), 0.0)
    doubtful = bool(allowed.is_exceeded_by(doubts, value)) or value < -allowed.nats
    more = STILL_TO_COME * max(half + stderr_half, 0.0)
    return Axis(value, stderr, h_y, history, diagnostics, more=more, doubtful=doubtful)
