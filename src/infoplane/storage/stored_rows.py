"""Samples that stay on the disk and are read a block at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import zarr

from infoplane.storage import store


class StoredRows:
    """Rows of one or several stored arrays, one after another: x of samples that need not fit into memory.

    A slice of them is read as a numpy array; an array of row numbers gives those rows, still on the disk.

    Args:
        parts: of each array its store, itself, and the numbers of its rows, ascending.
        entry: indices of the axes before that of the samples, such as a repetition and an epoch.

    Attributes:
        chunk: rows that lie in one file, which is read as a whole.
    """

    def __init__(self, parts: Sequence[tuple[Path, zarr.Array, np.ndarray]], entry: tuple[int, ...] = ()):
        self._parts, self._entry = list(parts), entry
        self._ends = np.cumsum([len(rows) for _, _, rows in parts])
        array = parts[0][1]
        self.dtype = np.dtype(str(array.dtype))
        self.shape: tuple[int, ...] = (int(self._ends[-1]), *array.shape[len(entry) + 1 :])
        self.chunk: int = array.chunks[len(entry)]

    @classmethod
    def whole(cls, path: Path, array: zarr.Array, entry: tuple[int, ...] = ()) -> "StoredRows":
        """All rows of an array of the store at `path`, or of one entry of its first axes."""
        return cls([(path, array, np.arange(array.shape[len(entry)]))], entry)

    @classmethod
    def joined(cls, several: Sequence["StoredRows"]) -> "StoredRows":
        """The rows of several, one after another."""
        return cls([part for rows in several for part in rows._parts])

    @property
    def nbytes(self) -> int:
        """Bytes of all rows, as they would take in memory."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen):
        """The rows of a slice, read; or, of an ascending array of row numbers, those rows on the disk.

        Raises:
            UserError: they are damaged.
        """
        numbers = np.arange(len(self))[chosen]
        of_parts = []
        for part, (path, array, rows) in enumerate(self._parts):
            start = self._ends[part] - len(rows)
            of_parts.append((path, array, rows[numbers[(numbers >= start) & (numbers < self._ends[part])] - start]))
        if not isinstance(chosen, slice):
            return StoredRows(of_parts, self._entry)
        if len(of_parts) == 1:
            return self._read(*of_parts[0])
        return np.concatenate([self._read(*part) for part in of_parts])

    def _read(self, path: Path, array: zarr.Array, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.empty((0, *self.shape[1:]), self.dtype)
        if len(rows) == rows[-1] - rows[0] + 1:
            return self._stretch(path, array, rows)
        # a file at a time: zarr would have all files in memory of which some rows are wanted
        changes = np.flatnonzero(np.diff(rows // array.chunks[len(self._entry)])) + 1
        found, start = np.empty((len(rows), *self.shape[1:]), self.dtype), 0
        for of_file in np.split(rows, changes):
            found[start : start + len(of_file)] = self._stretch(path, array, of_file)[of_file - of_file[0]]
            start += len(of_file)
        return found

    def _stretch(self, path: Path, array: zarr.Array, rows: np.ndarray) -> np.ndarray:
        """All rows from the first to the last of these."""
        wanted = slice(int(rows[0]), int(rows[-1]) + 1)
        return store.read_array(path, array, (*self._entry, wanted) if self._entry else wanted)
