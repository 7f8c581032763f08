"""Arrays of NumPy: an .npz with x, y and perhaps x_test, y_test, or a folder of such .npy files; never unpickled.

x is (n, channels, height, width); (n, height, width), images of one channel; (n, d); or (n,), one column. Whole numbers
of type int64 in two dimensions are tokens, and stay what they are.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from infoplane.datasets.files.raw_samples import Kind, Opened, Part, Raw
from infoplane.errors import UserError, in_one_line
from infoplane.npz_member import DAMAGED, NpzMember

NAMES = ("x", "y", "x_test", "y_test")
LARGEST_CHANNELS = 4
"""Of a picture: red, green, blue and opacity."""


def opened(path: Path, place: str) -> Opened:
    """The arrays of an .npz file or of a folder, of which x is not read yet.

    Raises:
        UserError: a file is damaged, holds Python objects, lacks an array, or has one of a shape that cannot be used.
    """
    arrays = _members(path, place) if path.is_file() else _files(path, place)
    missing = [name for name in _wanted(arrays) if name not in arrays]
    if missing:
        there = ", ".join(arrays) or "nothing"
        raise UserError(f"{place}: {path.as_posix()} lacks {' and '.join(missing)}; there is {there}")
    parts = [_part(arrays[x], arrays[y], x, y, place) for x, y in (NAMES[:2], NAMES[2:]) if x in arrays]
    kinds = {kind for kind, _ in parts}
    shapes = {part.x.shape[1:] for _, part in parts}
    if len(kinds) > 1 or len(shapes) > 1:
        raise UserError(f"{place}: x and x_test differ: {' and '.join(_described(arrays[n]) for n in ('x', 'x_test'))}")
    return Opened(parts[0][0], parts[0][1], parts[1][1] if len(parts) > 1 else None)


def _wanted(arrays: dict[str, Any]) -> tuple[str, ...]:
    return NAMES if {"x_test", "y_test"} & set(arrays) else NAMES[:2]


def _files(folder: Path, place: str) -> dict[str, Any]:
    found = {}
    for name in NAMES:
        path = folder / f"{name}.npy"
        if path.is_file():
            try:
                found[name] = np.load(path, mmap_mode="r", allow_pickle=False)
            except DAMAGED as error:
                raise _unreadable(path.as_posix(), error, place) from error
    return found


def _members(path: Path, place: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
            return {name: Member(path, name, place) for name in names if name in NAMES}
    except DAMAGED as error:
        raise _unreadable(path.as_posix(), error, place) from error


def _unreadable(name: str, error: Exception, place: str) -> UserError:
    if "Python objects" in str(error) or "Object arrays" in str(error):
        return UserError(f"{place}: {name} holds Python objects, which are never unpickled: save numbers or text")
    return UserError(f"{place}: {name} cannot be read: {in_one_line(error)}")


class Member:
    """An array in an .npz file, whose errors name it.

    Raises:
        ValueError: it holds Python objects, or is not of NumPy's format.
    """

    def __init__(self, path: Path, name: str, place: str):
        self._array, self._place = NpzMember(path, name), place
        self.shape, self.dtype = self._array.shape, self._array.dtype

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        if not len(indices):
            return np.empty((0, *self.shape[1:]), self.dtype)
        runs = np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1)
        with self._named_errors():
            return np.concatenate([self._array.rows(int(run[0]), len(run)) for run in runs])

    def all(self) -> np.ndarray:
        """The whole array."""
        with self._named_errors():
            return self._array.all()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except DAMAGED as error:
            raise _unreadable(f"{self._array.path.as_posix()}, {self._array.name}", error, self._place) from error


class Shaped:
    """An array whose samples are given another shape, of as many values."""

    def __init__(self, raw: Raw, shape: tuple[int, ...]):
        self.raw, self.dtype, self.shape = raw, raw.dtype, (raw.shape[0], *shape)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return self.raw[indices].reshape(len(indices), *self.shape[1:])


def _part(x: Any, y: Any, x_name: str, y_name: str, place: str) -> tuple[Kind, Part]:
    labels = y.all() if isinstance(y, Member) else np.asarray(y)
    if x.dtype.kind not in "biuf":
        raise UserError(f"{place}: {_described(x)} of type {x.dtype} in {x_name}: only numbers can be x")
    if not x.shape or len(x.shape) > 4 or 0 in x.shape:
        raise UserError(
            f"{place}: {x_name} has shape {x.shape}, expected (n, d), (n, height, width) or "
            "(n, channels, height, width), of at least one sample"
        )
    if len(labels.shape) < 1 or len(labels) != x.shape[0]:
        raise UserError(f"{place}: {x_name} has {x.shape[0]} samples, {y_name} {len(np.atleast_1d(labels))} labels")
    if len(x.shape) == 4 and x.shape[3] <= LARGEST_CHANNELS < x.shape[1]:
        raise UserError(
            f"{place}: {x_name} has shape {x.shape}, and channels come before height and width: save "
            f"{x_name}.transpose(0, 3, 1, 2)"
        )
    if len(x.shape) == 2:
        return "tokens" if x.dtype == np.int64 else "vectors", Part(x, labels)
    if len(x.shape) == 1:
        return "vectors", Part(Shaped(x, (1,)), labels)
    return "images", Part(x if len(x.shape) == 4 else Shaped(x, (1, *x.shape[1:])), labels)


def _described(array: Any) -> str:
    return f"{array.dtype} of shape {tuple(array.shape)}"
