"""Gaussian mixtures with full covariances: densities of samples, of some of their axes too, fitted by maximum
likelihood.

    q(z) = sum_k w_k N(z; m_k, C_k),     and over some axes the same with parts of m_k and C_k.

References: Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm, Journal of the
Royal Statistical Society B 39. Fraley & Raftery (2007), Bayesian regularization for normal mixture estimation and
model-based clustering, Journal of Classification 24, for the prior that keeps covariances from collapsing.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.distances import squared_distances

LEAST_VARIANCE = 1e-6
"""Of values of variance 1, in every direction: samples that share their values have no density."""


class Mixture(NamedTuple):
    """Logarithms of the weights (k,), means (k, p) and covariances (k, p, p)."""

    log_weights: Tensor
    means: Tensor
    covariances: Tensor

    def components(self, values: Tensor, axes: slice = slice(None)) -> Tensor:
        """ln weight + ln N of each component at values of shape (n, p), over some of the axes; shape (n, k)."""
        factors = torch.linalg.cholesky(self.covariances[:, axes, axes])
        offsets = (values[None, :, axes] - self.means[:, None, axes]).mT
        white = torch.linalg.solve_triangular(factors, offsets, upper=False)
        scale = factors.diagonal(dim1=1, dim2=2).log().sum(1) + 0.5 * math.log(2 * math.pi) * white.shape[1]
        return (self.log_weights - scale)[None] - 0.5 * white.square().sum(1).T

    def log_density(self, values: Tensor, axes: slice = slice(None)) -> Tensor:
        return self.components(values, axes).logsumexp(1)


def fit_mixture(values: Tensor, k: int, iterations: int, seed: int) -> Mixture:
    """A mixture of k Gaussians by expectation maximisation, from k-means.

    Covariances are drawn a little towards a k-th of the volume of the whole one, so that none collapses.

    Args:
        values: float64, shape (n, p). k: components, at most n. iterations: at most so many. seed: of the first means.
    """
    n, p = values.shape
    centred = values - values.mean(0)
    whole = centred.T @ centred / n
    floor = LEAST_VARIANCE * torch.eye(p, dtype=values.dtype, device=values.device)
    prior = whole * k ** (-2 / p) + floor
    if k == 1:
        return Mixture(
            torch.zeros(1, dtype=values.dtype, device=values.device), values.mean(0)[None], (whole + floor)[None]
        )
    draw = torch.Generator().manual_seed(seed)
    means = values[torch.randperm(n, generator=draw)[:k].to(values.device)]
    for _ in range(10):
        nearest = torch.nn.functional.one_hot(squared_distances(values, means).argmin(1), k).to(values.dtype)
        means = nearest.T @ values / nearest.sum(0).clamp(min=1)[:, None]
    shares = nearest
    strength = (p + 2) / 4
    last = -math.inf
    mixture = None
    for _ in range(iterations):
        weights = shares.sum(0)
        means = shares.T @ values / weights.clamp(min=1e-9)[:, None]
        roots = shares.T[:, :, None].sqrt() * (values[None] - means[:, None])
        covariances = (roots.mT @ roots + strength * prior) / (weights + strength)[:, None, None] + floor
        mixture = Mixture(((weights + 1) / (n + k)).log(), means, covariances)
        each = mixture.components(values)
        density = each.logsumexp(1)
        shares = (each - density[:, None]).exp()
        if float(density.mean()) < last + 1e-5:
            break
        last = float(density.mean())
    assert mixture is not None
    return mixture
