"""Where a critic of I(X;T) starts: the coordinates of x and t in which a closed form knows most, fold by fold.

Problem: a closed-form log-ratio and networks of paired coordinates depend on the coordinates that they are given, and
mutual information does not. So several systems are tried, and held-out samples choose: the coordinates as they are;
unmixed ones (`parts.unmixing`); untwisted ones (`twisting`); and where one side is one unit, what neighbours make of
the other (`regression`).
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.mine.log_ratios import MOST_INPUTS, channel_log_ratio, leading_components
from infoplane.estimators.parts.closed_forms.copula import copula_log_ratio
from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.pair_scores import PairScores, Tails, stack_scores
from infoplane.estimators.parts.closed_forms.regression import MOST_UNITS, regressed
from infoplane.estimators.parts.closed_forms.student import student_log_ratio
from infoplane.estimators.parts.closed_forms.twisting import scaled, untwist
from infoplane.estimators.parts.closed_forms.twists import free_numbers
from infoplane.estimators.parts.closed_forms.worth import best_of
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.pairing import CLEARLY_MORE, features_of_epochs, match_coordinates, pair_features
from infoplane.estimators.parts.ranks import scores_among, scores_within
from infoplane.estimators.parts.unmixing import unmix

GAIN = 0.02
"""Nats by which closed forms must know more of untwisted sides for critics to be trained from there."""


class Pairs(NamedTuple):
    """What the critics of all folds, of one epoch or of several, start from and see.

    Attributes:
        closed_form: scores with a member a critic.
        x, t: inputs of the networks of all coordinates, shapes (critics, n, at most MOST_INPUTS + 1).
        coordinates_x, coordinates_t: inputs of the networks of paired coordinates, shape (critics, n, d, features).
        rho: canonical correlations of the closed form, mean over folds, where it was fitted to several units.
        unseen: nats that are probably missing, since samples decide the numbers of twists, where there are any.
    """

    closed_form: PairScores
    x: Tensor
    t: Tensor
    coordinates_x: Tensor
    coordinates_t: Tensor
    rho: Tensor | None = None
    unseen: float = 0.0

    def shapes(self) -> tuple[object, ...]:
        """What epochs must have in common to be one batch."""
        sides = self.x, self.t, self.coordinates_x, self.coordinates_t
        return *(each.shape for each in (*self.closed_form[:4], *sides)), self.closed_form.tails is None


class _System(NamedTuple):
    """Coordinates of one fold.

    Attributes:
        value: what the closed form is worth on held-out samples, nats.
        closed_form: scores without the member axis.
        inputs: of the networks of all coordinates, x and t.
        paired: of those of paired coordinates.
        rho: canonical correlations, where a Gaussian of several units was fitted.
    """

    value: float
    closed_form: PairScores
    inputs: tuple[Tensor, Tensor]
    paired: tuple[Tensor, Tensor]
    rho: Tensor | None


def of_epochs(starts: Sequence[Pairs]) -> Pairs:
    """The starts of several epochs as one batch, one epoch after the other, without their correlations."""
    if len(starts) == 1:
        return starts[0]
    parts = zip(*((*start.closed_form[:4], *start[1:5]) for start in starts), strict=True)
    row, column, left, right, *sides = (torch.cat(part) for part in parts)
    tails = [start.closed_form.tails for start in starts if start.closed_form.tails is not None]
    heavy = Tails(*(torch.cat(part) for part in zip(*tails, strict=True))) if tails else None
    x, t, coordinates_x, coordinates_t = sides
    return Pairs(PairScores(row, column, left, right, heavy), x, t, coordinates_x, coordinates_t)


def first_fold(pairs: Pairs) -> Pairs:
    """What the critic of the first fold alone starts from and sees."""
    row, column, left, right, tails = pairs.closed_form
    tails = tails and Tails(tails.power[:1], tails.row[:1], tails.column[:1])
    scores = PairScores(row[:1], column[:1], left[:1], right[:1], tails)
    sides = (side[:1] for side in (pairs.x, pairs.t, pairs.coordinates_x, pairs.coordinates_t))
    x, t, coordinates_x, coordinates_t = sides
    return Pairs(scores, x, t, coordinates_x, coordinates_t, pairs.rho)


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


class Side:
    """One side of the samples, shape (n, d), and what all epochs need of it if it is x.

    Attributes:
        scores: normal scores by the training samples of each fold.
    """

    def __init__(self, values: Tensor, parts: Folds):
        self.values, self.scores = values, list(scores_among(values, parts.train))

    @property
    def units(self) -> int:
        return self.values.shape[1]

    @cached_property
    def scaled(self) -> Tensor:
        """All units on one scale."""
        return scaled(self.values)


def sample_pairs(x: Side, t: Side, parts: Folds, generator: torch.Generator) -> list[Pairs]:
    """Where critics may start if samples are all that is known: one place, or a second one if sides can be untwisted.

    Which of two is better only critics that were trained from both can tell: a twist may gather in one number what is a
    dependence of many pairs.

    Args:
        generator: of what is trained to find coordinates.
    """
    ranked = list(zip(x.scores, t.scores, parts.train, parts.held, strict=True))
    plain = [_plain(x.values, t.values, *of_fold) for of_fold in ranked]
    units = sorted((x.units, t.units))
    if units[0] == 1 < units[1] <= MOST_UNITS:
        along = (_along(x, t, *of_fold) for of_fold in ranked)
        plain = [max(both, key=lambda system: system.value) for both in zip(plain, along, strict=True)]
    found, unseen = [plain], 0.0
    if 1 < units[1] <= MOST_INPUTS and (sides := untwist(x.scaled, t.scaled, parts, generator)) is not None:
        untwisted = []
        for u, v, train, held in zip(*sides, parts.train, parts.held, strict=True):
            untwisted.append(_plain(u, v, scores_within(u, train), scores_within(v, train), train, held))
        if sum(system.value for system in untwisted) > sum(system.value + GAIN for system in plain):
            found.append(untwisted)
            # of maximum likelihood: half a number over the samples (Wilks 1938); critics from either start lose that
            unseen = (free_numbers(x.units) + free_numbers(t.units)) / (2 * parts.train.shape[1])
    return [_side_by_side(systems)._replace(unseen=unseen) for systems in found]


def _plain(x: Tensor, t: Tensor, zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> _System:
    """The coordinates as they are, with normal scores zx and zt, or unmixed."""
    if zx.shape[1] == zt.shape[1] == 1:
        return _system([_copula(zx, zt, train, held)], (zx, zt), [(zx, zt)], train, held)
    fit = gaussian_log_ratio(zx, zt, train, held)
    forms = [fit.scores]
    if (unmixed := _unmixed(x, t, train, [(zx, zt), (fit.u, fit.v)])) is not None:
        zx, zt = unmixed
        fit = gaussian_log_ratio(zx, zt, train, held)
        forms.append(fit.scores)
    if max(zx.shape[1], zt.shape[1]) <= MOST_INPUTS:
        forms.append(student_log_ratio(zx, zt, fit.maps, fit.rho, train))
    u, v = fit.u[:, :MOST_INPUTS], fit.v[:, :MOST_INPUTS]
    inputs = zx if zx.shape[1] <= MOST_INPUTS else u, zt if zt.shape[1] <= MOST_INPUTS else v
    return _system(forms, inputs, [inputs, (u, v)], train, held, fit.rho)


def _along(x: Side, t: Side, zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> _System:
    """The side of several units as one coordinate, where the other has one unit."""
    if x.units == 1:
        along = scores_within(regressed(t.scaled, zx, train), train)
        inputs, pair = (zx, torch.cat([zt, along], 1)), (zx, along)
    else:
        along = scores_within(regressed(x.scaled, zt, train), train)
        inputs, pair = (torch.cat([zx, along], 1), zt), (along, zt)
    return _system([_copula(*pair, train, held)], inputs, [pair], train, held)


def _system(
    forms: Sequence[PairScores],
    inputs: tuple[Tensor, Tensor],
    candidates: list[tuple[Tensor, Tensor]],
    train: Tensor,
    held: Tensor,
    rho: Tensor | None = None,
) -> _System:
    value, closed_form = best_of(forms, held)
    return _System(value, closed_form, inputs, pair_features(candidates, train), rho)


def _copula(zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> PairScores:
    none = torch.zeros(len(zx), dtype=torch.float64, device=zx.device)
    return PairScores(none, none, *copula_log_ratio(zx[:, 0], zt[:, 0], train, held))


def _unmixed(
    x: Tensor, t: Tensor, train: Tensor, others: Sequence[tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor] | None:
    """Normal scores of unmixed coordinates, if they depend in pairs clearly more than units do; None if not.

    Canonical variates are turned towards what chance correlates, and so must show more to be preferred.
    """
    if (unmixed := unmix(x, t, train)) is None:
        return None
    scores = scores_within(unmixed[0], train), scores_within(unmixed[1], train)
    dependence = [match_coordinates(u[train], v[train])[-1] for u, v in (scores, *others)]
    return scores if dependence[0] > max(CLEARLY_MORE * dependence[1], dependence[2] / CLEARLY_MORE) else None


def _side_by_side(systems: Sequence[_System]) -> Pairs:
    pairs = _stacked(
        [each.closed_form for each in systems], [each.inputs for each in systems], [each.paired for each in systems]
    )
    rho = [each.rho for each in systems if each.rho is not None]
    return pairs._replace(rho=torch.stack(rho).mean(0)) if len(rho) == len(systems) else pairs


def _stacked(
    scores: Sequence[PairScores], inputs: Sequence[Sequence[Tensor]], paired: Sequence[tuple[Tensor, Tensor]]
) -> Pairs:
    """Folds side by side; inputs of folds that chose other systems are padded with zeros."""
    sides = []
    for side in zip(*inputs, strict=True):
        widest = max(values.shape[1] for values in side)
        sides.append(torch.stack([functional.pad(values, (0, widest - values.shape[1])) for values in side]))
    coordinates = (torch.stack(side) for side in zip(*paired, strict=True))
    return Pairs(stack_scores(scores), *sides, *coordinates)
