"""A channel whose noise is known: how likely each input makes each noisy output, and what follows from that.

Problem: where the density p(z|x) is known, the only unknown is p(z), the mean of p(z|x) over all inputs, of which n are
given. Everything here is about their mixture: for each drawn z_i, how much the components of other inputs weigh beside
that of its own, by class and by part of the samples. Nothing is trained.

Cost O(n^2 d) time by matrix products, memory of blocks and of `MOST_SEGMENTS` numbers for each input.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts import channel_rows
from infoplane.estimators.parts.channel_rows import StreamedChannel, StreamedNoise, blocks
from infoplane.estimators.parts.distances import exp_
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.objectives.channel import Channel, LogDensities, features, log_densities, offset

BLOCK = 1 << 24
"""Densities held at a time: 64 MiB in single precision."""
HELD = 1 << 25
"""Numbers of outputs that are held while all inputs are read, in the precision of the densities: 128 MiB in single."""
SINGLE_PRECISION_UP_TO = 1e4
"""Largest squared distance, in standard deviations, whose rounding in single precision (1e-7 of it) is harmless."""
MOST_SEGMENTS = 64
LEAST_IN_SEGMENT = 4


class Overlap(NamedTuple):
    """For each z_i, the densities p(z_i|x_j) of other inputs j != i, as multiples of its own p(z_i|x_i), summed.

    Attributes:
        eps: the noise of z_i in standard deviations, shape (n, d), to be indexed by the slices of `blocks`.
        of_all, of_class: over the inputs in each segment, all and those of the class of i, shape (n, segments).
        by_class: ln of the sum over the inputs of each class, shape (n, classes).
        segment: of each input; equal shares of each class, as far as that goes; shape (n,).
        sizes: inputs of each class in each segment, shape (segments, classes).
        labels: classes numbered from 0, shape (n,).
    """

    eps: Tensor | StreamedNoise
    of_all: Tensor
    of_class: Tensor
    by_class: Tensor
    segment: Tensor
    sizes: Tensor
    labels: Tensor


class Drawn(NamedTuple):
    """What is drawn at random for n inputs, the same whatever their channel is at some epoch.

    Attributes:
        eps: the noise in standard deviations, of shape (n, d) for each draw.
        segment, sizes, labels: those of `Overlap`.
    """

    eps: list[Tensor] | list[StreamedNoise]
    segment: Tensor
    sizes: Tensor
    labels: Tensor


def draw(y: Tensor, channel: Channel | StreamedChannel, generator: torch.Generator, draws: int = 1) -> Drawn:
    """Draw the noise and the segments.

    Args:
        y: classes, shape (n,).
        channel: of n inputs, for which the noise is.
        generator: on the channel's device.
    """
    n, device = len(y), generator.device
    labels = torch.unique(y, return_inverse=True)[1]
    segments = max(1, min(MOST_SEGMENTS, 2 ** int(math.log2(max(n // LEAST_IN_SEGMENT, 1)))))
    order = torch.randperm(n, generator=generator, device=device)
    order = order[torch.argsort(labels[order], stable=True)]
    segment = torch.empty_like(labels)
    segment[order] = torch.arange(n, device=device) % segments
    sizes = torch.zeros(segments, int(labels.max()) + 1, dtype=torch.float64, device=device)
    sizes.index_put_((segment, labels), torch.ones_like(labels, dtype=torch.float64), accumulate=True)
    shape = channel_rows.size(channel)
    if isinstance(channel, StreamedChannel):
        return Drawn([StreamedNoise(shape, generator) for _ in range(draws)], segment, sizes, labels)
    eps = [torch.randn(shape, generator=generator, device=device, dtype=torch.float64) for _ in range(draws)]
    return Drawn(eps, segment, sizes, labels)


def overlap(channel: Channel | StreamedChannel, drawn: Drawn) -> list[Overlap]:
    """The overlap of outputs of the channel, one for each draw of the noise."""
    # rounding grows with the distance from 0, which says nothing
    channel = channel_rows.moved(channel, channel_rows.centre(channel))
    dtype = _precision(channel)
    result = []
    for eps in drawn.eps:
        sums = _sums(channel, eps, drawn, dtype)
        result.append(Overlap(eps, *sums, drawn.segment, drawn.sizes, drawn.labels))
    return result


def _precision(channel: Channel | StreamedChannel) -> torch.dtype:
    """That which suffices."""
    norms = channel_rows.of_blocks(channel, lambda _, part: (part.mean.square() * part.std.pow(-2)).sum(1))
    return torch.float32 if float(norms.max()) < SINGLE_PRECISION_UP_TO else torch.float64


def _sums(
    channel: Channel | StreamedChannel, eps: Tensor | StreamedNoise, drawn: Drawn, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """`of_all`, `of_class` and `by_class` of an overlap."""
    n, (segments, classes) = len(drawn.labels), drawn.sizes.shape
    of_all, of_class = (drawn.sizes.new_zeros(n, segments) for _ in range(2))
    by_class = drawn.sizes.new_zeros(n, classes)
    for where, outputs in _outputs(channel, eps, dtype):
        sums = _Sums(of_all[where], of_class[where], drawn.labels[where], classes, dtype)
        for inputs, centres in blocks(channel):
            _add(sums, where.start - inputs.start, outputs, _densities(centres, inputs, drawn, dtype))
        by_class[where] = sums.finish()
        del outputs  # before the next ones are made
    return of_all, of_class, by_class


class _Outputs(NamedTuple):
    """Some of the z_i.

    Attributes:
        features: in which densities are linear, shape (m, d) or (m, 2 d).
        offset: what all inputs have in common there, less ln p(z_i|x_i), shape (m,).
    """

    features: Tensor
    offset: Tensor

    @classmethod
    def of(cls, inputs: Channel, noise: Tensor, dtype: torch.dtype) -> "_Outputs":
        z, precision = inputs.mean + inputs.std * noise, inputs.common_precision()
        return cls(features(z, precision).to(dtype), (offset(z, precision) - inputs.log_own(noise)).to(dtype))


def _outputs(
    channel: Channel | StreamedChannel, eps: Tensor | StreamedNoise, dtype: torch.dtype
) -> Iterator[tuple[slice, _Outputs]]:
    """All outputs in order, and where they lie: of a channel that is read, several blocks of inputs together."""
    if isinstance(channel, Channel):
        yield slice(0, len(channel.mean)), _Outputs.of(channel, eps[:], dtype)
        return
    n, d = channel.shape
    held, start = None, 0
    for where, inputs in blocks(channel):
        outputs = _Outputs.of(inputs, eps[where], dtype)
        if held is None:
            # the block that fills it may be the last one, which may be a little larger
            rows = min(n - start, HELD // d + 2 * len(outputs.offset))
            held = _Outputs(*(each.new_empty(rows, *each.shape[1:]) for each in outputs))
        for kept, block in zip(held, outputs, strict=True):
            kept[where.start - start : where.stop - start] = block
        if where.stop == n or (where.stop - start) * d >= HELD:
            yield slice(start, where.stop), _Outputs(*(kept[: where.stop - start] for kept in held))
            held, start = None, where.stop


class _Sums:
    """Sums of ratios of some outputs, as multiples of the largest ratio so far.

    Attributes:
        of_all, of_class: as those of `Overlap`, in which the sums are.
        by_class: over the inputs of each class, shape (m, classes).
        largest: ln of that ratio, shape (m, 1).
    """

    def __init__(self, of_all: Tensor, of_class: Tensor, labels: Tensor, classes: int, dtype: torch.dtype):
        self.of_all, self.of_class, self.labels = of_all, of_class, labels
        self.by_class = torch.zeros(len(labels), classes, dtype=dtype, device=labels.device)
        self.largest = torch.full((len(labels), 1), -torch.inf, dtype=dtype, device=labels.device)

    def finish(self) -> Tensor:
        """Make `of_all` and `of_class` what they are to be: `by_class` of an overlap."""
        largest = self.largest.double()
        # others that are far more likely than the sample's own are next to impossible, but for inputs without noise
        scale = largest.clamp(max=700).exp()
        for sums in (self.of_all, self.of_class):
            sums.mul_(scale)
        return self.by_class.clamp(min=torch.finfo(self.by_class.dtype).tiny).log().double() + largest


class _Densities(NamedTuple):
    """Those of some inputs.

    Attributes:
        of: as products.
        in_segment, in_class: one column for each, shape (inputs, segments) and (inputs, classes).
        labels: of the inputs.
    """

    of: LogDensities
    in_segment: Tensor
    in_class: Tensor
    labels: Tensor


def _densities(centres: Channel, inputs: slice, drawn: Drawn, dtype: torch.dtype) -> _Densities:
    of = log_densities(centres)
    in_segment, in_class = (
        torch.nn.functional.one_hot(each[inputs], count).to(dtype)
        for each, count in zip((drawn.segment, drawn.labels), drawn.sizes.shape, strict=True)
    )
    of = of._replace(weights=of.weights.to(dtype).contiguous(), constant=of.constant.to(dtype))
    return _Densities(of, in_segment, in_class, drawn.labels[inputs])


def _add(sums: _Sums, own: int, outputs: _Outputs, densities: _Densities) -> None:
    """Add the ratios of outputs to some inputs, of which number `own` is that of the first output."""
    of, in_segment, in_class, labels = densities
    dtype, columns = of.weights.dtype, len(labels)
    least = torch.finfo(dtype).min

    def fill(rows: slice, _: slice) -> None:
        log_ratio = torch.addmm(of.constant, outputs.features[rows], of.weights).add_(outputs.offset[rows, None])
        first = own + rows.start
        if -len(log_ratio) < first < columns:
            log_ratio.diagonal(first).fill_(-torch.inf)
        before = sums.largest[rows]
        largest = torch.maximum(before, log_ratio.amax(1, keepdim=True)).clamp(min=least)
        ratio, fade = exp_(log_ratio.sub_(largest)), (before - largest).exp()
        of_class = sums.by_class[rows] * fade + ratio @ in_class
        of_all = sums.of_all[rows] * fade + (ratio @ in_segment).double()
        of_same = sums.of_class[rows] * fade + (ratio.mul_(sums.labels[rows, None] == labels) @ in_segment).double()
        # all is there before anything is changed: `by_blocks` may have to begin again with fewer rows
        sums.by_class[rows], sums.largest[rows] = of_class, largest
        sums.of_all[rows], sums.of_class[rows] = of_all, of_same

    by_blocks(fill, (0, len(outputs.offset)), columns=columns, most=BLOCK, device=labels.device)
