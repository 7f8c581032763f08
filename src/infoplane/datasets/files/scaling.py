"""Samples of the user's files as x: checked, hashed and measured in a first pass, and scaled block by block after it.

No more than a block of samples is ever in memory.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from infoplane.datasets.files.raw_samples import Kind, Raw
from infoplane.datasets.reading import FileOptions
from infoplane.errors import UserError

BLOCK_BYTES = 1 << 24
"""Of x as float32, in one block."""
IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Of pixels / 255, red, green and blue: those of torchvision's weights (its transform ImageClassification)."""
NAMED = 4
"""Up to so many means and deviations are told in words."""


class Scaling(NamedTuple):
    """(raw / divisor - mean) / std, as float32; None for whole numbers that stay as they are, int64.

    Attributes:
        mean, std: of each channel or column.
        words: the same in words.
    """

    divisor: float
    mean: np.ndarray
    std: np.ndarray
    words: str

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        each = (-1, *(1,) * (raw.ndim - 2))
        return ((raw / self.divisor - self.mean.reshape(each)) / self.std.reshape(each)).astype(np.float32)


class Rows:
    """x of one split, read and scaled when it is sliced; of it all, an array of numpy's can be made.

    Attributes:
        shape: (n, channels, height, width) or (n, d).
        dtype: float32, or int64 of tokens.
        block: how many samples are read at once.
    """

    def __init__(self, raw: Raw, indices: np.ndarray, scaling: Scaling | None):
        self.raw, self.indices, self.scaling = raw, indices, scaling
        self.shape = (len(indices), *raw.shape[1:])
        self.dtype = np.dtype(np.int64 if scaling is None else np.float32)
        self.nbytes = math.prod(self.shape) * self.dtype.itemsize
        self.block = max(1, BLOCK_BYTES // max(1, math.prod(self.shape[1:]) * np.dtype(np.float32).itemsize))

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, part: slice) -> np.ndarray:
        raw = self.raw[self.indices[part]]
        return raw.astype(np.int64) if self.scaling is None else self.scaling(raw)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        x = np.empty(self.shape, self.dtype)
        for part in self.parts():
            x[part] = self[part]
        return x if dtype is None else x.astype(dtype)

    def parts(self) -> Iterator[slice]:
        """The slices in which it is read, in order."""
        return (slice(start, start + self.block) for start in range(0, len(self), self.block))


class _Moments:
    """Mean and standard deviation of each channel or column, of the blocks so far.

    References: Chan, Golub & LeVeque (1983), Algorithms for computing the sample variance, The American Statistician
    37, 242, eq. 2.1.
    """

    def __init__(self):
        self.count, self.mean, self.squares = 0, np.zeros(()), np.zeros(())

    def add(self, block: np.ndarray) -> None:
        axes = (0, *range(2, block.ndim))
        values = block.astype(np.float64)
        count, mean = values.size // block.shape[1], values.mean(axes)
        total = self.count + count
        self.squares = self.squares + values.var(axes) * count + (mean - self.mean) ** 2 * self.count * count / total
        self.mean = self.mean + (mean - self.mean) * count / total
        self.count = total

    def std(self) -> np.ndarray:
        """Of a constant channel or column it is 1, so that it becomes 0 when it is scaled."""
        std = np.sqrt(self.squares / self.count)
        constant = std <= 1e-12 * np.abs(self.mean)  # what rounding leaves, in double precision
        return np.where(constant | (std == 0), 1.0, std)


def scaled(
    splits: Sequence[tuple[Raw, np.ndarray, np.ndarray]],
    kind: Kind,
    options: FileOptions,
    names: Sequence[str],
    place: str,
) -> tuple[list[Rows], str, str]:
    """x of each split, how it was scaled, in words, and the SHA-256 of all raw values and labels.

    Args:
        splits: for each, the one for training first: raw samples, the indices of those in it, ascending, and their y.
        names: of the columns, for errors; may be empty.
        place: for errors.

    Raises:
        UserError: a sample cannot be read, is not finite, or is a token below 0; names it.
    """
    check(kind, splits[0][0], options, place)
    divisor = _divisor(kind, splits[0][0])
    digest, moments = hashlib.sha256(), _Moments()
    for number, (raw, indices, y) in enumerate(splits):
        rows = Rows(raw, indices, None)
        for part in rows.parts():
            block = raw[indices[part]]
            _check(block, indices[part], kind, names, place)
            digest.update(np.ascontiguousarray(block).data)
            if number == 0 and kind != "tokens":
                moments.add(block / divisor)
        digest.update(np.ascontiguousarray(y).data)
    scaling = None if kind == "tokens" else _scaling(kind, divisor, moments, options.normalisation)
    words = "tokens, as they are" if scaling is None else scaling.words
    return [Rows(raw, indices, scaling) for raw, indices, _ in splits], words, digest.hexdigest()


def check(kind: Kind, raw: Raw, options: FileOptions, place: str) -> None:
    """Whether samples such as these can be scaled as is asked.

    Raises:
        UserError: means and deviations of ImageNet's pixels are asked for, and these are other values.
    """
    if options.normalisation == "imagenet" and (_divisor(kind, raw) == 1 or raw.shape[1] != 3):
        raise UserError(f"{place}: files.normalisation = 'imagenet' is for images of three channels of 8 bits (uint8)")


def _divisor(kind: Kind, raw: Raw) -> float:
    return 255.0 if kind == "images" and raw.dtype == np.uint8 else 1.0


def _check(block: np.ndarray, indices: np.ndarray, kind: Kind, names: Sequence[str], place: str) -> None:
    if kind == "tokens":
        wrong, what = block < 0, "a token below 0"
    elif block.dtype.kind == "f":
        with np.errstate(over="ignore"):
            wrong, what = ~np.isfinite(block.astype(np.float32)), "not finite, or too large for float32"
    else:
        return
    if wrong.any():
        row, *where = (int(i) for i in np.argwhere(wrong)[0])
        column = f"column {names[where[0]]}" if names else f"index {where[0] if len(where) == 1 else tuple(where)}"
        value = block[(row, *where)]
        raise UserError(f"{place}: x of sample {indices[row]} (the first is 0), {column}, is {value}: {what}")


def _scaling(kind: Kind, divisor: float, moments: _Moments, normalisation: str) -> Scaling:
    channels = len(moments.mean)
    raw = "pixels / 255" if divisor == 255 else "values as they are"
    if normalisation == "none":
        return Scaling(divisor, np.zeros(channels), np.ones(channels), raw)
    if normalisation == "imagenet":
        return Scaling(divisor, IMAGENET_MEAN, IMAGENET_STD, f"{raw}, by ImageNet's mean and deviation of each channel")
    std = moments.std()
    each = "channel" if kind == "images" else "column"
    if channels > NAMED:
        return Scaling(divisor, moments.mean, std, f"{raw}, by each {each}'s training mean and deviation")
    numbers = [", ".join(f"{value:.4f}" for value in values) for values in (moments.mean, std)]
    words = f"{raw}, minus {numbers[0]}, over {numbers[1]}: each {each}'s training mean and deviation"
    return Scaling(divisor, moments.mean, std, words)
