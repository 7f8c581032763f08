"""Coordinates by their ranks: normal scores of all samples or by those of some, and waves of a rank."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def normal_scores(values: Tensor) -> Tensor:
    """Replace each coordinate by the standard Gaussian quantile of its rank; equal values share their mean rank.

    A strictly increasing map of each coordinate leaves mutual information as it is, so that this costs nothing and
    makes an estimate independent of scales and of such maps. A constant coordinate becomes 0.

    Args:
        values: finite, shape (..., n, d).
    Returns: float64 of the same shape, each coordinate on its own along n.
    """
    columns = values.transpose(-1, -2).contiguous()
    n, order = columns.shape[-1], argsort(columns)
    # (rank - 1/2) / n keeps the ends finite and the scores symmetric; mean ranks are multiples of 1/2
    middle = torch.arange(2 * n - 1, dtype=torch.float64, device=values.device) / 2
    quantiles = torch.special.ndtri((middle + 0.5) / n)
    first, last = _ties(columns.gather(-1, order))
    scores = quantiles[first + last]
    return scores.new_empty(columns.shape).scatter_(-1, order, scores).transpose(-1, -2)


def scores_among(values: Tensor, references: Tensor) -> Iterator[Tensor]:
    """Each coordinate through the empirical distribution of reference samples to a standard normal one.

    Like `normal_scores`, but ranks are those among the reference samples, so that samples that may not decide can be
    held out. Equal values get the middle of their ranks. All sets of references share one sort.

    Args:
        values: finite, shape (..., n, d).
        references: indices of the samples that define the ranks, a set a row, shape (sets, m).
    Yields: for each set float32 of the values' shape, within the normal quantiles of 1/(2m + 2) and 1 - 1/(2m + 2).
    """
    columns = values.mT.contiguous()
    n, m, order = values.shape[-2], references.shape[1], argsort(columns)
    first, last = _ties(columns.gather(-1, order))
    # twice the middle rank of a value among the references is a whole number from 0 to 2m
    quantiles = torch.special.ndtri((torch.arange(2 * m + 1, device=values.device).double() + 1) / (2 * m + 2)).float()
    for reference in references:
        member = torch.zeros(n, dtype=torch.int64, device=values.device).index_fill_(0, reference, 1)
        counted = functional.pad(member[order].cumsum(-1), (1, 0))
        scores = quantiles[counted.gather(-1, first) + counted.gather(-1, last + 1)]
        yield torch.empty_like(scores).scatter_(-1, order, scores).mT


def scores_within(values: Tensor, reference: Tensor) -> Tensor:
    """`scores_among` of one set of reference samples, shape (m,)."""
    return next(scores_among(values, reference[None]))


def _ties(ordered: Tensor) -> tuple[Tensor, Tensor]:
    """Along the last axis of sorted values, the places of the first and of the last value that equals each."""
    n = ordered.shape[-1]
    place, changes = torch.arange(n, device=ordered.device), ordered[..., 1:] != ordered[..., :-1]
    if changes.all():
        return place.expand(ordered.shape), place.expand(ordered.shape)
    first = torch.where(functional.pad(changes, (1, 0), value=True), place, 0).cummax(-1).values
    last = torch.where(functional.pad(changes, (0, 1), value=True), place, n).flip(-1).cummin(-1).values.flip(-1)
    return first, last


def argsort(values: Tensor) -> Tensor:
    """Indices that sort along the last axis, equal values in any order."""
    if values.device.type == "cpu":
        # NumPy's vectorised sort takes a quarter of the time of PyTorch's
        return torch.from_numpy(np.argsort(values.numpy(), axis=-1))
    return values.argsort(-1)


def in_order(values: Tensor) -> Tensor:
    """The values sorted along the last axis."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.numpy(), axis=-1))
    return values.sort(-1).values


def cosines(scores: Tensor, count: int) -> list[Tensor]:
    """cos(k pi F) for k = 1, ..., count, F the standard normal distribution function of each score.

    Of mean 0, variance 1/2 and uncorrelated where the scores are N(0, 1).
    """
    angle = math.pi * torch.special.ndtr(scores)
    return [torch.cos(k * angle) for k in range(1, count + 1)]
