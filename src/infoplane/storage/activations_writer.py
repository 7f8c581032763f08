"""Filling data/activations.zarr (its layout: `activations`) so that an interrupted training can go on with it."""

import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from infoplane.errors import UserError
from infoplane.storage import manifest, shards, store
from infoplane.storage.activations import KIND, SCHEMA_VERSION, Recorded
from infoplane.storage.entry import Entry
from infoplane.storage.objects import Objects, Sending, Sent
from infoplane.storage.writer_states import description_digest

LAYER = re.compile(r"\w[\w.-]*")
"""Names of layers become those of folders."""


class Writer:
    """Fills a new store, repetition by repetition, in ascending order of the recorded epochs.

    Args:
        allow_diverged: leave out activations that are not finite, and note that, in place of an error.
        restored: for each repetition what `state` gave, where the store was begun before, or None.
        sending: what makes objects of files, where these do not stay in the folder.
    """

    def __init__(
        self,
        root: zarr.Group,
        folder: Path,
        epochs: list[int],
        allow_diverged: bool,
        restored: Sequence[dict | None],
        sending: Sending | None = None,
    ):
        self.root, self.folder, self.epochs = root, folder, epochs
        self.repetitions, self.allow_diverged = len(restored), allow_diverged
        self.notes = [state["layers"] if state else {} for state in restored]
        self.files = [state["files"] if state else {} for state in restored]
        self.sent = [state["sent"] if state else {} for state in restored]
        self._sending = sending
        if sending is not None:
            sending.files |= {name: Sent(*entry) for of_one in self.sent for name, entry in of_one.items()}
        self._descriptions: dict[str, str | None] = {}
        self._arrays: dict[str, zarr.Array] = {}

    def add_split(self, split: str, x: Any, y: np.ndarray) -> None:
        """Write the samples of a split: x of shape (n, ...), which may be read as it is sliced, and y of shape (n,)."""
        group = self.root.require_group(split)
        for name, values in (("x", x), ("y", y)):
            store.fill(store.add_array(group, name, values.shape, str(values.dtype), sample_axis=0), values)

    def add_to_epochs(self, epoch: int) -> None:
        """Make room for one more epoch, where it was not known at the beginning how many there will be."""
        self.epochs.append(epoch)
        for array in self._arrays.values():
            self._fit(array)

    def end_at(self, epoch: int) -> None:
        """Make this the last recorded epoch, before it is written: the training has ended there."""
        self.epochs = [*(each for each in self.epochs if each < epoch), epoch]

    def add_epoch(self, split: str, repetition: int, epoch: int, layers: dict[str, Recorded]) -> None:
        """Write every layer's activations after one of the recorded epochs.

        Raises:
            UserError: as `LayerEpoch.add` does.
        """
        for layer, recorded in layers.items():
            whole = LayerEpoch(self, split, repetition, epoch, layer, len(recorded.t))
            whole.add(recorded)
            whole.finish()

    def require_array(self, path: str, name: str, shape: tuple[int, ...]) -> zarr.Array:
        """An array of all repetitions and epochs, made where it is not there yet."""
        place = f"{path}/{name}"
        if place in self._arrays:
            return self._arrays[place]
        if place in self.root:
            self._arrays[place] = array = store.array_at(self.root, place)
            self._fit(array)
        else:
            self._arrays[place] = store.add_array(self.root.require_group(path), name, shape, "float32", sample_axis=2)
            self._descriptions.clear()
        return self._arrays[place]

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
            self._descriptions = {name.as_posix(): description_digest(path) for name, path in of_layers.items()}
        of_files = {"files": self.files[repetition], "sent": self.sent[repetition]}
        return {"layers": self.notes[repetition], **of_files, "descriptions": self._descriptions}

    def finish(self, *, output: str | None = None, **attributes: str | int | Sequence[str] | dict[str, int]) -> None:
        """Write the attributes of the store (`activations`): layers in order, the output among them, and others."""
        for path, note in self.notes[0].items():
            extents = [[extent or (None, None) for extent in notes[path]["extents"]] for notes in self.notes]
            low, high = ([[extent[i] for extent in epochs] for epochs in extents] for i in (0, 1))
            of_layer: dict[str, Any] = {"low": low, "high": high}
            if note["noise_kind"]:
                of_layer = {"noise_kind": note["noise_kind"], **of_layer}
            self.root[path].attrs.put(of_layer)
            for name in store.group_at(self.root, path).array_keys():
                self.fit(f"{path}/{name}")
        self.root.attrs.put({"repetitions": self.repetitions, "epochs": self.epochs, "output": output, **attributes})

    def fit(self, place: str) -> None:
        """Let an array, by its name, have the recorded epochs."""
        self._fit(store.array_at(self.root, place))

    def _fit(self, array: zarr.Array) -> None:
        """The same; they are fewer or more where a training ends early or goes on."""
        if array.shape[1] != len(self.epochs):
            array.resize((array.shape[0], len(self.epochs), *array.shape[2:]))

    def folder_of(self, name: str, index: tuple[int, int]) -> Path:
        """Where the files of one entry of an array lie."""
        repetition, epoch = index
        return self.folder / name / "c" / str(repetition) / str(epoch)

    def note_files(self, name: str, index: tuple[int, int]) -> None:
        """Note the checksums of the files of one entry, which are on the disk or objects then, and not in memory."""
        repetition, _ = index
        for path in sorted(path for path in self.folder_of(name, index).rglob("*") if path.is_file()):
            if self._sending is not None:
                file_name, sent = self._sending.take(path, self.folder)
                self.sent[repetition][file_name] = list(sent)
                continue
            with path.open("rb") as file:
                os.fsync(file.fileno())
            self.files[repetition][path.relative_to(self.folder).as_posix()] = manifest.crc32c(path)


