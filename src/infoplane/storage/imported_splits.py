"""Activations in files that were made elsewhere, by split: arrays by name, or a store of ours."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infoplane.errors import UserError
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.array_tree import FileArray, open_arrays
from infoplane.storage.stored_rows import StoredRows

SPLITS = ("train", "test", "all")


class Layer(NamedTuple):
    """One layer of a split at an epoch, of which a slice is read when it is asked for.

    Attributes:
        shape: (n, *unit).
        read: takes the numbers of the first and the last row.
    """

    shape: tuple[int, ...]
    read: Callable[[int, int], Recorded]


class ImportedSplit(NamedTuple):
    """x, None where it was not given; y as given; layers by epoch and name."""

    x: FileArray | StoredRows | None
    y: np.ndarray
    layers: dict[tuple[int, str], Layer]


def of_a_store(activations: Activations) -> dict[str, ImportedSplit]:
    """A store of activations such as `infoplane.Recorder` writes."""
    if activations.repetitions > 1:
        raise UserError(f"{activations.path} holds {activations.repetitions} repetitions, of which one can be imported")
    found = {}
    for split in activations.splits:
        layers = {}
        for layer in activations.layers:
            shape, diverged = activations.shape(split, layer), activations.diverged(split, layer)
            for place, epoch in enumerate(activations.epochs):
                if not diverged[place]:
                    layers[epoch, layer] = Layer(shape, partial(activations.rows, split, layer, place))
        found[split] = ImportedSplit(activations.inputs(split), activations.labels(split), layers)
    return found


def of_arrays(path: Path) -> dict[str, ImportedSplit]:
    """Arrays by name: `[split/]x`, `[split/]y`, `[split/][epoch/]layer`."""
    by_split: dict[str, dict[str, FileArray]] = {}
    for name, array in open_arrays(path).items():
        first, _, rest = name.partition("/")
        split, rest = (first, rest) if first in SPLITS and rest else ("", name)
        by_split.setdefault(split, {})[rest] = array
    found = {}
    for split, arrays in by_split.items():
        named = f"{split}/" if split else ""
        if "y" not in arrays:
            raise UserError(f"{path}: there is no {named}y, the labels; there are {listed(arrays)}")
        layers = {}
        for name, array in arrays.items():
            if name not in ("x", "y"):
                first, _, rest = name.partition("/")
                epoch, layer = (int(first), rest) if first.isdecimal() and rest else (0, name)
                if array.dtype.kind not in "fiub" or len(array.shape) < 2:
                    raise UserError(
                        f"{path}: {named}{name} is {array.dtype} of shape {array.shape}: activations are numbers of "
                        "shape (samples, units)"
                    )
                place = epoch, layer.replace("/", ".")
                if place in layers:
                    raise UserError(f"{path}: {named}{name}: layer {place[1]} of epoch {epoch} is there twice")
                layers[place] = Layer(array.shape, _reader(array))
        y, x = arrays["y"], arrays.get("x")
        if x is not None and (x.dtype.kind not in "fiub" or not x.shape):
            raise UserError(f"{path}: {named}x is {x.dtype} of shape {x.shape}: numbers, samples first, are wanted")
        if len(y.shape) != 1:
            raise UserError(f"{path}: {named}y has shape {y.shape}: a label for each sample is wanted")
        found[split] = ImportedSplit(x, y[:], layers)
    return found


def _reader(array: FileArray) -> Callable[[int, int], Recorded]:
    return lambda start, stop: Recorded(array[start:stop].astype(np.float32), None, None)


def listed(names: Iterable[object]) -> str:
    """The first few names, for errors."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:8] + ["..."] * (len(shown) > 8))
