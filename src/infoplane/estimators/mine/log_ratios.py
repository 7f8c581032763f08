"""Log-ratios in closed form: what a critic knows before it learns anything.

The best critic of any bound on I(X;T) is ln p(x, t) / (p(x) p(t)). Under Gaussian assumptions, and where the noise is
known, that is a formula. A network that only learns what is left has less to learn, and where the formula is right,
nothing to overfit. In which coordinates a formula is tried, `systems` says; for I(T;Y) see `label_log_ratios`.

References: Hotelling (1936), Relations between two sets of variates, Biometrika 28, doi:10.1093/biomet/28.3-4.321.
"""

import torch
from torch import Tensor

from infoplane.estimators.parts.closed_forms.pair_scores import PairScores

MOST_INPUTS = 64
"""Wider layers reach the networks as this many canonical variates or principal components."""


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
