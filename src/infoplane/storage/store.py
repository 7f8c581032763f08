"""Zarr as both stores use it: codecs, atomic replacement, schema version and completeness mark.

Only a finished store ever stands under its final name: it is written beside it and renamed at the end.
"""

import errno
import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.abc.store import Store
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import LocalStore

from infoplane.errors import UserError, in_one_line
from infoplane.storage import manifest
from infoplane.storage.object_files import WithObjects
from infoplane.storage.objects import Objects, Sending

CHUNK_BYTES = 1 << 24
"""Before compression; a chunk holds whole samples, at least one."""
MISSING_INTEGER = -1
"""What a lost chunk of integers reads as; of floats it is NaN. No data or activation that is stored has either."""


@contextmanager
def create(
    path: Path,
    kind: str,
    version: int,
    *,
    at: Path | None = None,
    pack: Callable[[Path], None] = lambda store: None,
    sending: Sending | None = None,
) -> Iterator[zarr.Group]:
    """Yield the root group of a new store that takes its place at `path` when the block ends without an error.

    Args:
        at: the folder in which it is made, with what is there already, and which stays in any case; without one, the
            store is begun anew beside `path`.
        pack: changes the files of the store before it is complete; those in `at` stay.
        sending: makes objects of all files but those that describe others, and knows those that are objects already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder, unfinished = folder_of(path, at), folder_of(path)
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        root = zarr.open_group(folder, mode="a")
        for torn in folder.rglob("*.partial"):  # of zarr, where it was killed while it wrote a file
            torn.unlink()
        yield root
        root.attrs.update(kind=kind, schema_version=version, complete=True)
        if sending is not None:
            root.attrs["objects"] = sending.objects.url
        if at is not None:
            shutil.copytree(at, unfinished, copy_function=_link)
        pack(unfinished)
        if sending is not None:
            for file in sorted(each for each in unfinished.rglob("*") if each.is_file() and each.suffix != ".json"):
                sending.take(file, unfinished)
        manifest.write(unfinished, sending)
        shutil.rmtree(path, ignore_errors=True)
        unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def folder_of(path: Path, at: Path | None = None) -> Path:
    """Where `create` makes a store."""
    return at or path.with_name(path.name + ".unfinished")


def open_store(path: Path, kind: str, version: int, *, check_files: bool = True) -> zarr.Group:
    """Open a finished store for reading.

    Args:
        check_files: look whether every file is there; of no use where another process has just done so.

    Raises:
        UserError: it is missing, unfinished, damaged, or of another kind or schema version.
    """
    if not path.exists():
        raise UserError(f"{path} is missing: run `dvc repro`")
    try:
        root = zarr.open_group(path, mode="r")
        root.attrs.asdict()
    except Exception as error:  # zarr raises many types, for whatever its description of the store has become
        raise UserError(f"{path} is not a zarr store ({_shortened(error)}): remove it and run `dvc repro`") from error
    check_description(root, path, kind, version)
    url = attributes(root).get("objects")
    objects = None if url is None else Objects(url)
    if check_files:
        manifest.check(path, objects)
    if objects is None:
        return root
    return zarr.open_group(with_objects(LocalStore(path, read_only=True), objects, manifest.read(path)), mode="r")


def with_objects(store: Store, objects: Objects, files: dict[str, list]) -> WithObjects:
    """A store, read-only, together with the objects that its manifest lists."""
    return WithObjects(store, objects, {name: sent.sha256 for name, sent in manifest.sent_files(files).items()})


def check_description(root: zarr.Group, path: Path | str, kind: str, version: int) -> None:
    """Check what a store says of itself.

    Raises:
        UserError: it is unfinished, or of another kind or schema version.
    """
    attributes = root.attrs.asdict()
    if attributes.get("kind") != kind or attributes.get("complete") is not True:
        raise UserError(f"{path} is not a complete store of {kind}: remove it and run `dvc repro`")
    if attributes.get("schema_version") != version:
        raise UserError(
            f"{path} has schema version {attributes.get('schema_version')}, this code reads {version}: run `dvc repro`"
        )


def is_store(path: Path, kind: str) -> bool:
    """Whether this is one of our stores, finished or not, of this kind."""
    try:
        return zarr.open_group(path, mode="r").attrs.get("kind") == kind
    except Exception:  # zarr raises many types where there is something else
        return False


def _shortened(error: Exception) -> str:
    """An error of another library as part of a line."""
    text = in_one_line(error)
    return text if len(text) <= 200 else text[:197] + "..."


def _link(source: str, target: str) -> None:
    """A second name for a file, or a copy where the disk has no such thing; stores are never changed in place."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        shutil.copy2(source, target)


