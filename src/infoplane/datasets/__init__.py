"""Where samples come from: one function a data set, from raw files (or nothing) to a `Dataset` of two splits.

params.yaml's `dataset` names one: a function of a file of this folder that is marked with `dataset.shaped`.
"""

from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from infoplane.datasets.dataset import Dataset, Loader
from infoplane.errors import UserError

__all__ = ["find", "load", "names"]


@cache
def _loaders() -> dict[str, Loader]:
    """Every data set by name, in the order of files and within them."""
    files = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    modules = [import_module(f"infoplane.datasets.{name}") for name in files]
    return {name: value for module in modules for name, value in vars(module).items() if isinstance(value, Loader)}


def names() -> list[str]:
    """The names that params.yaml's `dataset` can have."""
    return list(_loaders())


def find(name: str) -> Loader:
    """The data set of this name, one of `names()`."""
    return _loaders()[name]


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
    return dataset
