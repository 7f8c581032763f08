"""Where critics of I(X;T) start: the systems of coordinates in which a closed form knows most, fold by fold."""

from collections.abc import Iterator

import torch
from torch import Tensor

from infoplane.estimators.mine import systems
from infoplane.estimators.mine.left_out import left_out, without_components
from infoplane.estimators.mine.log_ratios import MOST_INPUTS, channel_log_ratio, leading_components
from infoplane.estimators.mine.pairs import Pairs, side_by_side
from infoplane.estimators.mine.side import FEW, MORE, Side
from infoplane.estimators.parts.closed_forms.pair_scores import PairScores
from infoplane.estimators.parts.closed_forms.regression import MOST_UNITS
from infoplane.estimators.parts.closed_forms.twisting import untwist
from infoplane.estimators.parts.closed_forms.twists import free_numbers
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.pairing import features_of_epochs
from infoplane.estimators.parts.ranks import scores_among, scores_within

GAIN = 0.02
"""Nats by which closed forms of untwisted sides, or of clusters, must know more to be a start, too."""
MOST_PAIRS_OF_UNITS = 16
"""For each training sample: with more, canonical variates of units are chance, and take minutes."""


def channel_pairs(x: Tensor, t: Tensor, noise_std: float, parts: Folds) -> Pairs:
    """Where critics start if t is x plus noise of this standard deviation; shapes (e, n, d)."""
    found = []
    for train, of_x, of_t in zip(parts.train, *(_leading_scores(side, parts) for side in (x, t)), strict=True):
        scores = channel_log_ratio(x, t, noise_std, train)
        found.append((*scores[:4], of_x, of_t, *features_of_epochs(of_x, of_t, train)))
    of_critics = (torch.stack(each, 1).flatten(0, 1) for each in zip(*found, strict=True))
    row, column, left, right, *sides = of_critics
    of_x, of_t, paired_x, paired_t = sides
    return Pairs(PairScores(row, column, left, right), of_x, of_t, paired_x, paired_t)


def _leading_scores(side: Tensor, parts: Folds) -> Iterator[Tensor]:
    """For each fold, normal scores of the units, or of the leading components if there are many, shape (e, n, ...)."""
    if side.shape[-1] <= MOST_INPUTS:
        return scores_among(side, parts.train)
    return (scores_within(leading_components(side, train), train) for train in parts.train)


def sample_pairs(x: Side, t: Side, parts: Folds, generator: torch.Generator) -> list[Pairs]:
    """Where critics may start if samples are all that is known: one place, or several.

    Which of them is best only critics that were trained from each can tell: a twist may gather in one number what is a
    dependence of many pairs, and what few principal components leave out may be what counts.

    Args:
        generator: of what is trained to find coordinates.
    """
    if max(x.units, t.units) > MOST_INPUTS:
        return _of_many_units(x, t, parts)
    plain, units = _plain(x, t, parts), sorted((x.units, t.units))
    found, unseen = [plain], 0.0
    if units[1] > 1 and (sides := untwist(x.scaled, t.scaled, parts, generator)) is not None:
        untwisted = []
        for u, v, train, held in zip(*sides, parts.train, parts.held, strict=True):
            untwisted.append(systems.plain(u, v, scores_within(u, train), scores_within(v, train), train, held))
        if sum(system.value for system in untwisted) > sum(system.value + GAIN for system in plain):
            found.append(untwisted)
            # of maximum likelihood: half a number over the samples (Wilks 1938); critics from either start lose that
            unseen = (free_numbers(x.units) + free_numbers(t.units)) / (2 * parts.train.shape[1])
    return [side_by_side(each)._replace(unseen=unseen) for each in found]


def _plain(x: Side, t: Side, parts: Folds) -> list[systems.System]:
    """The coordinates as they are, unmixed, or one side along the other's only unit."""
    ranked = list(zip(x.scores, t.scores, parts.train, parts.held, strict=True))
    plain = [systems.plain(x.values, t.values, *of_fold) for of_fold in ranked]
    units = sorted((x.units, t.units))
    if units[0] == 1 < units[1] <= MOST_UNITS:
        along = (systems.along(x, t, *of_fold) for of_fold in ranked)
        plain = [max(both, key=lambda system: system.value) for both in zip(plain, along, strict=True)]
    return plain


def _of_many_units(x: Side, t: Side, parts: Folds) -> list[Pairs]:
    """Few or more leading components, with what is known of clusters, and all units if there are samples enough."""
    folds = range(len(parts.train))
    few, more = ([systems.of_components(x, t, count, fold, parts) for fold in folds] for count in (FEW, MORE))
    not_in_few, not_in_more = (_left_out(x, t, count, parts) for count in (FEW, MORE))
    found = [(few, True, not_in_few), (more, True, not_in_more)]
    clustered = [systems.by_clusters(system, x, t, fold, parts) for fold, system in enumerate(few)]
    if sum(system.value for system in clustered) > sum(system.value + GAIN for system in few):
        found.append((clustered, True, not_in_few))
    if x.units * t.units <= MOST_PAIRS_OF_UNITS * parts.train.shape[1]:
        found.append((_plain(x, t, parts), False, 0.0))
    return [
        side_by_side(of_folds)._replace(is_of_components=are_components, left_out=nats)
        for of_folds, are_components, nats in found
    ]


def _left_out(x: Side, t: Side, count: int, parts: Folds) -> float:
    """What so many components leave out; of a side of few units what those of the other do not tell."""
    train, many = parts.train[0], [side for side in (x, t) if side.units > MOST_INPUTS]
    residuals = []
    for side in (x, t):
        known = side if side in many else many[0]
        residuals.append(without_components(side.values[train], known.leading(0, count)[train]))
    return left_out(*residuals)
