"""Whitening: uncorrelated coordinates of unit variance in place of correlated ones; singular values that are alike."""

import torch
from scipy import linalg
from torch import Tensor


def svd(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`torch.linalg.svd`, also where many singular values are equal, such as 1 of sides with more units than samples.

    Divide and conquer may not converge there; QR iterations do, and take longer.
    """
    try:
        return torch.linalg.svd(matrix)
    except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]
        found = linalg.svd(matrix.cpu().numpy(), lapack_driver="gesvd")
        left, values, right = (torch.from_numpy(each).to(matrix) for each in found)
        return left, values, right


def centred(values: Tensor) -> Tensor:
    """The values less their means over samples, shape (..., n, d)."""
    return values - values.mean(-2, keepdim=True)


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


def white_and_back(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Matrices W and B of shape (d, rank): rows v of this covariance become white as v W, and w B' has it again.

    Args:
        covariance: float64, shape (d, d).
    """
    variances, axes = torch.linalg.eigh(covariance)
    kept = variances > 1e-9 * variances[-1].clamp(min=1e-12)
    return axes[:, kept] / variances[kept].sqrt(), axes[:, kept] * variances[kept].sqrt()
