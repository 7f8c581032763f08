"""Log-ratios in closed form: what a critic knows before it learns anything.

The best critic of any bound on I(X;T) is ln p(x, t) / (p(x) p(t)). Under Gaussian assumptions, and where the noise is
known, that is a formula. A network that only learns what is left has less to learn, and where the formula is right,
nothing to overfit. In which coordinates a formula is tried, `systems` says; for I(T;Y) see `label_log_ratios`.

References: Hotelling (1936), Relations between two sets of variates, Biometrika 28, doi:10.1093/biomet/28.3-4.321.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from torch import Tensor

from infoplane.estimators.mine.bounds import sample_value
from infoplane.estimators.mine.pair_scores import PairScores, stack_scores
from infoplane.estimators.parts.canonical import gaussian_information

RIDGE = 1e-3
"""Added to the variance of normal scores (which is 1), so that duplicate and constant units can be whitened."""
MOST_INPUTS = 64
"""Wider layers reach the networks as this many canonical variates or principal components."""
LEAST_VARIANCE = 0.25
"""Of held-out samples along a variate whose training samples have 1: few samples can all lie where it is 0, as where a
class is rare, and a sample that does not would be thrown far out."""
LARGEST_CORRELATION = 0.9995
"""Canonical correlations are cut here, which bounds the closed form at 3.8 nats a dimension."""


def leading_components(values: Tensor, train: Tensor) -> Tensor:
    """The principal components of the largest variance, at most MOST_INPUTS; values as they are if there are fewer.

    Args:
        values: shape (n, d).
        train: indices of the samples that define the components.
    """
    if values.shape[1] <= MOST_INPUTS:
        return values
    centred = values - values[train].mean(0)
    _, axes = torch.linalg.eigh(centred[train].T @ centred[train])
    return centred @ axes[:, -MOST_INPUTS:]


class CanonicalFit(NamedTuple):
    """A Gaussian critic and its coordinates.

    Attributes:
        scores: without a member axis.
        u, v: canonical variates of x and of t, shape (n, pairs).
        rho: the correlation of each pair, the largest first, as held-out samples show it; shape (pairs,).
        maps: from centred normal scores to variates, the pairs first; shapes (d_x, d_x) and (d_t, d_t).
    """

    scores: PairScores
    u: Tensor
    v: Tensor
    rho: Tensor
    maps: tuple[Tensor, Tensor]


def gaussian_log_ratio(zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> CanonicalFit:
    """The log-ratio of jointly Gaussian x and t, by canonical correlation analysis.

    In canonical variates u, v of correlations r: sum of -ln(1 - r^2)/2 + (r u v - r^2 (u^2 + v^2)/2) / (1 - r^2).
    The directions come from the training samples, the correlations along them from held-out ones: in-sample
    correlations are too large, and a critic that believes them loses d_x d_t / 2n nats on fresh samples.

    Args:
        zx, zt: normal scores, shapes (n, d_x) and (n, d_t).
        train, held: indices of the two sets of samples.
    References: Bartz (2016), Cross-validation based nonlinear shrinkage, on held-out samples in place of a formula.
    """
    x, t = (z.double() - z[train].double().mean(0) for z in (zx, zt))
    white_x, white_t = (_to_white(z[train]) for z in (x, t))
    left, _, right = torch.linalg.svd((x[train] @ white_x).T @ (t[train] @ white_t))
    map_x, map_t, pairs = white_x @ left, white_t @ right.T, min(x.shape[1], t.shape[1])
    u, v = x @ map_x[:, :pairs], t @ map_t[:, :pairs]
    u, v = (w / w[held].square().mean(0).clamp(min=LEAST_VARIANCE).sqrt() for w in (u, v))
    observed = (u[held] * v[held]).mean(0).cpu().numpy()
    falling = np.clip(isotonic_regression(observed, increasing=False).x, 0, LARGEST_CORRELATION)
    r = torch.as_tensor(falling, device=zx.device)
    return CanonicalFit(gaussian_scores(u, v, r), u.float(), v.float(), r, (map_x, map_t))


def gaussian_scores(u: Tensor, v: Tensor, r: Tensor) -> PairScores:
    """The log-ratio of Gaussian pairs (u, v), shape (n, pairs), of correlations r, shape (pairs,)."""
    gain = r / (1 - r**2)
    row, column = gaussian_information(r) - (r * gain * u**2).sum(1) / 2, -(r * gain * v**2).sum(1) / 2
    used = r > 0
    return PairScores(row, column, (u * gain)[:, used], v[:, used])


def _to_white(z: Tensor) -> Tensor:
    """The matrix that whitens centred samples of shape (n, d) from the right."""
    covariance = z.T @ z / len(z)
    covariance.diagonal().add_(RIDGE)
    factor = torch.linalg.cholesky(covariance)
    return torch.linalg.solve_triangular(factor, torch.eye(len(factor)).to(factor), upper=False).T


def channel_log_ratio(t: Tensor, z: Tensor, noise_std: float, train: Tensor) -> PairScores:
    """The log-ratio of z = t + noise and t, where the noise is N(0, noise_std^2) and t is taken as Gaussian.

    log p(z|t) is known exactly; only log p(z), a function of z alone, is an approximation.

    Args:
        t, z: shape (n, d).
        train: indices of the samples that the distribution of z is fitted to.
    """
    mean = t[train].double().mean(0)
    t, z = (t.double() - mean) / noise_std, (z.double() - mean) / noise_std
    covariance = t[train].T @ t[train] / len(train)
    covariance.diagonal().add_(1)
    factor = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(factor, z.T, upper=False)
    log_det = factor.diagonal().log().sum()
    column = log_det + whitened.square().sum(0) / 2 - z.square().sum(1) / 2
    return PairScores(-t.square().sum(1) / 2, column, t, z)


def held_out_value(scores: PairScores, held: Tensor) -> float:
    """The larger of the bounds of `sample_value` on held-out samples, nats; scores without the member axis."""
    held_scores = stack_scores([scores]).take(held[None])
    return float(sample_value(held_scores.matrix(held_scores)))
