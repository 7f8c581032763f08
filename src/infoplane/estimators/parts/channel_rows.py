"""A known channel that is not held: its inputs are read, and its noise is drawn again, whenever they are wanted.

Both sides of the n x n densities stream: for some outputs at a time (`channel.HELD`) all inputs that may have made them
are gone through. What is written for both kinds of channel goes through `blocks`, of which a `Channel` that is
held is a single one.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.streamed import Rows
from infoplane.objectives.channel import Channel

BLOCK = 1 << 21
"""Numbers of a block: 16 MiB in double precision, of a few arrays."""
TOGETHER = 16
"""Numbers that PyTorch draws together: with as many rows, noise is the same in blocks as at once."""


class StreamedChannel(NamedTuple):
    """A `Channel` whose inputs are read in blocks.

    Attributes:
        t: activations, shape (n, d).
        std: what is known of the noise of each, of the same shape or a tensor of shape (1, 1).
        of: the channel of some rows of both, in double precision.
    """

    t: Rows
    std: Rows | Tensor
    of: Callable[[Tensor, Tensor], Channel]

    @property
    def shape(self) -> tuple[int, int]:
        """n and d."""
        return self.t.shape

    def rows(self, where: slice) -> Channel:
        """The channel of some inputs."""
        std = self.std if isinstance(self.std, Tensor) and len(self.std) == 1 else self.std[where]
        return self.of(self.t[where].double(), std.double())


def noisy(t: Tensor | Rows, std: Tensor, of: Callable[[Tensor], Tensor]) -> Channel | StreamedChannel:
    """Inputs with noise of one size, shape (1, 1); `of`: what the means of some rows are, in double precision."""
    if isinstance(t, Rows):
        return StreamedChannel(t, std, lambda values, size: Channel(of(values), size))
    return Channel(of(t.double()), std)


class StreamedNoise:
    """Standard normal noise of a shape (n, d), float64: on a CPU the same as if it were drawn at once.

    Args:
        generator: which it leaves as if it had been drawn.
    """

    def __init__(self, shape: tuple[int, int], generator: torch.Generator):
        self._d, self._device = shape[1], generator.device
        self._again = torch.Generator(generator.device)
        slices = list(_slices(shape))
        self._places = {where.start: place for place, where in enumerate(slices)}
        # one tensor of all: many small ones between the blocks would keep the blocks' memory from being used again
        self._states = generator.get_state().expand(len(slices), -1).clone()
        for place, where in enumerate(slices):
            self._states[place] = generator.get_state()
            self._draw(where, generator)

    def __getitem__(self, where: slice) -> Tensor:
        """The noise of a block of `blocks`."""
        self._again.set_state(self._states[self._places[where.start]].clone())
        return self._draw(where, self._again)

    def _draw(self, where: slice, generator: torch.Generator) -> Tensor:
        size = where.stop - where.start, self._d
        return torch.randn(size, generator=generator, device=self._device, dtype=torch.float64)


def blocks(channel: Channel | StreamedChannel) -> Iterator[tuple[slice, Channel]]:
    """All inputs in order, and where they lie: of a channel that is held, at once."""
    if isinstance(channel, Channel):
        yield slice(0, len(channel.mean)), channel
        return
    for where in _slices(channel.shape):
        yield where, channel.rows(where)


def size(channel: Channel | StreamedChannel) -> tuple[int, int]:
    """How many inputs, of how many units."""
    n, d = channel.mean.shape if isinstance(channel, Channel) else channel.shape
    return n, d


def centre(channel: Channel | StreamedChannel) -> Tensor:
    """The mean of the inputs' means, shape (d,)."""
    return sum_of_blocks(channel, lambda _, part: part.mean.sum(0)) / size(channel)[0]


def moved(channel: Channel | StreamedChannel, by: Tensor) -> Channel | StreamedChannel:
    """The channel with means that are less by so much, shape (d,)."""
    if isinstance(channel, Channel):
        return Channel(channel.mean - by, channel.std)

    def of(t: Tensor, std: Tensor) -> Channel:
        part = channel.of(t, std)
        return Channel(part.mean - by, part.std)

    return channel._replace(of=of)


def sum_of_blocks(channel: Channel | StreamedChannel, term: Callable[[slice, Channel], Tensor]) -> Tensor:
    """The sum of what is found of each block."""
    total = None
    for where, part in blocks(channel):
        found = term(where, part)
        total = found if total is None else total.add_(found)
    assert total is not None
    return total


def of_blocks(channel: Channel | StreamedChannel, term: Callable[[slice, Channel], Tensor]) -> Tensor:
    """What is found of each input, last axis n, one block after another."""
    found = None  # all of them, from the first block on: see StreamedNoise
    for where, part in blocks(channel):
        of_block = term(where, part)
        if found is None:
            found = of_block.new_empty(*of_block.shape[:-1], size(channel)[0])
        found[..., where] = of_block
    assert found is not None
    return found


def log_std(channel: Channel | StreamedChannel) -> Tensor:
    """`Channel.log_std` of all inputs, shape (n,)."""
    return of_blocks(channel, lambda _, part: part.log_std())


def _slices(shape: tuple[int, int]) -> Iterator[slice]:
    n, d = shape
    rows = max(BLOCK // d // TOGETHER, 1) * TOGETHER
    starts = list(range(0, max(n - TOGETHER + 1, 1), rows))  # the last one is no smaller than `TOGETHER`
    yield from map(slice, starts, [*starts[1:], n])
