"""A command of a pipeline's, started as a session of its own, to be watched, stopped or killed."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

TIMEOUT = 600
RUNS = r"Running stage '([^']+)'"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs so, and what they start ignores Ctrl-C as they do.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Running:
    """A process and what it has printed."""

    def __init__(self, command: tuple[str, ...], folder: Path, env: Mapping[str, str]):
        # Not beside the pipeline, whose disk may be full.
        self.log = Path(tempfile.mkdtemp()) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    @property
    def stage(self) -> str | None:
        """The stage that `dvc repro` has begun last."""
        return ([None, *re.findall(RUNS, self.output)])[-1]

    def end(self) -> tuple[int, str]:
        """Wait for its end: its status and what it printed."""
        status = self.process.wait(TIMEOUT)
        return status, self.output

    def send(self, number: signal.Signals, *, to_all: bool) -> None:
        """Send a signal to the process, or to all that it has started, as a terminal does."""
        (os.killpg if to_all else os.kill)(self.process.pid, number)

    def seconds_to_end(self) -> float:
        """Wait until the process and all that it has started have ended."""
        started = time.monotonic()
        while time.monotonic() - started < TIMEOUT and self._lives():
            time.sleep(0.02)
        return time.monotonic() - started

    def _lives(self) -> bool:
        """Whether a process of the group runs; one that has ended may wait long for another to take note of it."""
        self.process.poll()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(group) == self.process.pid and state != "Z":
                return True
        return False
