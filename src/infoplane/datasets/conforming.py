"""Whether the function of a data set returned what its mark says; numbers of other types become those wanted."""

from dataclasses import replace
from typing import Any

import numpy as np

from infoplane.datasets.dataset import Dataset, Loader, Split
from infoplane.errors import UserError

SPLITS = ("train", "test")


def conforming(dataset: Any, loader: Loader, place: str) -> Dataset:
    """The data set with x of the type and shape that the mark says, and y as int64.

    Args:
        dataset: whatever the function returned.
        place: for errors.

    Raises:
        UserError: what it returned is something else.
    """
    if not isinstance(dataset, Dataset):
        raise UserError(f"{place}: its function returned {type(dataset).__name__}, expected a Dataset")
    return replace(
        dataset, **{name: _conforming(getattr(dataset, name), loader, f"{place}: {name}") for name in SPLITS}
    )


def _conforming(split: Any, loader: Loader, place: str) -> Split:
    x, y = (_numbers(values, name, place) for values, name in zip(split, Split._fields, strict=True))
    if x.ndim == 1 and loader.shape == (1,):
        x = x[:, None]
    if x.shape[1:] != loader.shape or y.shape != x.shape[:1] or not len(y):
        labels = str(len(y)) if y.ndim == 1 else f"{y.shape}"
        raise UserError(
            f"{place} holds {labels} labels and x of shape {x.shape}, expected as many of shape {loader.shape}"
        )
    if y.dtype.kind == "f" and (y != np.round(y)).any():
        raise UserError(f"{place} holds labels with a fraction or that are no numbers, expected classes 0, 1, ...")
    if y.min() < 0 or y.max() >= loader.classes:
        raise UserError(f"{place} holds labels from {y.min()} to {y.max()}, expected {loader.classes} classes")
    if not np.isfinite(x).all():
        raise UserError(f"{place} holds an x that is not finite")
    if loader.dtype == "int64" and (x.dtype.kind == "f" or x.min() < 0):
        raise UserError(f"{place} holds an x of type {x.dtype}, from {x.min()}, expected tokens: whole numbers from 0")
    return Split(x.astype(loader.dtype, copy=False), y.astype(np.int64, copy=False))


def _numbers(values: Any, name: str, place: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf" or not array.ndim:
        kind = f"type {array.dtype}" if array.dtype != object else "objects, or of rows that differ in length"
        raise UserError(f"{place} holds {name} of {kind}, expected an array of numbers")
    return array
