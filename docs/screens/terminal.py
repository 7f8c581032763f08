"""A shell that types one command after another, and what its screen shows."""

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

COLUMNS = 110
TOKENS = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b.|[\r\n\b])")


class Typed(NamedTuple):
    """A command's end: what the screen shows of it, its status (None: it was ended here), and how long it took."""

    screen: str
    status: int | None
    seconds: float


class Shell:
    """A bash whose folder and environment last from one command to the next.

    Args:
        folder: where it begins.
        env: with what environment.
        state: a file of its own, for what lasts.
    """

    def __init__(self, folder: Path, env: dict[str, str], state: Path):
        self.env, self.state, self.folder = env, state, folder
        self.enter(folder)

    def enter(self, folder: Path) -> None:
        """Begin anew in a folder, as in a new window."""
        self.state.write_text(f"cd {shlex.quote(str(folder))}\n")

    def type(self, command: str, limit: float = 600) -> Typed:
        """Run a command on a terminal of its own until it ends; it is ended after so many seconds."""
        state = shlex.quote(str(self.state))
        script = (
            f". {state}\n{command}\nstatus=$?\n{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > {state}\nexit $status"
        )
        here, there = pty.openpty()
        started = time.monotonic()
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self.folder, env=self.env, stdin=there, stdout=there, stderr=there,
            start_new_session=True,
        )  # fmt: skip
        os.close(there)
        written = bytearray()
        while time.monotonic() - started < limit:
            # A daemon that the command leaves behind keeps the terminal open.
            if select.select([here], [], [], 0.2)[0]:
                try:
                    part = os.read(here, 1 << 16)
                except OSError:
                    break
                if not part:
                    break
                written += part
            elif process.poll() is not None:
                break
        ended = process.poll() is None and time.monotonic() - started >= limit
        if ended:
            os.killpg(process.pid, signal.SIGTERM)
        status = process.wait()
        os.close(here)
        return Typed(screen(written.decode(errors="replace")), None if ended else status, time.monotonic() - started)


def screen(written: str) -> str:
    """What a terminal shows in the end: progress bars as they stood last."""
    lines, row, column = [""], 0, 0
    for token in TOKENS.split(written):
        if token == "\n":
            row += 1
        elif token == "\r":
            column = 0
        elif token == "\b":
            column = max(column - 1, 0)
        elif token.startswith("\x1b["):
            count = int(re.sub(r"\D", "", token) or 1)
            if token[-1] == "A":
                row = max(row - count, 0)
            elif token[-1] == "B":
                row += count
            elif token[-1] == "K":
                lines[row] = "" if token == "\x1b[2K" else lines[row][:column]
        elif token and not token.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + token + lines[row][column + len(token) :]
            column += len(token)
        lines += [""] * (row + 1 - len(lines))
    return "\n".join(line.rstrip() for line in lines).strip("\n")
