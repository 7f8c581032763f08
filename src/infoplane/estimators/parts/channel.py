"""A channel whose noise is known: how likely each input makes each noisy output, and what follows from that.

Problem: where the density p(z|x) is known, the only unknown is p(z), the mean of p(z|x) over all inputs, of which n are
given. Everything here is about their mixture: for each drawn z_i, how much the components of other inputs weigh beside
that of its own, by class and by part of the samples. Nothing is trained.

Cost O(n^2 d) time by matrix products, memory of blocks.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.distances import exp_
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.objectives.channel import Channel, LogDensities, log_densities

BLOCK = 1 << 24
"""Densities held at a time: 64 MiB in single precision."""
SINGLE_PRECISION_UP_TO = 1e4
"""Largest squared distance, in standard deviations, whose rounding in single precision (1e-7 of it) is harmless."""
MOST_SEGMENTS = 64
LEAST_IN_SEGMENT = 4


class Overlap(NamedTuple):
    """For each z_i, the densities p(z_i|x_j) of other inputs j != i, as multiples of its own p(z_i|x_i), summed.

    Attributes:
        eps: the noise of z_i in standard deviations, shape (n, d).
        of_all, of_class: over the inputs in each segment, all and those of the class of i, shape (n, segments).
        by_class: ln of the sum over the inputs of each class, shape (n, classes).
        segment: of each input; equal shares of each class, as far as that goes; shape (n,).
        sizes: inputs of each class in each segment, shape (segments, classes).
        labels: classes numbered from 0, shape (n,).
    """

    eps: Tensor
    of_all: Tensor
    of_class: Tensor
    by_class: Tensor
    segment: Tensor
    sizes: Tensor
    labels: Tensor


class Drawn(NamedTuple):
    """What is drawn at random for n inputs, the same whatever their channel is at some epoch.

    Attributes:
        eps: the noise in standard deviations, a tensor of shape (n, d) for each draw.
        segment, sizes, labels: those of `Overlap`.
    """

    eps: list[Tensor]
    segment: Tensor
    sizes: Tensor
    labels: Tensor


def draw(y: Tensor, like: Tensor, generator: torch.Generator, draws: int = 1) -> Drawn:
    """Draw the noise and the segments.

    Args:
        y: classes, shape (n,).
        like: a tensor as the noise is to be, shape (n, d).
        generator: on the channel's device.
    """
    n, device = len(y), like.device
    labels = torch.unique(y, return_inverse=True)[1]
    segments = max(1, min(MOST_SEGMENTS, 2 ** int(math.log2(max(n // LEAST_IN_SEGMENT, 1)))))
    order = torch.randperm(n, generator=generator, device=device)
    order = order[torch.argsort(labels[order], stable=True)]
    segment = torch.empty_like(labels)
    segment[order] = torch.arange(n, device=device) % segments
    sizes = torch.zeros(segments, int(labels.max()) + 1, dtype=torch.float64, device=device)
    sizes.index_put_((segment, labels), torch.ones_like(labels, dtype=torch.float64), accumulate=True)
    eps = [torch.randn(like.shape, generator=generator, device=device, dtype=like.dtype) for _ in range(draws)]
    return Drawn(eps, segment, sizes, labels)


def overlap(channel: Channel, drawn: Drawn) -> list[Overlap]:
    """The overlap of outputs of the channel, one for each draw of the noise."""
    # rounding grows with the distance from 0, which says nothing
    channel = Channel(channel.mean - channel.mean.mean(0), channel.std)
    densities, result = _densities(channel, drawn), []
    for eps in drawn.eps:
        sums = _sums(densities, channel.mean + channel.std * eps, channel.log_own(eps), drawn)
        result.append(Overlap(eps, *sums, drawn.segment, drawn.sizes, drawn.labels))
    return result


class _Densities(NamedTuple):
    """Those of all inputs, in the precision that suffices.

    Attributes:
        of: as products.
        in_segment, in_class: one column for each, shape (n, segments) and (n, classes).
    """

    of: LogDensities
    in_segment: Tensor
    in_class: Tensor


def _densities(channel: Channel, drawn: Drawn) -> _Densities:
    of = log_densities(channel)
    largest = float((channel.mean.square() * channel.std.pow(-2)).sum(1).max())
    dtype = torch.float32 if largest < SINGLE_PRECISION_UP_TO else torch.float64
    in_segment, in_class = (
        torch.nn.functional.one_hot(each, count).to(dtype)
        for each, count in zip((drawn.segment, drawn.labels), drawn.sizes.shape, strict=True)
    )
    of = of._replace(weights=of.weights.to(dtype).contiguous(), constant=of.constant.to(dtype))
    return _Densities(of, in_segment, in_class)


def _sums(densities: _Densities, z: Tensor, log_own: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor, Tensor]:
    """`of_all`, `of_class` and `by_class` of an overlap."""
    of, in_segment, in_class = densities
    labels, sizes, dtype = drawn.labels, drawn.sizes, of.weights.dtype
    of_all, of_class = (z.new_empty(len(z), sizes.shape[0]) for _ in range(2))
    by_class = z.new_empty(len(z), sizes.shape[1])
    smallest = torch.finfo(dtype).tiny

    def fill(rows: slice, _: slice) -> None:
        features, offset = of.features(z[rows]), of.offset(z[rows]) - log_own[rows]
        log_ratio = torch.addmm(of.constant, features.to(dtype), of.weights).add_(offset.to(dtype)[:, None])
        log_ratio.diagonal(rows.start).fill_(-torch.inf)
        largest = log_ratio.amax(1, keepdim=True)
        ratio = exp_(log_ratio.sub_(largest))
        # others that are far more likely than the sample's own are next to impossible, but for inputs without noise
        scale = largest.double().clamp(max=700).exp()
        by_class[rows] = (ratio @ in_class).clamp(min=smallest).log().double() + largest.double()
        of_all[rows] = (ratio @ in_segment).double() * scale
        of_class[rows] = (ratio.mul_(labels[rows, None] == labels) @ in_segment).double() * scale

    by_blocks(fill, (0, len(z)), columns=len(z), most=BLOCK, device=z.device)
    return of_all, of_class, by_class