class LayerEpoch:
    """One layer after one epoch, written in blocks of samples, in order; no more than a chunk stays in memory.

    Args:
        n: samples of all blocks together.

    Raises:
        UserError: the layer's name is no file name.
    """

    def __init__(self, writer: Writer, split: str, repetition: int, epoch: int, layer: str, n: int):
        check_layer_name(layer)
        self.writer, self.n = writer, n
        self.repetition, self.index = repetition, (repetition, writer.epochs.index(epoch))
        self.path, self.layer, self.when = f"{split}/layers/{layer}", layer, f"on {split} after epoch {epoch}"
        self.noise_kind: str | None = None
        self._entries: dict[str, Entry] = {}

    def add(self, block: Recorded) -> None:
        """Take the next samples.

        Raises:
            UserError: an activation is not finite; names layer, split and epoch.
        """
        self.noise_kind = block.noise_kind
        for name, values in (("t", block.t), ("noise_std", block.noise_std)):
            if values is None:
                continue
            if name not in self._entries:
                # noise that does not depend on the input has one row, also where a block has more
                of_each = name == "t" or len(values) > 1 or (len(block.t) == 1 and block.noise_kind == "lognormal")
                rows = self.n if of_each else 1
                shape = (self.writer.repetitions, len(self.writer.epochs), rows, *values.shape[1:])
                array = self.writer.require_array(self.path, name, shape)
                # What an interrupted run has left may be damaged, and zarr reads what is there before it writes.
                shutil.rmtree(self.writer.folder_of(f"{self.path}/{name}", self.index), ignore_errors=True)
                self._entries[name] = Entry(array, self.index, rows)
            self._entries[name].add(values)
            if not (self._entries[name].is_finite or self.writer.allow_diverged):
                raise UserError(
                    f"layer {self.layer} holds a NaN or an infinity {self.when}: mend the network or its training, or "
                    "set record.allow_diverged to flag such points"
                )

    def finish(self) -> None:
        """Write what is left, and note the extent; nothing stays of activations that are not finite."""
        notes = self.writer.notes[self.repetition]
        note = notes.setdefault(self.path, {"noise_kind": self.noise_kind, "extents": []})
        if not all(entry.is_finite for entry in self._entries.values()):
            for name in self._entries:
                shutil.rmtree(self.writer.folder_of(f"{self.path}/{name}", self.index), ignore_errors=True)
            note["extents"].append(None)
            return
        for name, entry in self._entries.items():
            entry.finish()
            self.writer.note_files(f"{self.path}/{name}", self.index)
        note["extents"].append((self._entries["t"].low, self._entries["t"].high))


def check_layer_name(layer: str, place: str = "") -> None:
    """Raise a UserError, which begins with the place, unless the layer's name can be that of a folder."""
    if not LAYER.fullmatch(layer):
        raise UserError(f"{place}layer {layer!r}: the name becomes that of a folder: letters, digits, - _ . alone")


@contextmanager
def create(
    path: Path,
    epochs: list[int],
    repetitions: int = 1,
    *,
    allow_diverged: bool = False,
    at: Path | None = None,
    restored: Sequence[dict | None] | None = None,
    objects: Objects | None = None,
    shard_epochs: int | None = None,
) -> Iterator[Writer]:
    """Yield the writer of a new store that takes its place at `path` when the block ends without an error.

    Args:
        allow_diverged, restored: see `Writer`.
        at: see `infoplane.storage.store.create`.
        objects: where the activations and samples go, and not to `path`; at the end, where there are shards.
        shard_epochs: epochs of a layer in one file; None: one or more files an epoch.

    Raises:
        UserError: nothing can be written there.
    """
    folder = store.folder_of(path, at)
    sending = None
    if objects is not None:
        objects.try_to_write()
        sending = Sending(objects)
    pack = {} if shard_epochs is None else {"pack": partial(shards.pack, epochs=shard_epochs)}
    with store.create(path, KIND, SCHEMA_VERSION, at=at, sending=sending, **pack) as root:
        at_once = sending if shard_epochs is None else None
        yield Writer(root, folder, epochs, allow_diverged, restored or [None] * repetitions, at_once)