def add_array(group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str, *, sample_axis: int) -> zarr.Array:
    """Create an array of a file a chunk: of one entry of the axes before its samples, whole or in even parts.

    So large entries can be written, as they can be read, with a part in memory at a time. A chunk that fails its
    checksum raises on reading, so that a flipped bit is an error and never a number.
    """
    before, after = (1,) * sample_axis, shape[sample_axis + 1 :]
    samples = max(shape[sample_axis], 1)
    chunks = math.ceil(samples * math.prod(after) * np.dtype(dtype).itemsize / CHUNK_BYTES) or 1
    chunk = math.ceil(samples / chunks)
    return group.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=(*before, chunk, *after),
        compressors=[ZstdCodec(level=1), Crc32cCodec()],
        fill_value=math.nan if dtype == "float32" else MISSING_INTEGER,
        overwrite=True,
        # What spares zarr a comparison of every chunk with the fill value.
        config={"write_empty_chunks": True},
    )


def fill(array: zarr.Array, values: Any) -> None:
    """Write all of an array whose first axis is that of the samples, a chunk at a time.

    Args:
        values: what has the array's shape and can be sliced, such as a numpy array, or one that is read when it is.
    """
    chunk = array.chunks[0]
    for start in range(0, array.shape[0], chunk):
        array[start : start + chunk] = values[start : start + chunk]


def attributes(group: zarr.Group) -> dict[str, Any]:
    """What a group says of itself."""
    return dict(group.attrs)


def array_at(root: zarr.Group, name: str) -> zarr.Array:
    """The array of this name below a store's root.

    Raises:
        UserError: it is not there.
    """
    array = root.get(name)
    if not isinstance(array, zarr.Array):
        raise UserError(f"{root.store_path} has lost its array {name}: remove it and run `dvc repro`")
    return array


def group_at(root: zarr.Group, name: str) -> zarr.Group:
    """The group of this name below a store's root.

    Raises:
        UserError: it is not there.
    """
    group = root.get(name)
    if not isinstance(group, zarr.Group):
        raise UserError(f"{root.store_path} has lost its group {name}: remove it and run `dvc repro`")
    return group


def read_array(path: Path, array: zarr.Array, selection: Any = ..., *, place: str = "") -> np.ndarray:
    """Read part of an array.

    Args:
        place: what is read, for the error; the file's path is added.

    Raises:
        UserError: a chunk is damaged or missing; the message names the array and the selection.
    """
    place += f"{path}/{array.path}" + ("" if selection is ... else f"[{_words(selection)}]")
    try:
        values = np.asarray(array[selection])
    except UserError as error:  # of an object
        raise UserError(f"{place}: {error}") from error
    except Exception as error:  # zarr and its codecs raise many types, from ValueError to RuntimeError
        raise UserError(f"{place} cannot be read ({_shortened(error)}): remove {path} and run `dvc repro`") from error
    if (np.isnan(values) if values.dtype.kind == "f" else values == MISSING_INTEGER).any():
        raise UserError(f"{place} has lost a part: remove {path} and run `dvc repro`")
    return values


def _words(selection: Any) -> str:
    if isinstance(selection, np.ndarray):
        return f"{len(selection)} rows from {selection[0]} to {selection[-1]}"
    return ", ".join(map(_words, selection)) if isinstance(selection, tuple) else str(selection)
