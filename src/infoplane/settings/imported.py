"""Activations that were made elsewhere: what `import.path` names, checked before it is copied."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infoplane import inputs
from infoplane.errors import UserError
from infoplane.named import PARAMS
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.settings.schema import one_of
from infoplane.storage import store
from infoplane.storage.activations import KIND as ACTIVATIONS
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.array_tree import FileArray, open_arrays
from infoplane.storage.stored_rows import StoredRows

KEY = "import.path"
SPLITS = ("train", "test", "all")
COMPARES_X, NEEDS_NOISE = "COMPARES_X", "NEEDS_NOISE"
"""Constants of estimators (`infoplane.information.Estimator`)."""


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


class Imported(NamedTuple):
    """What is there, of which all splits have the same epochs and layers.

    Attributes:
        in_order: each layer is known to be computed from the one before it.
    """

    splits: dict[str, ImportedSplit]
    epochs: list[int]
    layers: list[str]
    in_order: bool

    @property
    def has_noise(self) -> bool:
        """Whether it is said of a layer which noise it injects."""
        first = next(iter(self.splits.values()))
        return any(first.layers[self.epochs[0], layer].read(0, 1).noise_kind for layer in self.layers)

    @property
    def has_x(self) -> bool:
        """Whether all splits have x."""
        return all(split.x is not None for split in self.splits.values())


def imported_path(params: Params) -> Path:
    """The file or folder that is named.

    Raises:
        UserError: none is, or it is not there.
    """
    if params.imported.path is None:
        raise UserError(f"{PARAMS}: source = 'import' needs {KEY}: activations below inputs = {params.inputs!r}")
    return inputs.located(params.inputs, params.imported.path, KEY)


def imported(params: Params) -> Imported:
    """The splits, epochs and layers that `record` chooses of what is there.

    Raises:
        UserError: one line with what does not fit: names, shapes, labels, or what `record` and estimators ask for.
    """
    path = imported_path(params)
    is_ours = store.is_store(path, ACTIVATIONS)
    splits = _of_a_store(path) if is_ours else _of_arrays(path)
    if "" in splits:  # a single split, without a name
        splits = {params.record.splits[0]: splits.pop("")} | splits
    for split in params.record.splits:
        if split not in splits:
            raise UserError(f"{PARAMS}: record.splits: {path} has no split {split}; it has {', '.join(splits)}")
    found = {split: splits[split] for split in params.record.splits}
    epochs, layers = _chosen(params, path, found)
    for (split, content), epoch, layer in product(found.items(), epochs, layers):
        _check_layer(path, split, content, epoch, layer, found[params.record.splits[0]])
    chosen = Imported(found, epochs, layers, in_order=is_ours or params.record.layers != "all")
    if not chosen.has_x:
        reason = f"compares T with x, which {path} lacks: add an array x"
        _refuse(params, COMPARES_X, reason)
    if not chosen.has_noise:
        _refuse(
            params,
            NEEDS_NOISE,
            f"needs noise that layers inject, of which {path} says nothing: a store of a recorder does",
        )
    classes(found)
    return chosen


def _of_a_store(path: Path) -> dict[str, ImportedSplit]:
    """A store of activations such as `infoplane.Recorder` writes."""
    activations = Activations(path)
    if activations.repetitions > 1:
        raise UserError(f"{path} holds {activations.repetitions} repetitions, of which one can be imported")
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


def _of_arrays(path: Path) -> dict[str, ImportedSplit]:
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
            raise UserError(f"{path}: there is no {named}y, the labels; there are {_some(arrays)}")
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
                layers[epoch, layer.replace("/", ".")] = Layer(array.shape, _reader(array))
        y = arrays["y"]
        if len(y.shape) != 1:
            raise UserError(f"{path}: {named}y has shape {y.shape}: a label for each sample is wanted")
        found[split] = ImportedSplit(arrays.get("x"), y[:], layers)
    return found


def _reader(array: FileArray) -> Callable[[int, int], Recorded]:
    return lambda start, stop: Recorded(array[start:stop].astype(np.float32), None, None)


def _chosen(params: Params, path: Path, splits: dict[str, ImportedSplit]) -> tuple[list[int], list[str]]:
    there = sorted({epoch for split in splits.values() for epoch, _ in split.layers})
    names = list(dict.fromkeys(layer for split in splits.values() for _, layer in split.layers))
    if not names:
        raise UserError(f"{path} has no layers: arrays beside x and y")
    layers = names if params.record.layers == "all" else params.record.layers
    for layer in layers:
        one_of("record.layers", layer, names)
    if isinstance(params.record.epochs, list):
        for epoch in params.record.epochs:
            if epoch not in there:
                raise UserError(f"{PARAMS}: record.epochs: {path} has no epoch {epoch}; it has {_some(there)}")
        return sorted(params.record.epochs), layers
    return [there[place] for place in recorded_epochs(params.record.epochs, len(there) - 1)], layers


def _check_layer(path: Path, split: str, content: ImportedSplit, epoch: int, layer: str, first: ImportedSplit) -> None:
    if (epoch, layer) not in content.layers:
        raise UserError(f"{path}: layer {layer} of epoch {epoch} is missing in split {split}")
    shape, n = content.layers[epoch, layer].shape, len(content.y)
    if shape[0] != n or (content.x is not None and len(content.x) != n):
        x = "" if content.x is None else f", x {len(content.x)}"
        raise UserError(f"{path}: split {split}: layer {layer} of epoch {epoch} has {shape[0]} samples, y {n}{x}")
    unit = next(each.shape[1:] for (_, name), each in first.layers.items() if name == layer)
    if shape[1:] != unit:
        raise UserError(
            f"{path}: layer {layer} has units of shape {shape[1:]} at epoch {epoch} of {split}, {unit} elsewhere"
        )


def _refuse(params: Params, constant: str, reason: str) -> None:
    for key, run in params.estimators.items():
        if run.named.value(constant, False):
            raise UserError(
                f"{PARAMS}: estimators.{key}: {run.method} {reason}, or drop this estimator with -S '~estimators.{key}'"
            )


def classes(splits: dict[str, ImportedSplit]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Labels from 0 on, int64, and the names of the classes, in order; labels may be texts, or whole numbers.

    Raises:
        UserError: a label is neither.
    """
    every = np.concatenate([split.y for split in splits.values()])
    if every.dtype.kind == "f" and (every == np.round(every)).all():
        every = every.astype(np.int64)
    if every.dtype.kind not in "iubUS":
        raise UserError(f"{PARAMS}: {KEY}: labels y are {every.dtype}: whole numbers or texts are wanted")
    names, numbers = np.unique(every, return_inverse=True)
    ends = np.cumsum([len(split.y) for split in splits.values()])[:-1]
    mapped = dict(zip(splits, np.split(numbers.astype(np.int64), ends), strict=True))
    return mapped, [str(name) for name in names]


def _some(names: Iterable[object]) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:8] + ["..."] * (len(shown) > 8))
