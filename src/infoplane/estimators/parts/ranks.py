"""Coordinates by their ranks: normal scores, scores that make classes Gaussian, waves of a rank."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


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
    order = argsort(columns)
    ordered = columns.gather(-1, order)
    changes, edge = ordered[..., 1:] != ordered[..., :-1], torch.ones_like(ordered[..., :1], dtype=torch.bool)
    # (rank - 1/2) / n keeps the ends finite and the scores symmetric; mean ranks are multiples of 1/2
    middle = torch.arange(2 * n - 1, dtype=torch.float64, device=values.device) / 2
    quantiles = torch.special.ndtri((middle + 0.5) / n)
    if changes.all():
        scores = quantiles[::2].expand(columns.shape)
    else:
        starts, ends = torch.cat([edge, changes], -1), torch.cat([changes, edge], -1)
        tied = ~(starts & ends)
        position = torch.arange(n, device=values.device)
        starts, ends, place = starts[tied], ends[tied], position.expand(columns.shape)[tied]
        # of a run of equal values the place of its first and that of its last, added
        places = (2 * position).repeat(*columns.shape[:-1], 1)
        places[tied] = (place[starts] + place[ends])[starts.cumsum(0) - 1]
        scores = quantiles[places]
    return scores.new_empty(columns.shape).scatter_(-1, order, scores).transpose(-1, -2)


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


def class_scores(t: Tensor, labels: Tensor, classes: int) -> Callable[[Tensor], Tensor]:
    """A strictly increasing map of each coordinate to a mixture of Gaussians of equal width, one a class.

    It alternates between the means of the classes under the map and the map from the ranks to the quantiles of the
    mixture with these means. Gaussian classes of equal width, after any monotone map, become Gaussian again.

    Args:
        t: shape (n, d). labels: integers from 0 to classes - 1, shape (n,).
    Returns: a function from samples of shape (m, d), seen or not, to float32 of the same shape.
    """
    n, d = t.shape
    ordered = t.T.double().sort(1).values
    # quantiles are enough to describe a map, and cost the same for any n
    levels = torch.linspace(0, 1, min(n, 512) + 2, dtype=torch.float64, device=t.device)[1:-1]
    knots = ordered[:, (levels * n).long().clamp(max=n - 1)].contiguous()
    share = torch.bincount(labels, minlength=classes).double() / n
    member = torch.nn.functional.one_hot(labels, classes).double()
    means = torch.zeros(classes, d, dtype=torch.float64, device=t.device)
    grid = torch.linspace(-12, 12, 1201, dtype=torch.float64, device=t.device)
    columns = t.T.double().contiguous()
    images = torch.special.ndtri(levels).expand(d, -1)
    for _ in range(8):
        mapped = _interpolate(columns, knots, images).T
        means = member.T @ mapped / (share * n).clamp(min=1)[:, None]
        within = (mapped - means[labels]).square().mean(0).sqrt()
        centred = (means - means.mean(0)) / within.clamp(min=0.05)
        cdf = torch.zeros(d, len(grid), dtype=torch.float64, device=t.device)
        for c in range(classes):
            cdf += share[c] * torch.special.ndtr(grid - centred[c, :, None].clamp(-6, 6))
        images = grid[torch.searchsorted(cdf, levels.expand(d, -1).contiguous()).clamp(max=len(grid) - 1)]
        # a grid point is within .02 of the quantile, and equal neighbours must stay ordered
    scale = images.std(1, keepdim=True).clamp(min=1e-6)
    images = images / torch.where(scale > 1, scale, 1.0)
    return lambda values: _interpolate(values.T.double().contiguous(), knots, images).T.float()


def _interpolate(columns: Tensor, knots: Tensor, images: Tensor) -> Tensor:
    """Piecewise linear maps, one a row, of values of shape (d, n); knots and images of shape (d, k)."""
    right = torch.searchsorted(knots, columns).clamp(1, knots.shape[1] - 1)
    x0, x1 = (knots.gather(1, right + shift) for shift in (-1, 0))
    y0, y1 = (images.gather(1, right + shift) for shift in (-1, 0))
    share = torch.where(x1 > x0, (columns - x0) / (x1 - x0).clamp(min=1e-300), 0.5)
    return y0 + (y1 - y0) * share.clamp(-1, 2)
