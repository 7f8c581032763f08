"""Files of a store that lie elsewhere: below a URL of fsspec, each under the SHA-256 of its content.

The store's own folder keeps what describes it, where the URL stands, and the manifest, which lists the objects. So
equal content has an equal manifest, whoever wrote it, and runs of other content never overwrite each other's.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import google_crc32c

from infoplane.errors import UserError, in_one_line

BLOCK_BYTES = 1 << 24
URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


class Sent(NamedTuple):
    """A file that has become an object: its size, the CRC-32C and the SHA-256 of its content."""

    size: int
    crc32c: int
    sha256: str


def check_url(url: str) -> None:
    """Raise a ValueError unless this is a URL of which the package is installed."""
    from fsspec.core import get_filesystem_class

    if not URL.fullmatch(url):
        raise ValueError("must be an address such as s3://bucket/folder, gs://..., or file:///mnt/large")
    try:
        get_filesystem_class(url.partition("://")[0])
    except ImportError as error:
        raise ValueError(f"needs a package: {error} (s3fs: make extras)") from error


class Objects:
    """The objects below a URL; credentials and the like are those that the file system finds by itself."""

    def __init__(self, url: str):
        import fsspec

        self.url = url.rstrip("/")
        self._files, self._root = self._told("opened", lambda: fsspec.url_to_fs(self.url))

    def try_to_write(self) -> None:
        """Write an empty object, so that what is wrong is told before anything is computed.

        Raises:
            UserError: it cannot be written.
        """
        self._told("written", self._write_empty)

    def _write_empty(self) -> None:
        self._make_folder("infoplane")
        self._files.pipe_file(self._at("infoplane"), b"")

    def put(self, path: Path) -> Sent:
        """Make a file an object, if it is not there yet.

        Raises:
            UserError: it cannot be written.
        """
        with path.open("rb") as file:
            sent = Sent(path.stat().st_size, crc32c(path), hashlib.file_digest(file, "sha256").hexdigest())
        name = _name(sent.sha256)

        def write() -> None:
            try:
                is_there = self._files.info(self._at(name))["size"] == sent.size
            except FileNotFoundError:
                is_there = False
            if not is_there:
                self._make_folder(name)
                self._files.put_file(str(path), self._at(name))

        self._told("written", write)
        return sent

    def get(self, sha256: str, start: int | None = None, end: int | None = None) -> bytes:
        """An object, or the bytes from `start`, which may count from the end, up to `end`.

        Raises:
            UserError: it is missing or cannot be read.
        """
        name = _name(sha256)
        try:
            return self._told("read", lambda: self._files.cat_file(self._at(name), start=start, end=end))
        except FileNotFoundError as error:
            raise UserError(f"{self.url}/{name} is missing: run `dvc repro --force train`") from error

    def sizes(self) -> dict[str, int]:
        """The size of every object by its SHA-256.

        Raises:
            UserError: they cannot be listed.
        """

        def listed() -> dict[str, dict[str, Any]]:
            self._files.invalidate_cache()
            try:
                return self._files.find(self._root, detail=True)
            except FileNotFoundError:
                return {}

        found = self._told("listed", listed)
        return {"".join(path.split("/")[-2:]): info["size"] for path, info in found.items()}

    def address(self, sha256: str) -> str:
        """Where an object is, for errors."""
        return f"{self.url}/{_name(sha256)}"

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _make_folder(self, name: str) -> None:
        if not self._is_flat:
            self._files.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)

    @property
    def _is_flat(self) -> bool:
        """Whether folders are but parts of names; buckets are not made here."""
        protocol = self._files.protocol
        return bool({"s3", "gs", "gcs", "abfs", "az"} & set([protocol] if isinstance(protocol, str) else protocol))

    def _told(self, done: str, work: Callable[[], Any]) -> Any:
        """Do something there, errors in one line, but for a file that is not there."""
        try:
            return work()
        except FileNotFoundError:
            if done in ("read", "listed"):
                raise
            raise UserError(f"{self.url} cannot be {done}: there is no such bucket or folder") from None
        except Exception as error:  # each file system and its network have errors of their own
            raise UserError(f"{self.url} cannot be {done} ({in_one_line(error)})") from error


class Sending:
    """Files of a store on their way: those that have become objects, by their names in the store."""

    def __init__(self, objects: Objects):
        self.objects = objects
        self.files: dict[str, Sent] = {}

    def take(self, path: Path, store: Path) -> tuple[str, Sent]:
        """Make a file of a store an object and remove it, with the folders that it leaves empty; its name there."""
        name = path.relative_to(store).as_posix()
        self.files[name] = sent = self.objects.put(path)
        path.unlink()
        with suppress(OSError):  # not empty
            for folder in path.relative_to(store).parents:
                (store / folder).rmdir()
        return name, sent


def crc32c(path: Path) -> int:
    """The CRC-32C of a file: five times as fast as SHA-256, against rot and not against malice."""
    found = google_crc32c.Checksum()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            found.update(block)
    return int.from_bytes(found.digest(), "big")


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"
