"""What an earlier run has left of a store that is being filled (`activations_writer`), by the states of its writer."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import zarr

from infoplane.storage import manifest, store
from infoplane.storage.objects import Objects, Sent


def epochs_of(folder: Path) -> list[int]:
    """The recorded epochs of a finished store; none where it is damaged."""
    try:
        return store.attributes(zarr.open_group(folder, mode="r"))["epochs"]
    except Exception:  # zarr raises many types, for whatever its description of the store has become
        return []


def first(state: dict, epochs: int) -> dict:
    """A writer's state of a repetition as it was after the first so many recorded epochs."""
    notes = {path: note | {"extents": note["extents"][:epochs]} for path, note in state["layers"].items()}
    # .../c/<repetition>/<epoch>/...
    files = {name: crc for name, crc in state["files"].items() if int(name.split("/c/")[1].split("/")[1]) < epochs}
    return state | {"layers": notes, "files": files}


def is_intact(folder: Path, states: Sequence[dict], objects: Objects | None = None) -> bool:
    """Whether all files that these states of a writer list are still there and unchanged.

    Args:
        objects: where those are that were sent; an object is whole, or it is not there.

    Raises:
        UserError: objects cannot be listed.
    """
    sent = [Sent(*entry) for state in states for entry in state["sent"].values()]
    sizes = objects.sizes() if objects and sent else {}
    return all(sizes.get(each.sha256) == each.size for each in sent) and all(
        (folder / name).is_file() and digest_of(folder / name) == digest
        for state in states
        for files, digest_of in ((state["files"], manifest.crc32c), (state["descriptions"], description_digest))
        for name, digest in files.items()
    )


def description_digest(path: Path) -> str | None:
    """A checksum of how zarr stores an array, without its attributes and the number of its epochs, which may change."""
    try:
        content = json.loads(path.read_bytes())
        content.pop("attributes", None)
        if "shape" in content:
            content["shape"][1] = None
    except (ValueError, AttributeError, TypeError, IndexError):
        return None
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
