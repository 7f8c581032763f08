"""The workers of a Dask scheduler, on other machines: they see the same files, and run the same code.

Dask gives the unit of a worker that dies to another one, as often as its scheduler allows
(`distributed.scheduler.allowed-failures`). https://distributed.dask.org/en/stable/
"""

import hashlib
import logging
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch

from infoplane.errors import UserError, in_one_line
from infoplane.running import code_files, devices, file_digests, fingerprint
from infoplane.running.workers.threads import Threads

SECONDS = 10
"""For a scheduler to answer."""
FEWEST_AHEAD = 64
"""Units that are submitted at least: further workers may come while they are done."""
NOT_UNDERSTOOD = "Error during deserialization"
"""What Dask says, in a RuntimeError, where its scheduler cannot import what it is given."""
EXTENSIONS = "extensions"
_one_at_a_time = threading.Lock()


@contextmanager
def connect(address: str, stage: str, device: torch.device) -> Iterator["Cluster"]:
    """Yield the scheduler's workers, which are those of others, too, and go on when this process has ended.

    Raises:
        UserError: Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError(f"workers = {address!r}: the package `distributed` is missing: run `make extras`") from error
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # its errors come with the futures
    try:
        client = Client(address, timeout=SECONDS, name="infoplane", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"workers = {address!r}: no scheduler of Dask answers there ({in_one_line(error)})") from error
    if not client.nthreads():
        print(f"{stage}: the scheduler {address} has no workers yet; waiting for some", file=sys.stderr, flush=True)
    try:
        yield Cluster(client, address, device)
    finally:
        client.close(timeout=1)


class Cluster:
    """A pool (`units.Pool`) of the workers of a scheduler.

    Args:
        client: of Dask.
        device: on which units are computed, of whatever machine.
    """

    def __init__(self, client: Any, address: str, device: torch.device):
        self._client, self._address = client, address
        self._executor = client.get_executor(pure=False)
        self._as_here = _AsHere(Path.cwd().resolve(), identity(), Threads.here(), device.type)

    @property
    def ahead(self) -> int:
        """Twice as many units as there are workers at the moment, or more."""
        return max(FEWEST_AHEAD, 2 * sum(self._client.nthreads().values()))

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a function of the package called by a worker, with arguments that can be pickled."""
        told: Future[Any] = Future()
        given = self._executor.submit(_remote, self._as_here, function, arguments)
        given.add_done_callback(lambda future: self._tell(future, name, told))
        return told

    def _tell(self, future: Future[Any], name: str, told: Future[Any]) -> None:
        """Pass a result on, or an error as a user can understand it."""
        if future.cancelled():
            told.set_exception(UserError(f"{name}: the scheduler {self._address} is gone; what is done stays"))
        elif (error := future.exception()) is None:
            told.set_result(future.result())
        elif type(error).__name__ == "KilledWorker":
            told.set_exception(UserError(f"{name}: each worker died that did it (logs of the scheduler tell more)"))
        elif isinstance(error, ImportError) or NOT_UNDERSTOOD in str(error):
            told.set_exception(
                UserError(
                    f"{name}: the scheduler {self._address}, or a worker of it, lacks infoplane or has another one "
                    f"({str(error).splitlines()[0]}): start both with this clone's Python"
                )
            )
        else:
            told.set_exception(error)


class _AsHere(NamedTuple):
    """What a worker must have in common with the process that sends it units."""

    root: Path
    identity: dict[str, str]
    threads: Threads
    device: str


@cache  # of the code as it was loaded: files may change later, and a worker goes on
def identity() -> dict[str, str]:
    """What results depend on beside data and params: versions of packages, the processor, digests of the code."""
    own = Path(EXTENSIONS)
    return {
        "Python": platform.python_version(),
        **{package: version(package) for package in fingerprint.PACKAGES},
        "infoplane": _digest(code_files.PACKAGE),
        EXTENSIONS: _digest(own) if own.is_dir() else "",
    }


def _digest(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    lines = "".join(f"{path.relative_to(folder)} {file_digests.sha256(path)}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def _remote(as_here: _AsHere, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call the function as the process would that sends it.

    A worker of several threads still does one unit at a time: torch's random numbers are the process's.

    Raises:
        UserError: the worker lacks the files, a GPU, or has other code.
    """
    with _one_at_a_time:
        host, root = platform.node(), as_here.root
        if not root.is_dir():
            raise UserError(f"the worker on {host} has no {root}: workers need the clone on a disk that all share")
        os.chdir(root)
        if (extensions := str(root / EXTENSIONS)) not in sys.path:
            sys.path.append(extensions)
        differ = [name for name, value in identity().items() if as_here.identity.get(name) != value]
        if differ:
            values = ", ".join(f"{name} {identity()[name]} for {as_here.identity.get(name)}" for name in differ)
            raise UserError(f"the worker on {host} has {values}: start it again, with this clone's Python")
        if as_here.device == "cuda" and not torch.cuda.is_available():
            raise UserError(f"the worker on {host} has no CUDA device; `device` is one")
        as_here.threads.use()
        devices.deterministic()
        return function(*arguments)
