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
from infoplane.objectives.channel import Channel, log_densities

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


def overlap(channel: Channel, y: Tensor, generator: torch.Generator, draws: int = 1) -> list[Overlap]:
    """The overlap of outputs that are drawn from the channel, one for each draw of the noise.

    Args:
        channel: of n inputs.
        y: their classes, shape (n,).
        generator: of the noise and of the segments, on the channel's device.
    """
    mean, n = channel.mean, len(y)
    labels = torch.unique(y, return_inverse=True)[1]
    segments = max(1, min(MOST_SEGMENTS, 2 ** int(math.log2(max(n // LEAST_IN_SEGMENT, 1)))))
    order = torch.randperm(n, generator=generator, device=mean.device)
    order = order[torch.argsort(labels[order], stable=True)]
    segment = torch.empty_like(labels)
    segment[order] = torch.arange(n, device=mean.device) % segments
    sizes = torch.zeros(segments, int(labels.max()) + 1, dtype=torch.float64, device=mean.device)
    sizes.index_put_((segment, labels), torch.ones_like(labels, dtype=torch.float64), accumulate=True)
    # rounding grows with the distance from 0, which says nothing
    channel = Channel(mean - mean.mean(0), channel.std)
    result = []
    for _ in range(draws):
        eps = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
        sums = _sums(channel, channel.mean + channel.std * eps, channel.log_own(eps), labels, segment, sizes)
        result.append(Overlap(eps, *sums, segment, sizes, labels))
    return result


def _sums(
    channel: Channel, z: Tensor, log_own: Tensor, labels: Tensor, segment: Tensor, sizes: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`of_all`, `of_class` and `by_class` of an overlap."""
    mean, densities = channel.mean, log_densities(channel)
    single = float((mean.square() * channel.std.pow(-2)).sum(1).max()) < SINGLE_PRECISION_UP_TO
    dtype = torch.float32 if single else torch.float64
    weights, constant = densities.weights.to(dtype).contiguous(), densities.constant.to(dtype)
    in_segment, in_class = (
        torch.nn.functional.one_hot(each, count).to(dtype)
        for each, count in ((segment, sizes.shape[0]), (labels, sizes.shape[1]))
    )
    of_all, of_class = (z.new_empty(len(z), sizes.shape[0]) for _ in range(2))
    by_class = z.new_empty(len(z), sizes.shape[1])
    smallest = torch.finfo(dtype).tiny

    def fill(rows: slice, _: slice) -> None:
        features, offset = densities.features(z[rows]), densities.offset(z[rows]) - log_own[rows]
        log_ratio = torch.addmm(constant, features.to(dtype), weights).add_(offset.to(dtype)[:, None])
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
