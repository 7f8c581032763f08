"""Canonical correlations of two sides, the information of Gaussians that have them, and its bias.

Problem: of all pairs of directions, one of X and one of T, the first pair is the most correlated, the next the most
correlated of those uncorrelated with it, and so on. For Gaussians nothing else counts:

    I(X;T) = 1/2 ln( det C_x det C_t / det C ) = -1/2 sum_i ln(1 - rho_i^2).

With sample covariances it is too large, by what is known for Gaussian samples:

    E ln det S = ln det C + sum_{i<d} psi((m - i) / 2) - d ln(m / 2),   m = n - 1.

References: Hotelling (1936), Relations between two sets of variates, Biometrika 28, doi:10.1093/biomet/28.3-4.321;
Misra, Singh & Demchuk (2005), Estimation of the entropy of a multivariate normal distribution, Journal of Multivariate
Analysis 92, doi:10.1016/j.jmva.2003.10.003; eq. 2.4.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.linear_algebra import svd

LARGEST_CORRELATION = 1 - 1e-10
"""Canonical correlations above are rounding: one side holds an exact linear function of the other."""


class Canonical(NamedTuple):
    """Canonical directions and correlations.

    Attributes:
        left: directions of x, the columns of an orthogonal matrix, shape (d_x, d_x).
        rho: correlations, the largest first, at most `LARGEST_CORRELATION`; shape (min(d_x, d_t),).
        right: directions of t, shape (d_t, d_t).
        is_exact: whether a correlation was above `LARGEST_CORRELATION`, so that I(X;T) is infinite.
    """

    left: Tensor
    rho: Tensor
    right: Tensor
    is_exact: bool


class CopulaFit(NamedTuple):
    """A Gaussian fitted to two whitened sides.

    Attributes:
        canonical: directions and correlations.
        information: I(X;T) of the Gaussian in nats, less its bias unless samples are too few or shrunk.
        stderr: its standard error, sqrt(sum rho_i^2 / n) for Gaussian samples.
        is_short: whether the samples are too few for their covariance, so that the bias cannot be subtracted.
    """

    canonical: Canonical
    information: float
    stderr: float
    is_short: bool


def decompose(cross_covariance: Tensor, kept: float = 1.0) -> Canonical:
    """Canonical directions and correlations of two whitened sides.

    Args:
        cross_covariance: of the whitened sides, shape (d_x, d_t).
        kept: share of the correlations that a shrunk covariance keeps, from 0 to 1.
    """
    left, rho, right = svd(cross_covariance)
    rho = kept * rho.clamp(max=1.0)
    is_exact = bool((rho > LARGEST_CORRELATION).any())
    return Canonical(left, rho.clamp(max=LARGEST_CORRELATION), right.T, is_exact)


def gaussian_information(rho: Tensor) -> float:
    """I(X;T) in nats of Gaussians with these canonical correlations, each below 1, shape (pairs,)."""
    return -0.5 * float(torch.log1p(-rho.square()).sum())


def correlated(u: Tensor, v: Tensor, rho: Tensor) -> Tensor:
    """Independent standard Gaussians v, shape (n, d_t), made to correlate with the first of u by rho, pair by pair."""
    pairs = len(rho)
    return torch.cat([rho * u[:, :pairs] + (1 - rho.square()).sqrt() * v[:, :pairs], v[:, pairs:]], 1)


def fit_copula(x: Tensor, t: Tensor, kept: float = 1.0) -> CopulaFit:
    """The Gaussian with the correlations of two whitened sides.

    Args:
        x, t: whitened (`linear_algebra.whiten`), float64, shapes (n, d_x) and (n, d_t).
        kept: share of the correlations that a shrunk covariance keeps; where it is less than 1 the bias is not known.
    """
    n, d_x, d_t = len(x), x.shape[1], t.shape[1]
    canonical = decompose(x.T @ t / n, kept)
    information, is_short = gaussian_information(canonical.rho), n - 1 <= d_x + d_t
    if kept == 1.0 and not is_short:
        information -= 0.5 * (log_det_bias(d_x, n) + log_det_bias(d_t, n) - log_det_bias(d_x + d_t, n))
    return CopulaFit(canonical, information, math.sqrt(float(canonical.rho.square().sum()) / n), is_short)


def log_det_bias(d: int, n: int) -> float:
    """E ln det S - ln det C for the sample covariance S of n > d Gaussians of covariance C in d dimensions."""
    half = torch.arange(n - 1, n - 1 - d, -1, dtype=torch.float64) / 2
    return float(torch.digamma(half).sum()) - d * math.log((n - 1) / 2)
