"""Small files as a user has them: pictures in class folders, arrays; and the data set that is read from them."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from infoplane import datasets
from infoplane.datasets.dataset import Dataset
from infoplane.datasets.reading import FileOptions, Reading


def place_pictures(
    folder: Path, classes: tuple[str, ...] = ("dog", "cat"), *, each: int = 5, size: tuple[int, int] = (6, 8)
) -> np.ndarray:
    """So many random pictures in a folder a class; returns their pixels in the order of classes, (n, h, w, 3)."""
    rng = np.random.default_rng(len(classes) * each)
    pixels = rng.integers(0, 256, (len(classes) * each, *size, 3), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        of_class = folder / sorted(classes)[number // each]
        of_class.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(of_class / f"{number % each:03}.png")
    return pixels


def reading(folder: Path, **options: Any) -> Reading:
    """How data sets below a folder are read."""
    return Reading(str(folder), FileOptions(**options))


def load(name: str, folder: Path, **options: Any) -> Dataset:
    """A data set below a folder, checked and read as the stages do; its x as arrays."""
    how = reading(folder, **options)
    datasets.check(name, how)
    dataset = datasets.load(name, Path("unused"), how)
    described = datasets.described(name, how)
    for split in (dataset.train, dataset.test):
        assert described == (split.x.shape[1:], dataset.classes, str(split.x.dtype))
        assert len(split.x) == len(split.y)
        assert split.y.dtype == np.int64
    return dataset


def x_of(dataset: Dataset) -> np.ndarray:
    """x of both splits, training first."""
    return np.concatenate([np.asarray(dataset.train.x), np.asarray(dataset.test.x)])
