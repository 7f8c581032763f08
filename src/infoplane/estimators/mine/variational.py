"""One axis of the information plane, I(X;T) or I(T;Y), at one epoch, by cross-fitted critics."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.mine import bounds
from infoplane.estimators.mine.critics import Classifier, Concat, Coordinatewise, Disturbance, Separable
from infoplane.estimators.mine.fitting import History, Stage, best_scale, fit, minibatch
from infoplane.estimators.mine.label_log_ratios import labels_by_fold
from infoplane.estimators.mine.log_ratios import pairs_by_fold
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.pairing import FEATURES
from infoplane.information import SATURATION_REACH, is_beyond_tolerance

MOST_PAIRS = 2**22
"""Critic values that are held in memory at once."""
LEAST_RANK = 4
"""Of each pair of coordinates."""
COORDINATEWISE_DECAY = 0.1
"""Weight decay of networks that are shared by coordinates, as a share of the others', which have less data."""
ENOUGH_PAIRS = 50.0
"""Where the mean of e^f rests on fewer pairs than this, infonce is reported, which cannot be too large."""


class Shape(NamedTuple):
    """The networks: kind of critic, widths of hidden layers, rank, disturbance, weight decay, how many a fold."""

    critic: str
    hidden: list[int]
    rank: int
    disturbance: Disturbance
    weight_decay: float
    ensemble: int


@dataclass
class Axis:
    """The estimate of one axis at one epoch, and what is known about it.

    Attributes:
        saturated: in a fold, too much of dv lies in pairs so rare that no other pair could have shown it to be wrong.
    """

    value: float
    stderr: float
    ceiling: float
    history: History
    diagnostics: dict[str, float] = field(default_factory=dict)
    saturated: bool = False


