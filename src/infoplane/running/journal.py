"""A file of results, one a line, each with its checksum: a line that is not whole does not count."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from infoplane.running.unfinished import Work, write_atomically

SYNC_SECONDS = 5.0
"""A kill loses no line; what a loss of power may lose is written to the disk this often."""
JSON = TypeVar("JSON")


class NoJournal:
    """What stands in for a journal where nothing is kept."""

    def __contains__(self, key: Sequence[Any]) -> bool:
        return False

    def recall(self, key: Sequence[Any], compute: Callable[[], JSON]) -> JSON:
        """The result, computed."""
        return compute()


NO_JOURNAL = NoJournal()


class Journal:
    """Results by key, which outlive the process; its length is how many there are.

    Keys are sequences of strings and numbers, results whatever JSON can hold; its floats come back to the bit.
    """

    def __init__(self, work: Work, name: str = "results"):
        self.path = work.folder / name
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        records = {line: record for line in lines if (record := _record(line)) is not None}
        if damaged := len(lines) - len(records):
            work.say(f"{damaged} damaged result{'s' * (damaged > 1)} in {self.path} will be computed again")
        # Written anew, since what is left of a broken line would spoil the next one.
        write_atomically(self.path, b"".join(line + b"\n" for line in records))
        self._results: dict[str, Any] = dict(records.values())
        if self._results:
            work.say(f"goes on after {len(self)} results of an interrupted run")
        self._synced = time.monotonic()

    def __len__(self) -> int:
        return len(self._results)

    def __contains__(self, key: Sequence[Any]) -> bool:
        return json.dumps(key) in self._results

    def recall(self, key: Sequence[Any], compute: Callable[[], JSON]) -> JSON:
        """The result with this key: the one that is kept, or else what `compute` gives, which is kept from now on."""
        name = json.dumps(key)
        if name not in self._results:
            line = _line(name, compute())
            with self.path.open("ab", buffering=0) as file:
                file.write(line)
                if time.monotonic() - self._synced > SYNC_SECONDS:
                    os.fsync(file.fileno())
                    self._synced = time.monotonic()
            self._results[name] = json.loads(line.partition(b" ")[2])[1]  # as a resumed run will read it
        return self._results[name]


def kept(path: Path) -> list[tuple[Any, Any]]:
    """What a journal holds so far, keys and results, while another process may write to it."""
    records = filter(None, map(_record, path.read_bytes().splitlines()))
    return [(json.loads(name), result) for name, result in records]


def _line(name: str, result: Any) -> bytes:
    content = json.dumps([name, result]).encode()
    return hashlib.sha256(content).hexdigest().encode() + b" " + content + b"\n"


def _record(line: bytes) -> tuple[str, Any] | None:
    digest, _, content = line.partition(b" ")
    if hashlib.sha256(content).hexdigest().encode() != digest:
        return None
    name, result = json.loads(content)
    return name, result
