"""Systems of coordinates of x and t in which critics of I(X;T) may start, of one fold each.

Problem: a closed-form log-ratio and networks of paired coordinates depend on the coordinates that they are given, and
mutual information does not. So several systems are tried (`starts`): the coordinates as they are, or unmixed
(`parts.unmixing`); where one side is one unit, what neighbours make of the other (`regression`); and where a side has
many units, its leading principal components.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from infoplane.estimators.mine.log_ratios import MOST_INPUTS
from infoplane.estimators.mine.pairs import System, system
from infoplane.estimators.mine.side import Side
from infoplane.estimators.parts.closed_forms.clusters import cluster_log_ratio
from infoplane.estimators.parts.closed_forms.copula import copula_log_ratio
from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.pair_scores import PairScores
from infoplane.estimators.parts.closed_forms.regression import regressed
from infoplane.estimators.parts.closed_forms.student import student_log_ratio
from infoplane.estimators.parts.closed_forms.worth import best_of
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.pairing import CLEARLY_MORE, match_coordinates
from infoplane.estimators.parts.ranks import scores_within
from infoplane.estimators.parts.unmixing import unmix


def plain(x: Tensor, t: Tensor, zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> System:
    """The coordinates as they are, with normal scores zx and zt, or unmixed."""
    if zx.shape[1] == zt.shape[1] == 1:
        return system([_copula(zx, zt, train, held)], (zx, zt), [(zx, zt)], train, held)
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
    units = zx.shape[1], zt.shape[1]
    return system(forms, inputs, [inputs, (u, v)], train, held, fit.rho, units)


def of_components(x: Side, t: Side, count: int, fold: int, parts: Folds) -> System:
    """So many leading principal components of sides of many units; a side of no more than `MOST_INPUTS` stays as it is.

    Args:
        fold: whose training samples decide.
    """
    train, held = parts.train[fold], parts.held[fold]
    of_x, of_t = (side.leading(fold, count) for side in (x, t))
    found = plain(of_x, of_t, scores_within(of_x, train), scores_within(of_t, train), train, held)
    return found._replace(inputs=(x.inputs(fold, count), t.inputs(fold, count)))


def by_clusters(components: System, x: Side, t: Side, fold: int, parts: Folds) -> System:
    """The same components, with a closed form of the clusters that samples lie in."""
    numbered = zip(x.clusters(fold), t.clusters(fold), strict=True)
    forms = [cluster_log_ratio(*both, parts.train[fold]) for both in numbered]
    value, closed_form = best_of(forms, parts.held[fold])
    return components._replace(value=value, closed_form=closed_form, rho=None)


def along(x: Side, t: Side, zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> System:
    """The side of several units as one coordinate, where the other has one unit."""
    if x.units == 1:
        one = scores_within(regressed(t.scaled, zx, train), train)
        inputs, pair = (zx, torch.cat([zt, one], 1)), (zx, one)
    else:
        one = scores_within(regressed(x.scaled, zt, train), train)
        inputs, pair = (torch.cat([zx, one], 1), zt), (one, zt)
    return system([_copula(*pair, train, held)], inputs, [pair], train, held)


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
