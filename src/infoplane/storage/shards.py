"""Several epochs of a layer in one file: zarr's shards, made of the files that an epoch left.

A shard is its chunks one after another, as they would lie in files of their own, and an index of where each begins and
how long it is. So files are put together as they are, when all are there: a shard that grew with each epoch would have
to be written anew each time, and a kill would cost all epochs that it has.

References: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/ on the format.
"""

import json
import math
import os
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

ABSENT = 2**64 - 1
"""In an index: there is no such chunk."""
INDEX_CODECS = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]


def pack(store: Path, epochs: int) -> None:
    """Put so many epochs of each layer of a store into one file, in place; attributes and values stay as they are.

    Args:
        store: of activations, of a file or more an epoch.
    """
    for description in sorted(store.glob("*/layers/*/*/zarr.json")):
        _pack_array(description.parent, epochs)


def _pack_array(folder: Path, epochs: int) -> None:
    description: dict[str, Any] = json.loads((folder / "zarr.json").read_text())
    inner, shape = description["chunk_grid"]["configuration"]["chunk_shape"], description["shape"]
    counts = [math.ceil(of_all / of_one) for of_all, of_one in zip(shape, inner, strict=True)]
    packed = folder / "packed"
    for repetition, first in product(range(counts[0]), range(0, counts[1], epochs)):
        numbers = product(range(first, first + epochs), *map(range, counts[2:]))
        files = [folder.joinpath("c", str(repetition), *map(str, place)) for place in numbers]
        if not any(file.exists() for file in files):  # a layer that has diverged
            continue
        shard = packed.joinpath(str(repetition), str(first // epochs), *["0"] * len(counts[2:]))
        shard.parent.mkdir(parents=True)
        _write_shard(shard, files)
    shutil.rmtree(folder / "c", ignore_errors=True)
    if packed.exists():
        packed.rename(folder / "c")
    # another file: this one may be a second name of one that is still needed
    (folder / "zarr.json.new").write_text(json.dumps(_sharded(description, inner, counts, epochs), indent=2))
    (folder / "zarr.json.new").replace(folder / "zarr.json")


def _write_shard(shard: Path, files: list[Path]) -> None:
    """One shard of these chunks, in the order of its index; those that are in it are removed."""
    index = np.full((len(files), 2), ABSENT, dtype="<u8")
    with shard.open("wb") as target:
        for place, file in enumerate(files):
            if file.exists():
                index[place] = target.tell(), file.stat().st_size
                with file.open("rb") as source:
                    shutil.copyfileobj(source, target)
                file.unlink()
        content = index.tobytes()
        target.write(content + google_crc32c.value(content).to_bytes(4, "little"))
        target.flush()
        os.fsync(target.fileno())


def _sharded(description: dict[str, Any], inner: list[int], counts: list[int], epochs: int) -> dict[str, Any]:
    """How zarr describes the array when all samples of so many epochs are in one file."""
    whole = [size * count for size, count in zip(inner[2:], counts[2:], strict=True)]
    sharding = {
        "chunk_shape": inner,
        "codecs": description["codecs"],
        "index_codecs": INDEX_CODECS,
        "index_location": "end",
    }
    return description | {
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, epochs, *whole]}},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
    }
