"""One entry of a stored array, such as a layer at an epoch, written sample by sample with a chunk in memory at most."""

import math

import numpy as np
import zarr


class Entry:
    """One entry of an array's first two axes, filled in the order of its samples.

    Args:
        rows: samples of all blocks together; of one row, the last block's counts.

    Attributes:
        low, high: the smallest and the largest value so far; NaN where any is.
    """

    def __init__(self, array: zarr.Array, index: tuple[int, int], rows: int):
        self.array, self.index, self.rows = array, index, rows
        self.low, self.high = math.inf, -math.inf
        self._written = 0
        self._waiting: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        """Take the next samples, and write what fills a chunk."""
        self.low = float(np.minimum(self.low, values.min()))
        self.high = float(np.maximum(self.high, values.max()))
        if not self.is_finite:
            return
        if self.rows == 1:
            self._waiting = [values]
            return
        self._waiting.append(values)
        chunk = self.array.chunks[2]
        while sum(map(len, self._waiting)) >= chunk:
            self._write(chunk)

    @property
    def is_finite(self) -> bool:
        """Whether all values so far are, of which there is at least one."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def finish(self) -> None:
        """Write the rest."""
        if self._waiting:
            self._write(sum(map(len, self._waiting)))

    def _write(self, count: int) -> None:
        waiting = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
        self.array[(*self.index, slice(self._written, self._written + count))] = waiting[:count]
        self._written += count
        self._waiting = [waiting[count:]] if count < len(waiting) else []
