"""data/activations.zarr: the only file that knows its layout.

A group per recorded split (`train`, `test` or `all`) with `x`, `y` and, under `layers/<name>/`, `t` of shape
(repetition, epoch, sample, *unit) float32. A layer that injects noise has `noise_std` beside `t`, which broadcasts
against it, and the attribute `noise_kind` (`infoplane.information.Noise`). Attributes of the root: repetitions, epochs,
layers, model, dataset, seed (of the first repetition); of a layer: `low` and `high`, its smallest and largest
activation, a list of epochs for each repetition.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import zarr

from infoplane import store
from infoplane.errors import UserError
from infoplane.information import NoiseKind

KIND, SCHEMA_VERSION = "activations", 2


class Recorded(NamedTuple):
    """One layer at one epoch: t of shape (n, *unit), noise_std that broadcasts against it (None without noise)."""

    t: np.ndarray
    noise_kind: NoiseKind | None
    noise_std: np.ndarray | None


class Writer:
    """Fills a new store, repetition by repetition, in ascending order of the recorded epochs."""

    def __init__(self, root: zarr.Group, epochs: list[int], repetitions: int):
        self.root, self.epochs, self.repetitions = root, epochs, repetitions
        self.extents: dict[str, list[list[tuple[float, float]]]] = {}

    def add_split(self, split: str, x: np.ndarray, y: np.ndarray) -> None:
        """Write the samples of a split: x of shape (n, ...), y of shape (n,)."""
        group = self.root.create_group(split)
        for name, values in (("x", x), ("y", y)):
            store.add_array(group, name, values.shape, str(values.dtype), sample_axis=0)[...] = values

    def add_epoch(self, split: str, repetition: int, epoch: int, layers: dict[str, Recorded]) -> None:
        """Write every layer's activations after one of the recorded epochs.

        Raises:
            UserError: an activation is not finite; names layer, split and epoch.
        """
        index = repetition, self.epochs.index(epoch)
        for layer, (t, noise_kind, noise_std) in layers.items():
            if not np.isfinite(t).all():
                raise UserError(f"layer {layer} holds a NaN or an infinity on {split} after epoch {epoch}")
            path = f"{split}/layers/{layer}"
            if path not in self.root:
                group = self.root.create_group(path)
                runs = (self.repetitions, len(self.epochs))
                store.add_array(group, "t", (*runs, *t.shape), "float32", sample_axis=2)
                if noise_std is not None:
                    store.add_array(group, "noise_std", (*runs, *noise_std.shape), "float32", sample_axis=2)
                    group.attrs["noise_kind"] = noise_kind
            store.array_at(self.root, f"{path}/t")[index] = t
            if noise_std is not None:
                store.array_at(self.root, f"{path}/noise_std")[index] = noise_std
            extents = self.extents.setdefault(path, [[] for _ in range(self.repetitions)])
            extents[repetition].append((float(t.min()), float(t.max())))

    def finish(self, **attributes: str | int | Sequence[str]) -> None:
        """Write what is known of the whole: model, dataset, seed and the layers in order."""
        for path, extents in self.extents.items():
            low, high = ([[ends[i] for ends in epochs] for epochs in extents] for i in (0, 1))
            self.root[path].attrs.update(low=low, high=high)
        self.root.attrs.update(repetitions=self.repetitions, epochs=self.epochs, **attributes)


@contextmanager
def create(path: Path, epochs: list[int], repetitions: int = 1) -> Iterator[Writer]:
    """Yield the writer of a new store that takes its place at `path` when the block ends without an error."""
    with store.create(path, KIND, SCHEMA_VERSION) as root:
        yield Writer(root, epochs, repetitions)


class Activations:
    """A finished store, read one layer and a few epochs at a time.

    Attributes:
        repetitions: how many networks were trained, each from a seed of its own.
        epochs: the recorded epochs, ascending; 0 is before training.
        layers: layer names in the network's order.
        splits: the recorded splits.

    Raises:
        UserError: the store is missing, unfinished, damaged or of another schema version.
    """

    def __init__(self, path: Path):
        self.path = path
        self.root = store.open_store(path, KIND, SCHEMA_VERSION)
        attributes = store.attributes(self.root)
        self.repetitions: int = attributes["repetitions"]
        self.epochs: list[int] = attributes["epochs"]
        self.layers: list[str] = attributes["layers"]
        self.splits: list[str] = attributes["splits"]

    def samples(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """x flattened to shape (n, d_x), float32, and y of shape (n,), int64."""
        x, y = (store.read_array(self.path, store.array_at(self.root, f"{split}/{name}")) for name in ("x", "y"))
        return x.reshape(len(x), -1), y

    def layer(self, split: str, layer: str, epochs: slice, repetition: int = 0) -> Recorded:
        """One layer at the epochs with these indices, units flattened: t of shape (e, n, d_t), float32."""
        place = f"{split}/layers/{layer}"
        kind = store.attributes(store.group_at(self.root, place)).get("noise_kind")
        index = (repetition, epochs)
        t = self._read(f"{place}/t", index)
        return Recorded(t, kind, None if kind is None else self._read(f"{place}/noise_std", index))

    def extent(self, split: str, layer: str, repetition: int = 0) -> dict[str, tuple[float, float]]:
        """The smallest and the largest activation over all epochs, of this `layer` and of all layers (`global`)."""
        groups = {name: store.attributes(store.group_at(self.root, f"{split}/layers/{name}")) for name in self.layers}
        low = {name: min(attributes["low"][repetition]) for name, attributes in groups.items()}
        high = {name: max(attributes["high"][repetition]) for name, attributes in groups.items()}
        return {"layer": (low[layer], high[layer]), "global": (min(low.values()), max(high.values()))}

    def _read(self, name: str, index: tuple[int, slice]) -> np.ndarray:
        values = store.read_array(self.path, store.array_at(self.root, name), index)
        return values.reshape(*values.shape[:2], -1)
