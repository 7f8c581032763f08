"""Whitening, and the bias of log-determinants."""

import math

import torch
from torch import Tensor


def whiten(values: Tensor) -> Tensor:
    """Uncorrelated coordinates of unit variance that span what the given ones span; constant ones count for nothing.

    Args:
        values: float64, shape (n, d).
    Returns: shape (n, rank), the direction of largest variance first.
    """
    centred = values - values.mean(0)
    scale = centred.square().mean(0).sqrt()
    centred = centred[:, scale > 1e-12 * scale.max().clamp(min=1e-300)] if len(scale) else centred
    if not centred.shape[1]:
        return centred
    centred = centred / centred.square().mean(0).sqrt()
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(centred))
    kept = variances > 1e-9 * variances[-1]
    return (centred @ (axes[:, kept] / variances[kept].sqrt())).flip(1)


def log_det_bias(d: int, n: int) -> float:
    """E ln det S - ln det C for the sample covariance S of n > d Gaussians of covariance C in d dimensions.

    References: Misra, Singh & Demchuk (2005), eq. 2.4, for n - 1 degrees of freedom.
    """
    half = torch.arange(n - 1, n - 1 - d, -1, dtype=torch.float64) / 2
    return float(torch.digamma(half).sum()) - d * math.log((n - 1) / 2)
