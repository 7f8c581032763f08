"""Which coordinate of x belongs to which of t, and what a network sees of each.

Dependence is often between a few directions of x and as many of t. A network that is the same for every such pair has
far more samples than one of all coordinates at once; which directions belong together, second moments tell.
"""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from infoplane.estimators.parts.ranks import cosines

WAVES = 4
"""Cosines of a coordinate's rank that a network sees beside its score, which alone hardly shows sharp edges."""
FEATURES = 2 + WAVES
CLEARLY_MORE = 1.3
"""Canonical variates are rotated to look more dependent than coordinates in the samples at hand, if not in truth."""
SMALL = 1e-3
"""Added to variances of normal scores, which are 1 but for constant coordinates."""


def pair_features(candidates: list[tuple[Tensor, Tensor]], train: Tensor) -> tuple[Tensor, Tensor]:
    """Features of paired coordinates, in the first coordinate system, or the one that shows clearly more dependence.

    Args:
        candidates: x and t of shapes (n, d_x) and (n, d_t), each coordinate of variance about 1.
        train: indices of the samples that decide.
    Returns: of x and of t, shape (n, min(d_x, d_t), FEATURES): the coordinate, the logarithm of the sample's radius,
        which tells scale mixtures such as Student's, and waves of the coordinate's rank.
    """
    matched = [(x, t, *match_coordinates(x[train], t[train])) for x, t in candidates]
    dependence = [each[-1] for each in matched]
    rivals = [dependence[0] * CLEARLY_MORE, *dependence[1:]]
    x, t, i, j, _ = matched[rivals.index(max(rivals))]
    return _features(x, i), _features(t, j)


def features_of_epochs(x: Tensor, t: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
    """The features of several epochs in the only coordinate system, shape (e, n, min(d_x, d_t), FEATURES).

    Args:
        x, t: shapes (e, n, d_x) and (e, n, d_t), each coordinate of variance about 1.
        train: indices of the samples that decide.
    """
    nats = _dependence(x[:, train], t[:, train]).cpu().numpy()
    pairs = [linear_sum_assignment(each, maximize=True) for each in nats]
    i, j = (torch.from_numpy(np.stack(side)).to(x.device) for side in zip(*pairs, strict=True))
    return _features(x, i), _features(t, j)


def match_coordinates(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, float]:
    """The pairs (i, j) that together have the largest dependence, and what it is: as many nats if they were Gaussian.

    Args:
        x, t: coordinates of variance about 1, shapes (n, d_x) and (n, d_t); each is used at most once.

    A pair counts by its correlation and by what that of the squares has above the correlation's square, as it is for
    Gaussians: that finds dependence without correlation, and tells apart coordinates that are equally correlated.
    """
    nats = _dependence(x, t)
    i, j = (torch.from_numpy(side).to(x.device) for side in linear_sum_assignment(nats.cpu().numpy(), maximize=True))
    return i, j, float(nats[i, j].sum())


def _dependence(x: Tensor, t: Tensor) -> Tensor:
    """Of each coordinate of x on each of t, nats, shape (..., d_x, d_t)."""
    linear, square = _correlation(x, t).square(), _correlation(x.square(), t.square())
    beyond = (square.abs() - linear).clamp(min=0).square()
    return -0.5 * (torch.log1p(-linear.clamp(max=1 - SMALL)) + torch.log1p(-beyond.clamp(max=1 - SMALL)))


def _correlation(x: Tensor, t: Tensor) -> Tensor:
    x, t = ((v - v.mean(-2, keepdim=True)) / (v.var(-2, keepdim=True) + SMALL).sqrt() for v in (x, t))
    return x.mT @ t / x.shape[-2]


def _features(values: Tensor, chosen: Tensor) -> Tensor:
    radius = (values.square().mean(-1, keepdim=True) + SMALL).log()
    radius = (radius - radius.mean((-2, -1), keepdim=True)) / (radius.std((-2, -1), keepdim=True) + SMALL)
    values = values.take_along_dim(chosen[..., None, :], -1)
    return torch.stack([values, radius.expand_as(values), *cosines(values, WAVES)], -1)
