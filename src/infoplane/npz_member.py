"""An array of an .npz file, which may be packed, read in blocks from its beginning to its end; never unpickled."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

DAMAGED = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file raises."""
READ_BYTES = 1 << 20


class NpzMember:
    """One array, of which consecutive rows are read when they are asked for; going back begins anew.

    Attributes:
        shape, dtype: of the array.

    Raises:
        ValueError: it holds Python objects, or is not of NumPy's format. Or another error of `DAMAGED`.
    """

    def __init__(self, path: Path, name: str):
        self.path, self.name = path, name
        self._file: IO[bytes] | None = None
        self._row = 0
        self._whole: np.ndarray | None = None
        self._opened().close()  # for shape and type; a file is open only while the array is read

    def rows(self, first: int, count: int) -> np.ndarray:
        """So many rows."""
        if self._by_column and len(self.shape) > 1:  # there are no rows to be found
            if self._whole is None:
                self._whole = self.all()
            return self._whole[first : first + count]
        if self._file is None or first < self._row:
            self._close()
            self._file, self._row = self._opened(), 0
        size = math.prod(self.shape[1:]) * self.dtype.itemsize
        for _ in self._pieces((first - self._row) * size):
            pass
        self._row = first + count
        rows = np.frombuffer(b"".join(self._pieces(count * size)), self.dtype).reshape(count, *self.shape[1:])
        if self.shape and self._row == self.shape[0]:
            self._close()
        return rows

    def all(self) -> np.ndarray:
        """The whole array."""
        with np.load(self.path, allow_pickle=False) as file:
            return file[self.name]

    def _opened(self) -> IO[bytes]:
        """The file behind the array's header, which is read."""
        file = zipfile.ZipFile(self.path).open(f"{self.name}.npy")  # noqa: SIM115  kept open between blocks
        read = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
        self.shape, self._by_column, self.dtype = read(file)
        if self.dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        return file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def _pieces(self, left: int) -> Iterator[bytes]:
        """So many of the next bytes."""
        while left:
            piece = self._file.read(min(left, READ_BYTES)) if self._file else b""
            if not piece:
                raise EOFError("it ends before its last sample")
            left -= len(piece)
            yield piece
