"""Where samples come from: one function a data set, from raw files (or nothing) to a `Dataset` of two splits.

params.yaml's `dataset` names one: a function of a file of this folder that is marked with `dataset.shaped`; or, as
`module:function`, one of the user's own in extensions/.
"""

import dataclasses
from functools import cache
from inspect import signature
from pathlib import Path

import numpy as np

from infoplane.datasets.dataset import Dataset, Loader, shaped
from infoplane.errors import UserError
from infoplane.named import PARAMS, Named, files, is_own, own
from infoplane.sources import Source

MARK = "shaped"
"""The decorator of a function that is a data set."""


@cache
def _in_this_folder() -> dict[str, Named]:
    sources = [Source(path, f"infoplane.datasets.{name}") for name, path in files(Path(__file__).parent).items()]
    return {name: Named("dataset", name, source, name) for source in sources for name in source.decorated(MARK)}


def names() -> list[str]:
    """The names of our own data sets."""
    return list(_in_this_folder())


def named(name: str) -> Named:
    """The function of the data set `name`, one of `names()` or `module:function`, without importing it.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    return own("dataset", name, "function {}") if is_own(name) else _in_this_folder()[name]


def shape_and_classes(name: str) -> tuple[tuple[int, ...], int]:
    """The shape of one x and the number of classes, without importing the data set.

    Raises:
        UserError: a file of the user's cannot be read, or has no such function that is marked with `shaped`.
    """
    data_set = named(name)
    by_place, by_name = data_set.mark(MARK)
    try:
        stated = signature(shaped).bind(*by_place, **by_name).arguments
        shape, classes = stated["shape"], stated["classes"]
        if isinstance(shape, tuple) and all(type(side) is int and side > 0 for side in (*shape, classes)):
            return shape, classes
    except TypeError:
        pass
    raise UserError(
        f"{PARAMS}: dataset = {name!r}: @{MARK} takes the shape of one x, a tuple, and the number of classes"
    )


def find(name: str) -> Loader:
    """The data set `name`, one of `names()` or `module:function`.

    Raises:
        UserError: the module cannot be imported, or has no such function that is marked with `shaped`.
    """
    data_set = named(name)
    loader = data_set.load()
    if not isinstance(loader, Loader):
        raise data_set.unmarked(MARK)
    return loader


def load(name: str, raw: Path) -> Dataset:
    """The data set of this name.

    Args:
        raw: the folder of raw files.

    Raises:
        UserError: files are missing, or what they hold is not what its `shaped` says; names the folder.
    """
    loader, place = find(name), f"dataset {name}, from {raw.as_posix()}/"
    try:
        dataset = loader.load(raw)
    except FileNotFoundError as error:
        raise UserError(f"{place}: {error.filename} is missing") from error
    for split in ("train", "test"):
        x, y = getattr(dataset, split)
        if x.shape[1:] != loader.shape or len(x) != len(y) or not len(y):
            raise UserError(
                f"{place}: {split} holds {len(y)} labels and x of shape {x.shape}, "
                f"expected as many of shape {loader.shape}"
            )
        if y.min() < 0 or y.max() >= loader.classes:
            raise UserError(
                f"{place}: {split} holds labels from {y.min()} to {y.max()}, expected {loader.classes} classes"
            )
        if not np.isfinite(x).all():
            raise UserError(f"{place}: {split} holds an x that is not finite")
        if x.dtype.kind in "iu" and x.min() < 0:
            raise UserError(f"{place}: {split} holds a token {x.min()}: tokens are numbers from 0")
    return dataclasses.replace(dataset, name=name)
