"""data/.partial/<stage>/: what an interrupted stage had finished, so that the next run goes on from there.

DVC removes a stage's outs before it runs, so this folder lies outside of them. It is used again only where the
fingerprint (`fingerprint`) is that of the run that left it, and where every checksum is right; all else is discarded.

An experiment that runs in a temporary folder (`--temp`, `--queue`) has its own in the clone, data/.experiments/<name>/:
DVC removes the temporary one, and the experiment goes on when it is run again under the same name.

A stage that ends well marks its folder as finished, and the next stage removes it: until DVC has recorded the outs, a
kill would have them computed again.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infoplane import clone

PARTIAL, OF_EXPERIMENTS = Path("data/.partial"), Path("data/.experiments")
LOCK, FINGERPRINT, FINISHED, REMOVED = "lock", "fingerprint.json", "finished", ".removed"
LOCK_FLAGS = os.O_RDWR | os.O_CREAT
DIGEST_BYTES = hashlib.sha256().digest_size


def partial_work() -> Path:
    """The folder of all partial work of this run."""
    name = clone.experiment()
    return clone.root() / OF_EXPERIMENTS / name if name else PARTIAL


class Work:
    """One stage's folder of partial work, held by this process alone.

    Attributes:
        stage: such as `train` or `estimate@binning`.
        folder: where the stage may keep files of its own.
    """

    def __init__(self, stage: str, folder: Path):
        self.stage, self.folder = stage, folder

    def say(self, line: str) -> None:
        """Print a line about the partial work."""
        print(f"{self.stage}: {line}", file=sys.stderr, flush=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that `read` checks: it is there as a whole or not at all."""
        write_atomically(self.folder / name, hashlib.sha256(content).digest() + content)

    def read(self, name: str) -> bytes | None:
        """What was written under this name; None if it is missing, or, with a line that says so, damaged."""
        try:
            stored = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        if hashlib.sha256(content).digest() == digest:
            return content
        self.say(f"{self.folder / name} is damaged and is not used")
        return None

    def clear(self) -> None:
        """Remove everything that the stage has left here."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in (LOCK, FINGERPRINT):
                path.unlink()


@contextmanager
def work(stage: str, fingerprint: Mapping[str, Any]) -> Iterator[Work]:
    """Yield a stage's partial work; what is there when the block ends with an error stays for the next run.

    Waits, and says so, while another process works at the same stage: where `dvc` was killed, its stage may still run.

    Args:
        fingerprint: by name, what the work depends on, as JSON can hold it.
    """
    folder = partial_work() / stage
    lock = _lock(folder, stage)
    try:
        partial = Work(stage, folder)
        _discard_other(partial, json.loads(json.dumps(fingerprint)))
        (folder / FINISHED).unlink(missing_ok=True)
        write_atomically(folder / FINGERPRINT, json.dumps(fingerprint, indent=2).encode())
        yield partial
        write_atomically(folder / FINISHED, b"")
    finally:
        os.close(lock)


def remove_finished(stage: str | None) -> None:
    """Remove the folders that other stages than this have marked as finished: DVC has recorded their outs."""
    with suppress(OSError):  # another process was faster
        for mark in partial_work().glob(f"*/{FINISHED}"):
            if mark.parent.name != stage:
                _set_aside(mark)
        # Also what a kill has left of a removal.
        for folder in partial_work().glob(f"*{REMOVED}"):
            shutil.rmtree(folder, ignore_errors=True)
        partial_work().rmdir()
        (clone.root() / OF_EXPERIMENTS).rmdir()


def size() -> int:
    """Bytes on the disk of all partial work."""
    return sum(path.stat().st_size for path in partial_work().rglob("*") if path.is_file())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, also after a kill or a loss of power."""
    temporary = path.with_name(path.name + ".temporary")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _set_aside(mark: Path) -> None:
    """Rename a finished stage's folder, from which it will be removed, unless a process has begun to work there."""
    folder = mark.parent
    with suppress(OSError):  # held, or removed by another process
        descriptor = os.open(folder / LOCK, LOCK_FLAGS, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if mark.exists():
                folder.rename(folder.with_name(folder.name + REMOVED))
        finally:
            os.close(descriptor)


def _lock(folder: Path, stage: str) -> int:
    """A file descriptor that holds the folder's lock, until it is closed or the process ends, in whatever way."""
    while True:
        with suppress(FileNotFoundError):  # removed by another process since
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / LOCK, LOCK_FLAGS, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(
                    f"{stage}: another process works at this stage; waiting for it to end", file=sys.stderr, flush=True
                )
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Another process may have removed the folder since: then this is the lock of a file that is gone.
            if (folder / LOCK).exists() and os.path.samestat(os.fstat(descriptor), (folder / LOCK).stat()):
                return descriptor
            os.close(descriptor)


def _discard_other(partial: Work, fingerprint: dict[str, Any]) -> None:
    path = partial.folder / FINGERPRINT
    if not path.exists():
        partial.clear()
        return
    try:
        earlier = json.loads(path.read_bytes())
        changed = [name for name in {**earlier, **fingerprint} if earlier.get(name) != fingerprint.get(name)]
    except (ValueError, TypeError):
        changed = [str(path)]
    if changed:
        names = ", ".join(changed[:3]) + f" and {len(changed) - 3} more" * (len(changed) > 3)
        partial.say(f"partial work is discarded, because of a change of {names}")
        partial.clear()
