"""What a data set is: two splits, where they come from, and the `shaped` function that makes them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np


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
        chosen = np.sort(np.random.default_rng(seed).choice(len(self.y), n, replace=False))
        return Split(self.x[chosen], self.y[chosen])


@dataclass(frozen=True)
class Dataset:
    """Two splits, and what is needed to say where they come from.

    Attributes:
        normalisation: how raw values became x, in words and numbers.
        source_sha256: SHA-256 of the raw values, before normalisation.
    """

    name: str
    train: Split
    test: Split
    classes: int
    normalisation: str
    source_sha256: str


@dataclass(frozen=True)
class Loader:
    """A data set by name: how it is made, and the shape of one x and the number of classes, known before it is.

    Attributes:
        load: takes the folder of raw files, data/raw, and returns the data set.
    """

    load: Callable[[Path], Dataset]
    shape: tuple[int, ...]
    classes: int


def shaped(shape: tuple[int, ...], classes: int) -> Callable[[Callable[[Path], Dataset]], Loader]:
    """Make a function a data set whose samples have this shape and number of classes."""
    return lambda load: Loader(load, shape, classes)


def sha256_of(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
