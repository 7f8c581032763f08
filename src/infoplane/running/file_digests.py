"""SHA-256 of files of the user's own, which may be many or large: kept while a file's size and time stay the same.

The file in which they are kept is safe to remove: it is made anew.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

SETTLED_NS = 2_000_000_000
"""A file that changed less long ago may change again within one tick of the disk's clock: its hash is not kept."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_sha256(paths: Iterable[Path], kept_in: Path) -> dict[Path, str]:
    """The SHA-256 of each file; a file is read where its size or time is another than when it was read before.

    Args:
        kept_in: a JSON file, replaced when there is something new; only these files stay in it.
    """
    before = _read(kept_in)
    digests, kept = {}, {}
    for path in paths:
        now, stat = time.time_ns(), path.stat()
        identity = [stat.st_size, stat.st_mtime_ns]
        entry = before.get(path.as_posix())
        known = entry[2] if isinstance(entry, list) and len(entry) == 3 and entry[:2] == identity else None
        digests[path] = known or sha256(path)
        if now - stat.st_mtime_ns > SETTLED_NS:
            kept[path.as_posix()] = [*identity, digests[path]]
    if kept != before:
        unfinished = kept_in.with_name(kept_in.name + ".unfinished")
        unfinished.write_text(json.dumps(kept, indent=1) + "\n")
        unfinished.replace(kept_in)
    return digests


def _read(path: Path) -> dict[str, list]:
    try:
        content = json.loads(path.read_bytes())
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):
        return {}
