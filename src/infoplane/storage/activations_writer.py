"""Filling data/activations.zarr (its layout: `activations`) so that an interrupted training can go on with it."""

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from infoplane.errors import UserError
from infoplane.storage import manifest, store
from infoplane.storage.activations import KIND, SCHEMA_VERSION, Recorded

LAYER = re.compile(r"\w[\w.-]*")
"""Names of layers become those of folders."""


class Writer:
    """Fills a new store, repetition by repetition, in ascending order of the recorded epochs.

    Args:
        allow_diverged: leave out activations that are not finite, and note that, in place of an error.
        restored: for each repetition what `state` gave, where the store was begun before, or None.
    """

    def __init__(
        self, root: zarr.Group, folder: Path, epochs: list[int], allow_diverged: bool, restored: Sequence[dict | None]
    ):
        self.root, self.folder, self.epochs = root, folder, epochs
        self.repetitions, self.allow_diverged = len(restored), allow_diverged
        self.notes = [state["layers"] if state else {} for state in restored]
        self.files = [state["files"] if state else {} for state in restored]
        self._descriptions: dict[str, str | None] = {}
        self._arrays: dict[str, zarr.Array] = {}

    def add_split(self, split: str, x: np.ndarray, y: np.ndarray) -> None:
        """Write the samples of a split: x of shape (n, ...), y of shape (n,)."""
        group = self.root.require_group(split)
        for name, values in (("x", x), ("y", y)):
            store.add_array(group, name, values.shape, str(values.dtype), sample_axis=0)[...] = values

    def add_epoch(self, split: str, repetition: int, epoch: int, layers: dict[str, Recorded]) -> None:
        """Write every layer's activations after one of the recorded epochs.

        Raises:
            UserError: an activation is not finite; names layer, split and epoch. Or a layer's name is no file name.
        """
        index = repetition, self.epochs.index(epoch)
        for layer, (t, noise_kind, noise_std) in layers.items():
            if not LAYER.fullmatch(layer):
                raise UserError(f"layer {layer!r}: the name becomes that of a folder: letters, digits, - _ . alone")
            path = f"{split}/layers/{layer}"
            arrays = {"t": t} if noise_std is None else {"t": t, "noise_std": noise_std}
            for name, values in arrays.items():
                self._require_array(path, name, (self.repetitions, len(self.epochs), *values.shape))
            note = self.notes[repetition].setdefault(path, {"noise_kind": noise_kind, "extents": []})
            extents = {name: (float(values.min()), float(values.max())) for name, values in arrays.items()}
            # Smallest and largest value of an array with a NaN are NaN.
            if not np.isfinite(list(extents.values())).all():
                if not self.allow_diverged:
                    raise UserError(
                        f"layer {layer} holds a NaN or an infinity on {split} after epoch {epoch}: mend the network or "
                        "its training, or set record.allow_diverged to flag such points"
                    )
                note["extents"].append(None)
                continue
            for name, values in arrays.items():
                # What an interrupted run has left may be damaged, and zarr reads what is there before it writes.
                shutil.rmtree(self._folder_of(f"{path}/{name}", index), ignore_errors=True)
                self._arrays[f"{path}/{name}"][index] = values
                self._note_files(f"{path}/{name}", index)
            note["extents"].append(extents["t"])

    def _require_array(self, path: str, name: str, shape: tuple[int, ...]) -> None:
        place = f"{path}/{name}"
        if place in self._arrays:
            return
        if place in self.root:
            self._arrays[place] = store.array_at(self.root, place)
        else:
            self._arrays[place] = store.add_array(self.root.require_group(path), name, shape, "float32", sample_axis=2)
            self._descriptions.clear()

    def units(self) -> dict[str, int]:
        """The number of units of each layer."""
        arrays = {Path(path).name: store.array_at(self.root, f"{path}/t") for path in self.notes[0]}
        return {layer: math.prod(array.shape[3:]) for layer, array in arrays.items()}

    def state(self, repetition: int) -> dict:
        """All that `create` needs to go on with a repetition, as JSON can hold it."""
        if not self._descriptions:
            names = {path.relative_to(self.folder): path for path in self.folder.rglob("zarr.json")}
            # x and y are always written anew.
            of_layers = {name: path for name, path in names.items() if name.parts[1:2] not in (("x",), ("y",))}
            self._descriptions = {name.as_posix(): _description_digest(path) for name, path in of_layers.items()}
        return {"layers": self.notes[repetition], "files": self.files[repetition], "descriptions": self._descriptions}

    def finish(self, *, output: str | None = None, **attributes: str | int | Sequence[str] | dict[str, int]) -> None:
        """Write the attributes of the store (`activations`): layers in order, the output among them, and others."""
        for path, note in self.notes[0].items():
            extents = [[extent or (None, None) for extent in notes[path]["extents"]] for notes in self.notes]
            low, high = ([[extent[i] for extent in epochs] for epochs in extents] for i in (0, 1))
            of_layer: dict[str, Any] = {"low": low, "high": high}
            if note["noise_kind"]:
                of_layer = {"noise_kind": note["noise_kind"], **of_layer}
            self.root[path].attrs.put(of_layer)
        self.root.attrs.put({"repetitions": self.repetitions, "epochs": self.epochs, "output": output, **attributes})

    def _folder_of(self, name: str, index: tuple[int, int]) -> Path:
        repetition, epoch = index
        return self.folder / name / "c" / str(repetition) / str(epoch)

    def _note_files(self, name: str, index: tuple[int, int]) -> None:
        """Note the checksums of the files of one entry, which are on the disk then, and not in memory alone."""
        repetition, _ = index
        for path in self._folder_of(name, index).rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                self.files[repetition][path.relative_to(self.folder).as_posix()] = manifest.crc32c(path)


def is_intact(folder: Path, states: Sequence[dict]) -> bool:
    """Whether all files that these states of a writer list are still there and unchanged."""
    return all(
        (folder / name).is_file() and digest_of(folder / name) == digest
        for state in states
        for files, digest_of in ((state["files"], manifest.crc32c), (state["descriptions"], _description_digest))
        for name, digest in files.items()
    )


def _description_digest(path: Path) -> str | None:
    """A checksum of how zarr stores an array, without its attributes, which are written anew at the end."""
    try:
        content = json.loads(path.read_bytes())
        content.pop("attributes", None)
    except (ValueError, AttributeError):
        return None
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@contextmanager
def create(
    path: Path,
    epochs: list[int],
    repetitions: int = 1,
    *,
    allow_diverged: bool = False,
    at: Path | None = None,
    restored: Sequence[dict | None] | None = None,
) -> Iterator[Writer]:
    """Yield the writer of a new store that takes its place at `path` when the block ends without an error.

    Args:
        allow_diverged, restored: see `Writer`.
        at: see `infoplane.storage.store.create`.
    """
    with store.create(path, KIND, SCHEMA_VERSION, at=at) as root:
        yield Writer(root, store.folder_of(path, at), epochs, allow_diverged, restored or [None] * repetitions)
