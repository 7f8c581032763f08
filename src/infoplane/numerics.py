"""Numerical building blocks that several estimators share: discrete entropy, normal scores, distances.

Tensors are batched along the first axis (epochs, e); results are in nats.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.special import exp1
from torch import Tensor


def entropy_of_counts(counts: Tensor) -> Tensor:
    """Plug-in entropy of the distribution with these counts along the last axis, in nats.

    Args:
        counts: non-negative counts, shape (..., k).
    """
    p = counts.double() / counts.sum(-1, keepdim=True)
    # not the negative, which is -0 where there is one pattern alone
    return 0.0 - torch.special.xlogy(p, p).sum(-1)


def unseen_entropy(counts: Tensor) -> float:
    """How much larger than the plug-in entropy of a sample's counts that of the distribution probably is, in nats.

    The bias of every pattern that was seen, and a lower bound of what those that were not seen add, from how many were
    seen once and twice. It is 0 or more; nothing in a sample bounds it from above.

    Args:
        counts: of the patterns that were seen, shape (k,).

    References: Chao, Wang & Jost (2013), eq. 7, less the plug-in entropy.
    """
    counts = counts[counts > 0].double()
    n, once, twice = (int(number) for number in (counts.sum(), (counts == 1).sum(), (counts == 2).sum()))
    log_less_psi = math.log(n) - float(torch.digamma(torch.tensor(n, dtype=torch.float64)))
    seen = float((counts / n * (counts.log() - torch.digamma(counts))).sum()) - log_less_psi
    if once + twice < 2 or not once:
        return seen
    # the mean probability of a pattern that was seen once
    rare = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    # the paper's sum from n to infinity of (1 - rare)^r / r, as an integral
    exponent = -math.log1p(-rare) * (n - 0.5)
    unseen = math.exp(exponent) * float(exp1(exponent)) if exponent < 50 else 1 / exponent
    return seen + once / n * unseen


def random_half(n: int, seed: int, *, least: int = 1) -> Tensor:
    """Indices of half of n samples drawn at random, but at least so many."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[: max(least, n // 2)]


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


def exp_(exponents: Tensor) -> Tensor:
    """e to each exponent, in place, less twice what is next to the smallest normal number, and 0 below that.

    Where results underflow, `torch.exp` takes thirty times as long on a CPU.
    """
    smallest = -87.0 if exponents.dtype == torch.float32 else -700.0
    return exponents.clamp_(min=smallest).exp_().sub_(2 * math.exp(smallest)).clamp_(min=0)


def cosines(scores: Tensor, count: int) -> list[Tensor]:
    """cos(k pi F) for k = 1, ..., count, F the standard normal distribution function of each score.

    Of mean 0, variance 1/2 and uncorrelated where the scores are N(0, 1).
    """
    angle = math.pi * torch.special.ndtr(scores)
    return [torch.cos(k * angle) for k in range(1, count + 1)]


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
