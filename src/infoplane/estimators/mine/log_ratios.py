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


def leading_components(values: Tensor, train: Tensor, count: int = MOST_INPUTS) -> Tensor:
    """The principal components of the largest variance, at most `count`; values as they are if there are fewer.

    Args:
        values: shape (..., n, d).
        train: indices of the samples that define the components.
    """
    if values.shape[-1] <= count:
        return values
    centred = values - values[..., train, :].mean(-2, keepdim=True)
    seen = centred[..., train, :]
    if len(train) >= values.shape[-1]:
        _, axes = torch.linalg.eigh(seen.mT @ seen)
        return centred @ axes[..., -count:]
    # fewer samples than units: their products with each other have the same eigenvalues, and are fewer
    variances, weights = torch.linalg.eigh(seen @ seen.mT)
    axes = seen.mT @ (weights[..., -count:] / variances[..., None, -count:].clamp(min=1e-12).sqrt())
    return centred @ axes


def channel_log_ratio(t: Tensor, z: Tensor, noise_std: float, train: Tensor) -> PairScores:
    """The log-ratio of z = t + noise and t, where the noise is N(0, noise_std^2) and t is taken as Gaussian.

    log p(z|t) is known exactly; only log p(z), a function of z alone, is an approximation.

    Args:
        t, z: of each epoch, shape (e, n, d).
        train: indices of the samples that the distribution of z is fitted to.
    Returns: scores with a member an epoch.
    """
    mean = t[:, train].double().mean(1, keepdim=True)
    t, z = (t.double() - mean) / noise_std, (z.double() - mean) / noise_std
    covariance = t[:, train].mT @ t[:, train] / len(train)
    covariance.diagonal(dim1=1, dim2=2).add_(1)
    factor = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(factor, z.mT, upper=False)
    log_det = factor.diagonal(dim1=1, dim2=2).log().sum(1, keepdim=True)
    column = log_det + whitened.square().sum(1) / 2 - z.square().sum(2) / 2
    return PairScores(-t.square().sum(2) / 2, column, t, z)