def input_axis(x, t, noise_std, parts: Folds, bound, objective, tau, shape: Shape, schedule, generator) -> Axis:
    """I(X;T).

    Args:
        x, t: shapes (n, d_x) and (n, d_t).
        noise_std: if not 0, t is x plus Gaussian noise of this standard deviation.
        parts: the cross-fit.
        bound, objective, tau: what is reported, what is trained, and the clip of smile (`bounds`).
        shape, schedule: the networks and their training.
        generator: all randomness.
    """
    folds = len(parts.test)
    base, zx, zt, cx, ct = pairs_by_fold(x, t, noise_std, parts)
    members = folds * shape.ensemble
    each_rank = max(LEAST_RANK, shape.rank // cx.shape[2])
    paired = Coordinatewise(members, FEATURES, [-(-w // 2) for w in shape.hidden], each_rank, generator)
    build = {"separable": Separable, "concat": Concat}[shape.critic]
    whole = build(members, zx.shape[-1], zt.shape[-1], shape.hidden, shape.rank, generator, shape.disturbance)
    fold = torch.arange(folds, device=zx.device).repeat(shape.ensemble)[:, None]

    def closed(rows, columns):
        return base.take(rows).matrix(base.take(columns))

    def learned(rows, columns, stage=1, training=False):
        rows, columns = rows.repeat(shape.ensemble, 1), columns.repeat(shape.ensemble, 1)
        f = paired(cx[fold, rows], ct[fold, columns])
        if stage:
            f = f + whole(zx[fold, rows], zt[fold, columns], training)
        return f.unflatten(0, (shape.ensemble, folds))

    few = parts.train[:, : parts.held.shape[1]]
    closed_few, closed_held = closed(few, few), closed(parts.held, parts.held)
    beta = best_scale(lambda scale: bounds.sample_value(scale * closed_held))[:, None, None]
    closed_few, closed_held = beta * closed_few, beta * closed_held
    state: dict[str, Tensor] = {}

    def loss(stage):
        rows = minibatch(parts.train, schedule.batch, generator)
        f = beta * closed(rows, rows) + learned(rows, rows, stage, training=True)
        return bounds.objective(f.flatten(0, 1), objective, state).sum()

    def values(stage):
        train = bounds.sample_value(closed_few + learned(few, few, stage).mean(0))
        return train, bounds.sample_value(closed_held + learned(parts.held, parts.held, stage).mean(0))

    def test_blocks():
        wide = shape.hidden[0] if shape.critic == "concat" else 1
        for rows in parts.test.split(max(1, MOST_PAIRS // (parts.test.numel() * shape.ensemble * wide)), dim=1):
            f = beta * closed(rows, parts.test)
            yield f + alpha * learned(rows, parts.test).mean(0) if bool(alpha.any()) else f

    ceiling = math.log(parts.test.shape[1])
    enough = min(SATURATION_REACH * ceiling, 0.99 * math.log(parts.held.shape[1]))
    decay = shape.weight_decay
    stages = [Stage(paired.weights, COORDINATEWISE_DECAY * decay), Stage(whole.weights, decay)]
    history = fit(stages, loss, values, schedule, enough)
    with torch.no_grad():
        learned_held = learned(parts.held, parts.held).mean(0)
        alpha = best_scale(lambda scale: bounds.sample_value(closed_held + scale * learned_held))[:, None, None]
        found = bounds.evaluate(test_blocks(), tau)
    by_fold = getattr(found, bound)
    diagnostics = {name: float(getattr(found, name).mean()) for name in ("dv", "nwj", "infonce", "smile", "beyond")}
    rare = is_beyond_tolerance(found.beyond.cpu().numpy(), found.dv.cpu().numpy())
    rare = torch.from_numpy(rare).to(found.dv.device) & (found.dv > found.infonce)
    if bound == "dv":
        told = (found.effective > ENOUGH_PAIRS) & ~rare
        by_fold = torch.where(told, torch.maximum(found.dv, found.infonce), found.infonce)
    sampling = float(found.influence.var()) / found.influence.numel() + float((1 / found.effective).mean()) / folds
    spread = float(by_fold.var()) / folds
    diagnostics["effective_pairs"] = float(found.effective.min())
    diagnostics |= {"closed_form_xt": float(beta.mean()), "learned_xt": float(alpha.mean())}
    value = min(float(by_fold.mean()), ceiling)
    return Axis(value, min(math.sqrt(max(sampling, spread)), ceiling), ceiling, history, diagnostics, bool(rare.any()))


def label_axis(t, y, parts: Folds, shape: Shape, schedule, generator) -> Axis:
    """I(T;Y), the arguments those of `input_axis`, for labels numbered from 0 without gaps."""
    folds = len(parts.test)
    prior = (torch.bincount(y).double() / len(y)).log()
    base, z = labels_by_fold(t, y, prior, parts)
    network = Classifier(folds * shape.ensemble, z.shape[-1], shape.hidden, len(prior), generator, shape.disturbance)
    fold = torch.arange(folds, device=t.device)[:, None]

    def closed(rows):
        return base[fold, rows]

    def learned(rows, training=False):
        out = network(z[fold, rows].repeat(shape.ensemble, 1, 1), training)
        return out.unflatten(0, (shape.ensemble, folds))

    def log_ratio(f, rows):
        f = torch.log_softmax(prior + f, -1) - prior
        return f.gather(-1, y[rows].expand(f.shape[:-1])[..., None]).squeeze(-1)

    few = parts.train[:, : parts.held.shape[1]]
    beta = best_scale(lambda scale: log_ratio(scale * closed(parts.held), parts.held).mean(-1))[:, None, None]

    def loss(_):
        rows = minibatch(parts.train, schedule.batch, generator)
        return -log_ratio(beta * closed(rows) + learned(rows, training=True), rows).mean(-1).sum()

    def values(_):
        train, held = (log_ratio(beta * closed(r) + learned(r).mean(0), r).mean(-1) for r in (few, parts.held))
        return train, held

    history = fit([Stage(network.weights, shape.weight_decay)], loss, values, schedule)
    with torch.no_grad():
        held, test = ((beta * closed(r), learned(r).mean(0)) for r in (parts.held, parts.test))
        alpha = best_scale(lambda scale: log_ratio(held[0] + scale * held[1], parts.held).mean(-1))[:, None, None]
        found = log_ratio(test[0] + alpha * test[1], parts.test)
    # H(Y) minus the cross-entropy: class frequencies that differ between all samples and those tested cancel
    h_y = label_entropy(y)
    value = h_y + float((found + prior[y[parts.test]]).mean())
    diagnostics = {"closed_form_ty": float(beta.mean()), "learned_ty": float(alpha.mean())}
    return Axis(value, float(found.std()) / math.sqrt(found.numel()), h_y, history, diagnostics)
