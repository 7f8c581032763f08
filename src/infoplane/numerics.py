"""Numerical building blocks that several estimators share: log-sum-exp, discrete entropy, pairwise densities.

Tensors are batched along the first axis (epochs, e); results are in nats.
"""

import math

import torch
from torch import Tensor


def logmeanexp(values: Tensor, dim: int) -> Tensor:
    """log of the mean of exp(values) along `dim`, without overflow."""
    return torch.logsumexp(values, dim) - math.log(values.shape[dim])


def entropy_of_counts(counts: Tensor) -> Tensor:
    """Plug-in entropy of the distribution with these counts along the last axis, in nats.

    Args:
        counts: non-negative counts, shape (..., k).
    """
    p = counts.double() / counts.sum(-1, keepdim=True)
    return -torch.special.xlogy(p, p).sum(-1)


def label_entropy(y: Tensor) -> float:
    """Plug-in entropy H(Y) of integer labels of shape (n,), in nats."""
    return float(entropy_of_counts(torch.bincount(y - y.min())))


def row_ids(codes: Tensor) -> Tensor:
    """Number equal rows alike.

    Args:
        codes: integers, shape (n, d).
    Returns: int64 of shape (n,), from 0 to the number of distinct rows minus one.
    """
    return torch.unique(codes, dim=0, return_inverse=True)[1]


def check_activations(t: Tensor) -> None:
    """Refuse activations that are not finite.

    Args:
        t: activations, shape (e, n, d_t).

    Raises:
        ValueError: naming the first epoch, as an index along the first axis, that holds a NaN or an infinity.
    """
    finite = torch.isfinite(t).flatten(1).all(1)
    if not finite.all():
        raise ValueError(f"epoch {int(finite.logical_not().nonzero()[0])} of {len(t)} holds a NaN or an infinity")


def normal_scores(values: Tensor) -> Tensor:
    """Replace each coordinate by the standard Gaussian quantile of its rank; equal values share their mean rank.

    A strictly increasing map of each coordinate leaves mutual information as it is, so that this costs nothing and
    makes an estimate independent of scales and of such maps. A constant coordinate becomes 0.

    Args:
        values: finite, shape (..., n, d).
    Returns: float64 of the same shape, each coordinate on its own along n.
    """
    columns = values.transpose(-1, -2).contiguous()
    n = columns.shape[-1]
    ordered, order = columns.sort(-1)
    position = torch.arange(n, dtype=torch.float64, device=values.device)
    starts = torch.cat([torch.ones_like(ordered[..., :1], dtype=torch.bool), ordered[..., 1:] != ordered[..., :-1]], -1)
    if starts.all():
        middle = position.expand(columns.shape)
    else:
        # the middle of a run of equal values, from where it starts and where the next one does
        first = torch.where(starts, position, 0.0).cummax(-1).values
        ends = torch.cat([starts[..., 1:], torch.ones_like(starts[..., :1])], -1)
        last = torch.where(ends, position, float(n)).flip(-1).cummin(-1).values.flip(-1)
        middle = (first + last) / 2
    # (rank - 1/2) / n keeps the ends finite and the scores symmetric
    scores = torch.special.ndtri((middle + 0.5) / n)
    return torch.empty_like(scores).scatter_(-1, order, scores).transpose(-1, -2)


def squared_distances(rows: Tensor, others: Tensor) -> Tensor:
    """Squared Euclidean distances between two sets of points, by one matrix product; never below 0.

    Rounding leaves about 1e-16 (float64) or 1e-7 (float32) of the squared norms: centre the points first, and do not
    compare the result with 0.

    Args:
        rows: shape (a, d). others: shape (b, d).
    Returns: shape (a, b).
    """
    products = torch.addmm(others.square().sum(1)[None], rows, others.T, alpha=-2)
    return products.add_(rows.square().sum(1)[:, None]).clamp_(min=0)
