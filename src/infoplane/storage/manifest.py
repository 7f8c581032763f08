"""A store's list of its own files, with which a lost, shortened or changed file is found before it is read.

Files that lie elsewhere (`objects`) are in it with their SHA-256.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from infoplane.errors import UserError
from infoplane.storage.objects import Objects, Sending, Sent, crc32c

NAME = "manifest.json"


def write(folder: Path, sending: Sending | None = None) -> None:
    """Write size and CRC-32C of every file in the folder and of those that were sent, and the SHA-256 of that list."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    files = {path.relative_to(folder).as_posix(): [path.stat().st_size, crc32c(path)] for path in paths}
    if sending is not None:
        files |= {name: list(sent) for name, sent in sorted(sending.files.items())}
    (folder / NAME).write_text(json.dumps({"files": files, "sha256": _list_digest(files)}, indent=1) + "\n")


def check(folder: Path, objects: Objects | None = None) -> None:
    """Check that every file is there in its size, and the content of those that describe others.

    The content of arrays has checksums of its own, which are checked when it is read.

    Args:
        objects: where files of the store are that are not in the folder.

    Raises:
        UserError: names the first file that is lost or damaged, or says why objects cannot be listed.
    """
    files = read(folder)
    sizes = objects.sizes() if objects else {}
    for name, sent in sent_files(files).items():
        assert objects is not None
        if (size := sizes.get(sent.sha256)) != sent.size:
            found = "is missing" if size is None else f"has {size} bytes, not {sent.size}"
            raise UserError(f"{objects.address(sent.sha256)} ({name}) {found}: run `dvc repro --force train`")
    for name, (size, digest, *sha256) in files.items():
        if sha256:
            continue
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path} is missing: remove {folder} and run `dvc repro`")
        if path.stat().st_size != size:
            raise UserError(
                f"{path} has {path.stat().st_size} bytes, not the {size} that were written: "
                f"remove {folder} and run `dvc repro`"
            )
        if path.suffix == ".json" and crc32c(path) != digest:
            raise UserError(f"{path} is damaged (its CRC-32C is another): remove {folder} and run `dvc repro`")


def sent_files(files: dict[str, list]) -> dict[str, Sent]:
    """Those files of a manifest's list that are objects."""
    return {name: Sent(*entry) for name, entry in files.items() if len(entry) == len(Sent._fields)}


def read(folder: Path) -> dict[str, list]:
    """Size and CRC-32C of each file of the store in this folder, and the SHA-256 of those that are objects.

    Raises:
        UserError: it is missing or damaged.
    """
    path = folder / NAME
    try:
        if (files := parsed(path.read_bytes())) is not None:
            return files
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: remove {folder} and run `dvc repro`") from error
    raise UserError(f"{path} is damaged: remove {folder} and run `dvc repro`")


def parsed(text: bytes | str) -> dict[str, list] | None:
    """The list of a manifest's text; None where it is damaged."""
    try:
        content: Any = json.loads(text)
        files = content["files"]
        return files if content["sha256"] == _list_digest(files) else None
    except (ValueError, KeyError, TypeError):
        return None


def _list_digest(files: dict[str, list]) -> str:
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()
