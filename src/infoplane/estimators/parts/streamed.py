"""Samples that an estimator reads in blocks, where one layer at one epoch is too large to be held.

An estimator with `STREAMS = True` takes `Rows` in place of x, and `Streamed` in place of t, and holds no array of the
size of either. What is written for both goes through `row_blocks`, of which a tensor is a single one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, overload

import numpy as np
import torch
from torch import Tensor

BLOCK = 1 << 20
"""Numbers of a block: 8 MiB in double precision."""


class Source(Protocol):
    """What rows are read from, as `storage.stored_rows.StoredRows` is."""

    shape: tuple[int, ...]
    chunk: int

    def __getitem__(self, chosen: Any, /) -> Any:
        """The rows of a slice as a numpy array; those of an ascending array of numbers as another source."""
        ...


class Rows:
    """n samples of d units, shape (n, d), which are read when they are indexed.

    Args:
        source: of shape (n, *unit); units are flattened.
        device: on which tensors are wanted.
    """

    ndim = 2

    def __init__(self, source: Source, device: torch.device):
        self._source, self.device = source, device
        self.shape = source.shape[0], int(np.prod(source.shape[1:], dtype=np.int64))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: slice | Tensor) -> Tensor:
        """The samples of a slice, or of numbers in any order, shape (m, d), float32.

        Raises:
            UserError: they are damaged.
        """
        if isinstance(chosen, slice):
            return self._tensor(self._source[chosen])
        numbers, places = np.unique(chosen.cpu().numpy(), return_inverse=True)
        found = held_rows(self.chosen(torch.from_numpy(numbers)))
        return found if np.array_equal(places, np.arange(len(places))) else found[torch.from_numpy(places)]

    def chosen(self, numbers: Tensor) -> "Rows":
        """The samples of ascending numbers, not read."""
        return Rows(self._source[numbers.cpu().numpy()], self.device)

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """All samples in order: where they lie, and they themselves."""
        size = max(1, BLOCK // max(self.shape[1], 1))
        for start, stop, block in self._read(self._source):
            for first in range(0, stop - start, size):
                part = block[first : first + size]
                yield slice(start + first, start + first + len(part)), part

    def columns(self, first: int, last: int) -> Tensor:
        """All samples of some units, shape (n, last - first)."""
        found = torch.empty(len(self), last - first, device=self.device)
        for rows, block in self.blocks():
            found[rows] = block[:, first:last]
        return found

    def _read(self, source: Source) -> Iterator[tuple[int, int, Tensor]]:
        """A file at a time, which is the least that can be read."""
        n = source.shape[0]
        for start in range(0, n, source.chunk):
            stop = min(start + source.chunk, n)
            yield start, stop, self._tensor(source[start:stop])

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.reshape(len(values), -1).astype(np.float32, copy=False)).to(self.device)


class Streamed:
    """A layer at e epochs, shape (e, n, d); all values are finite, as those of a store are."""

    ndim = 3

    def __init__(self, epochs: Sequence[Rows]):
        self._epochs = list(epochs)
        self.shape, self.device = (len(epochs), *epochs[0].shape), epochs[0].device

    def __len__(self) -> int:
        return len(self._epochs)

    def __iter__(self) -> Iterator[Rows]:
        return iter(self._epochs)

    @overload
    def __getitem__(self, chosen: int) -> Rows: ...

    @overload
    def __getitem__(self, chosen: slice) -> "Streamed": ...

    @overload
    def __getitem__(self, chosen: tuple[slice, Tensor]) -> Tensor: ...

    def __getitem__(self, chosen):
        """One epoch's samples or several epochs, not read; or, of `[:, numbers]`, these samples, shape (e, m, d)."""
        if isinstance(chosen, tuple):
            every, numbers = chosen
            return torch.stack([rows[numbers] for rows in self._epochs[every]])
        return Streamed(self._epochs[chosen]) if isinstance(chosen, slice) else self._epochs[chosen]


def row_blocks(values: Tensor | Rows) -> Iterator[tuple[slice, Tensor]]:
    """All rows in order, and where they lie: those of a tensor, shape (n, d), at once."""
    return values.blocks() if isinstance(values, Rows) else iter([(slice(0, len(values)), values)])


def column_blocks(values: Tensor | Rows) -> Iterator[tuple[slice, Tensor]]:
    """All units in order, and where they lie: those of a tensor at once, else so many as make a few blocks."""
    if not isinstance(values, Rows):
        yield slice(0, values.shape[1]), values
        return
    n, d = values.shape
    size = max(1, 2 * BLOCK // n)
    for first in range(0, d, size):
        last = min(first + size, d)
        yield slice(first, last), values.columns(first, last)


def ends(values: Tensor | Rows) -> tuple[float, float]:
    """The smallest and the largest value."""
    lows, highs = zip(*((float(block.min()), float(block.max())) for _, block in row_blocks(values)), strict=True)
    return min(lows), max(highs)


def mean_row(values: Tensor | Rows) -> Tensor:
    """The mean of each unit, shape (d,), float64."""
    total = torch.zeros(values.shape[1], dtype=torch.float64, device=values.device)
    for _, block in row_blocks(values):
        total += block.double().sum(0)
    return total / len(values)


def drawn(n: int, most: int, seed: int) -> Tensor:
    """The numbers of so many of n samples at most, drawn at random, ascending."""
    if n <= most:
        return torch.arange(n)
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:most].sort().values


def held_rows(values: Rows) -> Tensor:
    """One epoch's activations as a tensor."""
    found = torch.empty(values.shape, device=values.device)
    for where, block in values.blocks():
        found[where] = block
    return found


def held(values: Tensor | Streamed) -> Tensor:
    """Activations as a tensor, for what needs them all at once."""
    return values if isinstance(values, Tensor) else torch.stack([held_rows(rows) for rows in values])
