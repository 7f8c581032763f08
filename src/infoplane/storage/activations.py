"""data/activations.zarr: its layout, and reading it; `infoplane.storage.activations_writer` fills it.

A group per recorded split (`train`, `test` or `all`) with `x`, `y` and, under `layers/<name>/`, `t` of shape
(repetition, epoch, sample, *unit) float32. A layer that injects noise has `noise_std` beside `t`, which broadcasts
against it, and the attribute `noise_kind` (`infoplane.information.Noise`). Attributes of the root: repetitions, epochs,
layers, output (which of them gives the logits, or null), reduced (those of which less is recorded than they have),
model, dataset, seed (of the first repetition), split_sizes, the samples that each split has, of which some may be
recorded (absent: all are), pooled_by, how layers of all tokens of a sample became one vector, in words (absent: none
did), class_names (absent where nobody gave any), and in_order, false where nobody said in which order layers are; of a
layer: `low` and `high`, its smallest and largest activation, a list of epochs for each repetition; null where it
diverged, and so was not stored. Gradients, where they are kept, have a group of their own (`stored_gradients`).
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr

from infoplane.errors import UserError
from infoplane.information import NoiseKind
from infoplane.storage import store
from infoplane.storage.stored_rows import StoredRows

KIND, SCHEMA_VERSION = "activations", 4
FLOAT32 = np.dtype(np.float32).itemsize


class Recorded(NamedTuple):
    """One layer at one epoch: t of shape (n, *unit), noise_std that broadcasts against it (None without noise)."""

    t: np.ndarray
    noise_kind: NoiseKind | None
    noise_std: np.ndarray | None


class Activations:
    """A finished store, read one layer and a few epochs at a time.

    Attributes:
        repetitions: how many networks were trained, each from a seed of its own.
        epochs: the recorded epochs, ascending; 0 is before training.
        layers: layer names in the network's order.
        output: the one that gives the logits; None if it was not recorded.
        splits: the recorded splits.
        reduced: the layers of which less is recorded than they have; reduce: how.
        class_names: of classes 0, 1, ...; empty where nobody gave any.
        in_order: each layer is computed from the one before it, as far as is known.
        is_chain: the same, and T is all of each layer.

    Args:
        path: of the store.
        root: its root group, where it has been opened elsewhere (`storage.revisions`); the path is for errors then.
        check_files: of `store.open_store`.

    Raises:
        UserError: the store is missing, unfinished, damaged or of another schema version.
    """

    def __init__(self, path: Path, root: zarr.Group | None = None, *, check_files: bool = True):
        self.path = path
        if root is None:
            root = store.open_store(path, KIND, SCHEMA_VERSION, check_files=check_files)
        self.root = root
        attributes = store.attributes(self.root)
        self.repetitions: int = attributes["repetitions"]
        self.epochs: list[int] = attributes["epochs"]
        self.layers: list[str] = attributes["layers"]
        self.output: str | None = attributes["output"]
        self.splits: list[str] = attributes["splits"]
        self.reduced: list[str] = attributes.get("reduced", [])
        self.reduce: str = attributes.get("reduce", "none")
        self.class_names: list[str] = attributes.get("class_names", [])
        self.in_order: bool = bool(attributes.get("in_order", True))
        self.is_chain = self.in_order and not self.reduced
        self._split_sizes: dict[str, int] = attributes.get("split_sizes", {})

    def samples(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """x flattened to shape (n, d_x), float32, and y of shape (n,), int64."""
        x, y = (store.read_array(self.path, store.array_at(self.root, f"{split}/{name}")) for name in ("x", "y"))
        # Tokens are int64: estimators see their numbers as coordinates, exact below 2^24.
        return x.reshape(len(x), -1).astype(np.float32, copy=False), y

    def inputs(self, split: str) -> StoredRows:
        """x as it was recorded, shape (n, ...), still on the disk."""
        return StoredRows.whole(self.path, store.array_at(self.root, f"{split}/x"))

    def stored_layer(self, split: str, layer: str, repetition: int, epoch: int) -> StoredRows:
        """t of a layer at the epoch with this index, shape (n, *unit), still on the disk."""
        return StoredRows.whole(self.path, store.array_at(self.root, f"{split}/layers/{layer}/t"), (repetition, epoch))

    def noise(self, split: str, layer: str, repetition: int, epoch: int) -> tuple[NoiseKind, StoredRows] | None:
        """The noise that a layer injects at the epoch with this index, of one row where all samples share it."""
        kind = self._attributes(split, layer).get("noise_kind")
        if kind is None:
            return None
        array = store.array_at(self.root, f"{split}/layers/{layer}/noise_std")
        return kind, StoredRows.whole(self.path, array, (repetition, epoch))

    def labels(self, split: str) -> np.ndarray:
        """y of shape (n,), int64."""
        return store.read_array(self.path, store.array_at(self.root, f"{split}/y"))

    def shape(self, split: str, layer: str) -> tuple[int, ...]:
        """The shape (n, *unit) of a layer at an epoch."""
        return store.array_at(self.root, f"{split}/layers/{layer}/t").shape[2:]

    def rows(self, split: str, layer: str, epoch: int, start: int, stop: int) -> Recorded:
        """Some samples of a layer of the first repetition, units in their places.

        Args:
            epoch: its index.
            start, stop: the first sample, and the one after the last.
        """
        path = f"{split}/layers/{layer}"
        t = store.read_array(self.path, store.array_at(self.root, f"{path}/t"), (0, epoch, slice(start, stop)))
        kind = self._attributes(split, layer).get("noise_kind")
        if kind is None:
            return Recorded(t, None, None)
        array = store.array_at(self.root, f"{path}/noise_std")
        rows = slice(start, stop) if array.shape[2] > 1 else slice(None)
        return Recorded(t, kind, store.read_array(self.path, array, (0, epoch, rows)))

    def layer_bytes(self, split: str, layer: str) -> int:
        """Bytes of a layer at one epoch."""
        return FLOAT32 * math.prod(self.shape(split, layer))

    def input_bytes(self, split: str) -> int:
        """Bytes of x as `samples` has it."""
        return FLOAT32 * math.prod(self.inputs(split).shape)

    def split_size(self, split: str) -> int:
        """How many samples the split has, of which those recorded are a part; those recorded, where nobody said."""
        return self._split_sizes.get(split, store.array_at(self.root, f"{split}/y").shape[0])

    def layer(self, split: str, layer: str, epochs: slice, repetition: int = 0) -> Recorded:
        """One layer at the epochs with these indices, units flattened: t of shape (e, n, d_t), float32.

        Raises:
            UserError: a part is damaged or missing; names the file, the layer and the epoch.
        """
        noise_kind = self._attributes(split, layer).get("noise_kind")
        t = self._read(split, layer, "t", repetition, epochs)
        noise_std = None if noise_kind is None else self._read(split, layer, "noise_std", repetition, epochs)
        return Recorded(t, noise_kind, noise_std)

    def largest(self, epochs: int) -> int:
        """Bytes of memory for a split's samples and, twice, the largest layer at so many epochs."""

        def size(split: str, layer: str) -> int:
            shape = store.array_at(self.root, f"{split}/layers/{layer}/t").shape
            return FLOAT32 * min(epochs, shape[1]) * math.prod(shape[2:])

        samples = max(FLOAT32 * math.prod(store.array_at(self.root, f"{split}/x").shape) for split in self.splits)
        return samples + 2 * max(size(split, layer) for split in self.splits for layer in self.layers)

    def diverged(self, split: str, layer: str, repetition: int = 0) -> list[bool]:
        """For each recorded epoch whether the layer's activations were not finite, and so are not here."""
        return [low is None for low in self._attributes(split, layer)["low"][repetition]]

    def extent(self, split: str, layer: str, repetition: int = 0) -> dict[str, tuple[float, float]]:
        """The smallest and the largest activation over all epochs, of this `layer` and of all layers (`global`).

        Epochs at which a layer diverged do not count; a layer that always did has the extent (0, 0).
        """
        extents = {}
        for name in self.layers:
            attributes = self._attributes(split, name)
            low, high = ([end for end in attributes[key][repetition] if end is not None] for key in ("low", "high"))
            if low:
                extents[name] = min(low), max(high)
        lows, highs = zip(*extents.values(), strict=True) if extents else ((0.0,), (0.0,))
        return {"layer": extents.get(layer, (0.0, 0.0)), "global": (min(lows), max(highs))}

    def _attributes(self, split: str, layer: str) -> dict[str, Any]:
        return store.attributes(store.group_at(self.root, f"{split}/layers/{layer}"))

    def _read(self, split: str, layer: str, name: str, repetition: int, epochs: slice) -> np.ndarray:
        array = store.array_at(self.root, f"{split}/layers/{layer}/{name}")
        try:
            values = store.read_array(self.path, array, (repetition, epochs))
        except UserError:
            # One epoch at a time, to name the one whose file is damaged.
            for index in range(*epochs.indices(len(self.epochs))):
                place = f"layer {layer}, epoch {self.epochs[index]} of {split}: "
                store.read_array(self.path, array, (repetition, index), place=place)
            raise
        return values.reshape(*values.shape[:2], -1)
