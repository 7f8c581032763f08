"""What a Gaussian with the covariance of a channel's output says of it: a bound, and control variates.

The Gaussian has the largest entropy of all distributions with a covariance, Cov(mean) + E[std^2], which bounds I(X;Z)
from above. And since means of its squared distances are known, they tell by how much a mean over draws is off.

References: Cai, Liang & Zhou (2015), Law of log determinant of sample covariance matrix and optimal estimation of
differential entropy for high-dimensional Gaussian distributions, Journal of Multivariate Analysis 137,
arXiv:1309.0482, for the bias of ln det.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from infoplane.estimators.parts import channel_rows
from infoplane.estimators.parts.channel import Overlap
from infoplane.estimators.parts.channel_rows import StreamedChannel
from infoplane.objectives.channel import Channel

MOST_UNITS = 2048
"""Wider layers are left without: the cube of their width would take more time than all else."""
ENOUGH_SAMPLES = 50
"""For the weights of the control variates, of which there are less than a dozen."""
RIDGE = 1e-9


def gaussian_information(channel: Channel | StreamedChannel, *, is_sample: bool) -> tuple[float, float]:
    """h of a Gaussian with the covariance of Z, less h(Z|X), in nats, and its standard error.

    Infinite where the layer is too wide for it, or its units are collinear but for too little noise.

    Args:
        is_sample: whether the inputs are a part of all, so that ln det is too small by d(d+1)/2n on average.
    """
    n, d = channel_rows.size(channel)
    if d > MOST_UNITS:
        return math.inf, 0.0
    middle, log_std = channel_rows.centre(channel), channel_rows.log_std(channel)
    factor, failed = torch.linalg.cholesky_ex(_covariance(channel, lambda _: middle))
    if failed:
        return math.inf, 0.0
    log_det = 2 * float(factor.diagonal().log().sum()) + (d * (d + 1) / (2 * n) if is_sample else 0.0)
    inverse = torch.cholesky_inverse(factor)

    def squares(_: slice, part: Channel) -> Tensor:
        centred = part.mean - middle
        variance = part.std.square().expand_as(centred)
        return ((centred @ inverse) * centred).sum(1) + variance @ inverse.diagonal()

    influence = channel_rows.of_blocks(channel, squares) / 2 - log_std
    stderr = float(influence.std()) / math.sqrt(n) if is_sample else 0.0
    return log_det / 2 - float(log_std.mean()), stderr


def means(
    values: Tensor, channel: Channel | StreamedChannel, overlaps: Sequence[Overlap], share: float
) -> tuple[list[float], list[float]]:
    """Means over draws and inputs, less what the draws are seen to be off, and their standard errors.

    Args:
        values: of each draw, shape (draws, k, n).
        overlaps: of the draws.
        share: n/M of all inputs, whose choice is the other source of error.
    Returns: k means and k standard errors.
    """
    draws, _, n = values.shape
    # what tells inputs apart is no error where all of them are there; several draws show it, one needs a guess
    of_chance = values - (values.mean(0) if draws > 1 else values.mean(2, keepdim=True))
    if n >= ENOUGH_SAMPLES and channel_rows.size(channel)[1] <= MOST_UNITS:
        of_draws, of_inputs = _features(channel, overlaps)
        explained = of_draws - of_draws.mean(0)
        if draws == 1:
            explained = torch.cat([of_draws, (of_inputs - of_inputs.mean(1, keepdim=True))[None]], 1)
        explained, chance = (torch.cat(list(each), 1) for each in (explained, of_chance))
        weights = _regression(explained, chance)
        of_chance = (chance - weights @ explained).unflatten(1, (draws, n)).movedim(1, 0)
        values = values - weights[:, : of_draws.shape[1]] @ of_draws
    mean = values.mean(0)
    of_draw = of_chance.square().sum((0, 2)) / (draws * max(n * (draws - 1), n - 1))
    variance = (1 - share) * mean.var(1, correction=0) + share * of_draw
    return mean.mean(1).tolist(), (variance / n).sqrt().tolist()


def _features(channel: Channel | StreamedChannel, overlaps: Sequence[Overlap]) -> tuple[Tensor, Tensor]:
    """Functions of draws whose mean given the input is 0, shape (draws, f, n), and of inputs, shape (g, n)."""
    labels, middle = overlaps[0].labels, channel_rows.centre(channel)
    counts = torch.bincount(labels).to(middle.dtype)

    def by_class(where: slice, part: Channel) -> Tensor:
        return part.mean.new_zeros(len(counts), len(middle)).index_add_(0, labels[where], part.mean)

    of_class = channel_rows.sum_of_blocks(channel, by_class) / counts[:, None]
    about: list[Callable[[slice], Tensor]] = [lambda _: middle, lambda where: of_class[labels[where]]]
    inverses = []
    for centre in about:
        factor, failed = torch.linalg.cholesky_ex(_covariance(channel, centre))
        if not failed:  # noise too small beside collinear units, for double precision
            inverses.append((centre, torch.cholesky_inverse(factor)))
    draws, per_draw = len(overlaps), 1 + 2 * len(inverses)
    found = channel_rows.of_blocks(channel, lambda where, part: _features_of(where, part, overlaps, inverses))
    return found[: draws * per_draw].unflatten(0, (draws, per_draw)), found[draws * per_draw :]


def _features_of(
    where: slice,
    part: Channel,
    overlaps: Sequence[Overlap],
    inverses: Sequence[tuple[Callable[[slice], Tensor], Tensor]],
) -> Tensor:
    """Both of `_features` of m inputs, shape (draws f + g, m); inverses: of covariances about something."""
    eps, std = torch.stack([of.eps[where] for of in overlaps]), part.std.expand_as(part.mean)
    of_draws, of_inputs = [eps.square().sum(2) - part.mean.shape[1]], [part.log_std()]
    moved = std * eps
    for centre, inverse in inverses:
        centred = part.mean - centre(where)
        quadratic = ((moved @ inverse) * moved).sum(2)
        expected = std.square() @ inverse.diagonal()
        of_draws += [((centred @ inverse) * moved).sum(2), quadratic - expected]
        of_inputs += [((centred @ inverse) * centred).sum(1), expected]
    return torch.cat([torch.stack(of_draws, 1).flatten(0, 1), torch.stack(of_inputs)])


def _covariance(channel: Channel | StreamedChannel, centre: Callable[[slice], Tensor]) -> Tensor:
    """Of the output, with the means about something, shape (d, d)."""

    def products(where: slice, part: Channel) -> Tensor:
        centred = part.mean - centre(where)
        return centred.T @ centred

    n, d = channel_rows.size(channel)
    variance = channel_rows.sum_of_blocks(channel, lambda _, part: part.std.square().expand(len(part.mean), d).sum(0))
    return channel_rows.sum_of_blocks(channel, products) / n + (variance / n).diag()


def _regression(features: Tensor, values: Tensor) -> Tensor:
    """Weights of the features (f, n) that leave the least of the values (k, n), shape (k, f)."""
    scale = features.square().mean(1).sqrt()
    scale = torch.where(scale > 0, scale, 1.0)
    standard = features / scale[:, None]
    gram = standard @ standard.T / features.shape[1]
    gram.diagonal().add_(RIDGE)
    return torch.linalg.solve(gram, standard @ values.T / features.shape[1]).T / scale
