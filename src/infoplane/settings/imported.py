"""Activations that were made elsewhere: what `import.path` names, checked before it is copied."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from infoplane import inputs
from infoplane.errors import UserError
from infoplane.named import PARAMS, is_own
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import chosen_by_own, places
from infoplane.settings.runs import Run
from infoplane.settings.schema import one_of
from infoplane.storage import store
from infoplane.storage.activations import KIND as ACTIVATIONS
from infoplane.storage.activations import Activations
from infoplane.storage.activations_writer import check_layer_name
from infoplane.storage.imported_splits import ImportedSplit, listed, of_a_store, of_arrays

KEY = "import.path"


class Imported(NamedTuple):
    """What is there, of which all splits have the same epochs and layers.

    Attributes:
        in_order: each layer is known to be computed from the one before it.
        reduced: those of which less is here than they had.
        labels: classes from 0 on, of each split, shape (n,), int64; class_names: of the classes, in order.
        split_sizes: as a store of ours says them.
    """

    splits: dict[str, ImportedSplit]
    epochs: list[int]
    layers: list[str]
    labels: dict[str, np.ndarray]
    class_names: list[str]
    in_order: bool
    reduced: tuple[str, ...] = ()
    split_sizes: Mapping[str, int] = MappingProxyType({})

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
    ours = Activations(path) if store.is_store(path, ACTIVATIONS) else None
    splits = of_arrays(path) if ours is None else of_a_store(ours)
    if "" in splits:  # a single split, without a name
        if (first := params.record.splits[0]) in splits:
            raise UserError(f"{path}: arrays without a split and others of {first}: both would be {first}")
        splits = {first: splits.pop("")} | splits
    for split in params.record.splits:
        if split not in splits:
            raise UserError(f"{PARAMS}: record.splits: {path} has no split {split}; it has {', '.join(splits)}")
    found = {split: splits[split] for split in params.record.splits}
    epochs, layers = _chosen(params, path, found)
    kind, _, k = params.record.reduce.partition(" ")
    if kind == "pca" and int(k) > (least := min(len(split.y) for split in found.values())):
        raise UserError(
            f"{PARAMS}: record.reduce = 'pca {k}': {path} has {least} samples; there can be no more components"
        )
    for (split, content), epoch, layer in product(found.items(), epochs, layers):
        _check_layer(path, split, content, epoch, layer, found[params.record.splits[0]])
    in_order = params.record.layers != "all"
    chosen = _described(Imported(found, epochs, layers, *_classes(found), in_order=in_order), ours, params)
    if not chosen.has_x:
        reason = f"compares T with x, which {path} lacks: add an array x"
        _refuse([run for run in params.estimators.values() if run.compares_x], reason)
    if not chosen.has_noise:
        _refuse(
            [run for run in params.estimators.values() if run.named.value("NEEDS_NOISE", False)],
            f"needs noise that layers inject, of which {path} says nothing: a store of a recorder does",
        )
    return chosen


def _described(chosen: Imported, ours: Activations | None, params: Params) -> Imported:
    """The same with what a store of ours says of itself."""
    if ours is None:
        return chosen
    if ours.reduced and ours.reduce != params.record.reduce:
        raise UserError(
            f"{PARAMS}: record.reduce = {params.record.reduce!r}: {ours.path} was recorded with reduce = "
            f"{ours.reduce!r}; set the same, so that axes say so"
        )
    names = ours.class_names and [ours.class_names[int(number)] for number in chosen.class_names]
    return chosen._replace(
        in_order=chosen.in_order or ours.in_order,
        reduced=tuple(ours.reduced),
        class_names=names or chosen.class_names,
        split_sizes={split: ours.split_size(split) for split in chosen.splits},
    )


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
                raise UserError(f"{PARAMS}: record.epochs: {path} has no epoch {epoch}; it has {listed(there)}")
        return sorted(params.record.epochs), layers
    if is_own(params.record.epochs):
        return chosen_by_own(params.record.epochs, there), layers
    return [there[place] for place in places(params.record.epochs, len(there))], layers


def _check_layer(path: Path, split: str, content: ImportedSplit, epoch: int, layer: str, first: ImportedSplit) -> None:
    if (epoch, layer) not in content.layers:
        raise UserError(f"{path}: layer {layer} of epoch {epoch} is missing in split {split}")
    shape, n = content.layers[epoch, layer].shape, len(content.y)
    if not n or 0 in shape:
        raise UserError(
            f"{path}: layer {layer} of epoch {epoch} in {split} has shape {shape}, y {n} labels: none is there"
        )
    check_layer_name(layer, f"{path}: ")
    if shape[0] != n or (content.x is not None and len(content.x) != n):
        x = "" if content.x is None else f", x {len(content.x)}"
        raise UserError(f"{path}: split {split}: layer {layer} of epoch {epoch} has {shape[0]} samples, y {n}{x}")
    unit = next(each.shape[1:] for (_, name), each in first.layers.items() if name == layer)
    if shape[1:] != unit:
        raise UserError(
            f"{path}: layer {layer} has units of shape {shape[1:]} at epoch {epoch} of {split}, {unit} elsewhere"
        )


def _refuse(runs: list[Run], reason: str) -> None:
    if runs:
        key, method = runs[0].key, runs[0].method
        raise UserError(
            f"{PARAMS}: estimators.{key}: {method} {reason}, or drop this estimator with -S '~estimators.{key}'"
        )


def _classes(splits: Mapping[str, ImportedSplit]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Labels from 0 on, int64, and the names of the classes, in order; labels may be texts, or whole numbers.

    Raises:
        UserError: a label is neither, or some are texts and others numbers.
    """
    given = [_labels(split.y) for split in splits.values()]
    if len({labels.dtype.kind for labels in given}) > 1:
        raise UserError(f"{PARAMS}: {KEY}: labels y are texts in one split and numbers in another")
    names, numbers = np.unique(np.concatenate(given), return_inverse=True)
    ends = np.cumsum([len(labels) for labels in given])[:-1]
    mapped = dict(zip(splits, np.split(numbers.astype(np.int64), ends), strict=True))
    return mapped, [str(name) for name in names]


def _labels(y: np.ndarray) -> np.ndarray:
    """Labels of one split as int64 or texts."""
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8")
    if y.dtype.kind == "U":
        return y
    is_whole = y.dtype.kind in "iub" or (y.dtype.kind == "f" and np.isfinite(y).all() and (y == np.round(y)).all())
    if not is_whole or (len(y) and float(y.max()) >= 2**63):
        raise UserError(f"{PARAMS}: {KEY}: labels y are {y.dtype}: whole numbers or texts are wanted")
    return y.astype(np.int64)
