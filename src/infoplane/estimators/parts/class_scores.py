"""Scores of single units under which classes look Gaussian: of equal width, each around a mean of its own."""

from collections.abc import Callable

import torch
from torch import Tensor


def class_scores(t: Tensor, labels: Tensor, classes: int) -> Callable[[Tensor], Tensor]:
    """A strictly increasing map of each coordinate to a mixture of Gaussians of equal width, one a class.

    It alternates between the means of the classes under the map and the map from the ranks to the quantiles of the
    mixture with these means. Gaussian classes of equal width, after any monotone map, become Gaussian again.

    Args:
        t: shape (..., n, d). labels: integers from 0 to classes - 1, shape (n,).
    Returns: a function from samples of shape (..., m, d), seen or not, to float32 of the same shape.
    """
    n = t.shape[-2]
    columns = t.mT.double().contiguous()
    ordered = columns.sort(-1).values
    # quantiles are enough to describe a map, and cost the same for any n
    levels = torch.linspace(0, 1, min(n, 512) + 2, dtype=torch.float64, device=t.device)[1:-1]
    knots = ordered[..., (levels * n).long().clamp(max=n - 1)].contiguous()
    share = torch.bincount(labels, minlength=classes).double() / n
    member = torch.nn.functional.one_hot(labels, classes).double()
    grid = torch.linspace(-12, 12, 1201, dtype=torch.float64, device=t.device)
    images = torch.special.ndtri(levels).expand(knots.shape)
    of_each = levels.expand(knots.shape).contiguous()
    for _ in range(8):
        mapped = _interpolate(columns, knots, images).mT
        means = member.T @ mapped / (share * n).clamp(min=1)[:, None]
        within = (mapped - means[..., labels, :]).square().mean(-2, keepdim=True).sqrt()
        centred = ((means - means.mean(-2, keepdim=True)) / within.clamp(min=0.05)).clamp(-6, 6)
        cdf = torch.zeros(*knots.shape[:-1], len(grid), dtype=torch.float64, device=t.device)
        for weight, centre in zip(share, centred[..., None].unbind(-3), strict=True):
            cdf += weight * torch.special.ndtr(grid - centre)
        images = grid[torch.searchsorted(cdf, of_each).clamp(max=len(grid) - 1)]
        # a grid point is within .02 of the quantile, and equal neighbours must stay ordered
    scale = images.std(-1, keepdim=True).clamp(min=1e-6)
    images = images / torch.where(scale > 1, scale, 1.0)
    return lambda values: _interpolate(values.mT.double().contiguous(), knots, images).mT.float()


def _interpolate(columns: Tensor, knots: Tensor, images: Tensor) -> Tensor:
    """Piecewise linear maps, one a row, of values of shape (..., d, n); knots and images of shape (..., d, k)."""
    right = torch.searchsorted(knots, columns).clamp(1, knots.shape[-1] - 1)
    left = right - 1
    x0, x1, y0, y1 = (points.gather(-1, index) for points in (knots, images) for index in (left, right))
    share = torch.where(x1 > x0, (columns - x0) / (x1 - x0).clamp(min=1e-300), 0.5)
    return y0 + (y1 - y0) * share.clamp(-1, 2)
