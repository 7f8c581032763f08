"""What a data set is: two splits, where they come from, and the `shaped` function that makes them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

XType = Literal["float32", "int64"]


class Split(NamedTuple):
    """x: float32 of shape (n, c, h, w) or (n, d), or tokens, numbers from 0, int64 of shape (n, length).

    y: int64 class labels of shape (n,).
    """

    x: np.ndarray
    y: np.ndarray

    def draw(self, n: int, seed: int) -> "Split":
        """n random samples, in the order in which they stand; all of them where there are no more than n."""
        if n >= len(self.y):
            return self
        chosen = drawn_rows(len(self.y), n, seed)
        return Split(self.x[chosen], self.y[chosen])


@dataclass(frozen=True)
class Dataset:
    """Two splits, and what is needed to say where they come from.

    Attributes:
        normalisation: how raw values became x, in words and numbers.
        source_sha256: SHA-256 of the raw values, before normalisation.
        class_names: of the classes 0, 1, ...; none where nobody gave any.
    """

    name: str
    train: Split
    test: Split
    classes: int
    normalisation: str
    source_sha256: str
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loader:
    """A data set by name: how it is made, and the shape of one x and the number of classes, known before it is.

    Attributes:
        load: takes the folder of raw files, data/raw, and returns the data set.
        dtype: of x: float32, or int64 where it is tokens.
    """

    load: Callable[[Path], Dataset]
    shape: tuple[int, ...]
    classes: int
    dtype: XType = "float32"


def drawn_rows(total: int, n: int | None, seed: int) -> np.ndarray:
    """The numbers of n random rows of so many, ascending; of all of them where there are no more, or n is None."""
    if n is None or n >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, n, replace=False))


def shaped(
    shape: tuple[int, ...], classes: int, dtype: XType = "float32"
) -> Callable[[Callable[[Path], Dataset]], Loader]:
    """Make a function a data set whose samples have this shape, number of classes, and type of x: int64 for tokens."""
    return lambda load: Loader(load, shape, classes, dtype)


def sha256_of(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
