"""Encoded pictures, in files or in bytes, decoded a block at a time to pixels of one size."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from infoplane.datasets.reading import FileOptions
from infoplane.errors import UserError, in_one_line

OF_8_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "La", "RGBa")
"""Pillow's modes of pictures that turn into 8 bits a channel without a loss of their range."""
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class Pictures:
    """n pictures as raw samples, uint8 of shape (n, channels, height, width), with 3 channels or 1.

    A picture that is to be resized, and its centre, come out as those of torchvision's `ImageClassification`, the
    transform of its weights.

    Args:
        count: n.
        source: gives the file of a picture, or its bytes, by index.
        name: gives the name of a picture, for errors.

    Raises:
        UserError: the first one cannot be read.
    """

    def __init__(
        self,
        count: int,
        source: Callable[[int], Path | bytes],
        name: Callable[[int], str],
        options: FileOptions,
        place: str,
    ):
        self._source, self._name, self._options, self._place = source, name, options, place
        height, width = options.crop or self._size(0)
        self.shape = (count, 1 if options.grey else 3, height, width)
        self.dtype = np.dtype(np.uint8)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        # Pillow decodes outside of Python's lock.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            pictures = list(pool.map(self._decoded, indices.tolist()))
        return np.stack(pictures) if pictures else np.empty((0, *self.shape[1:]), self.dtype)

    def check(self) -> None:
        """See that all are of one size, by their headers, where no size is asked for.

        Raises:
            UserError: names two that differ, or one that cannot be read.
        """
        if self._options.crop is None:
            for index in range(self.shape[0]):
                self._require_size(index, self._size(index))

    def _require_size(self, index: int, size: tuple[int, int]) -> None:
        if size != self.shape[2:]:
            raise UserError(
                f"{self._place}: images differ in size: {self._name(0)} has {self.shape[2]} x {self.shape[3]} pixels, "
                f"{self._name(index)} has {size[0]} x {size[1]}: set files.crop"
            )

    def _size(self, index: int) -> tuple[int, int]:
        """Height and width, from the header."""
        with self._opened(index) as picture:
            return picture.height, picture.width

    def _opened(self, index: int) -> Image.Image:
        try:
            source = self._source(index)
            picture = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        except Exception as error:  # of many types, for whatever the file holds
            raise self._unreadable(index, error) from error
        if picture.mode not in OF_8_BITS:
            picture.close()
            raise UserError(
                f"{self._place}: {self._name(index)} has pixels of more than 8 bits (mode {picture.mode}): "
                "save it as 8 bits, or all as an array"
            )
        return picture

    def _decoded(self, index: int) -> np.ndarray:
        with self._opened(index) as picture:
            try:
                pixels = picture.convert("L" if self._options.grey else "RGB")
            except Exception as error:
                raise self._unreadable(index, error) from error
        if self._options.crop is None:
            self._require_size(index, (pixels.height, pixels.width))
        else:
            pixels = _centre(pixels, self._options.crop, self._options.resize, FILTERS[self._options.interpolation])
        values = np.asarray(pixels)
        return values[None] if self._options.grey else values.transpose(2, 0, 1)

    def _unreadable(self, index: int, error: Exception) -> UserError:
        return UserError(f"{self._place}: {self._name(index)} cannot be read as an image: {in_one_line(error)}")


def _centre(
    picture: Image.Image, size: tuple[int, int], shorter: int | None, interpolation: Image.Resampling
) -> Image.Image:
    """The picture's centre of this height and width, once it has been resized with its proportions kept."""
    height, width = size
    h, w = picture.height, picture.width
    if shorter is not None:
        # torchvision cuts the longer side's fraction off.
        h, w = (shorter, int(shorter * w / h)) if h <= w else (int(shorter * h / w), shorter)
    elif height * w >= width * h:
        h, w = height, max(width, int(height * w / h))
    else:
        h, w = max(height, int(width * h / w)), width
    picture = picture.resize((w, h), interpolation)
    top, left = round((h - height) / 2), round((w - width) / 2)
    return picture.crop((left, top, left + width, top + height))
