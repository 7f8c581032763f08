"""The log-ratio of jointly Gaussian x and t, by canonical correlation analysis.

References: Hotelling (1936), Relations between two sets of variates, Biometrika 28, doi:10.1093/biomet/28.3-4.321.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from torch import Tensor

from infoplane.estimators.parts.canonical import gaussian_information
from infoplane.estimators.parts.closed_forms.pair_scores import PairScores
from infoplane.estimators.parts.linear_algebra import svd

RIDGE = 1e-3
"""Added to the variance of normal scores (which is 1), so that duplicate and constant units can be whitened."""
LEAST_VARIANCE = 0.25
"""Of held-out samples along a variate whose training samples have 1: few samples can all lie where it is 0, as where a
class is rare, and a sample that does not would be thrown far out."""
LARGEST_CORRELATION = 0.9995
"""Canonical correlations are cut here, which bounds the closed form at 3.8 nats a dimension."""


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
    left, _, right = svd((x[train] @ white_x).T @ (t[train] @ white_t))
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
