"""What ends a stage from outside: Ctrl-C, SIGTERM, and the death of the `dvc` that started it.

Partial work is whole at every instant, so that a stage may stop anywhere.
"""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import NoReturn

GRACE_SECONDS = 0.7
"""After this, a stage that is still within a call of another library is ended from another thread."""
WATCH_SECONDS = 0.2
MESSAGE = "interrupted"
STARTED_BY = "INFOPLANE_STARTED_BY"
"""What stages/run sets: the numbers of the process that started it, and of that one's parent."""
SHELLS = {"bash", "dash", "fish", "ksh", "sh", "zsh"}


def end_on_signals() -> None:
    """From now on SIGINT and SIGTERM raise KeyboardInterrupt; a moment later the process ends in any case."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    # Python's handlers wait for the main thread to come back from a call; this byte comes at once.
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_end_after_signal, args=(reading, writing), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


@cache  # once a process
def end_with_dvc() -> None:
    """Where DVC started this process, end it when DVC ends: after `kill -9` of `dvc repro` nobody waits for it."""
    if "DVC_STAGE" not in os.environ:
        return
    import psutil  # here, since `quiet` must make Ctrl-C one line before it takes its time

    parents = psutil.Process().parents()
    # The parent, and DVC itself, where a shell stands between.
    starters = parents[: 2 if parents and parents[0].name() in SHELLS else 1]
    expected = os.environ.pop(STARTED_BY, "").split()  # not for what this process starts
    if any(starter.pid != int(number) for starter, number in zip(starters, expected, strict=False)):
        end()  # DVC was killed before Python came here

    def end_without_them() -> None:
        with suppress(psutil.NoSuchProcess):
            # A zombie has ended, though nobody has taken note of it.
            while all(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in starters):
                time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_without_them, daemon=True).start()


def end() -> NoReturn:
    """End the process with one line, without what libraries do at exit, which can take seconds."""
    sys.stdout.flush()
    print(MESSAGE, file=sys.stderr, flush=True)
    os._exit(1)


def quiet(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show an error that nothing has caught; of Ctrl-C, one line."""
    if issubclass(kind, KeyboardInterrupt):
        print(MESSAGE, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


def _interrupt(*_: object) -> None:
    # Once is enough: a second signal must not break into what ends the process.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_after_signal(reading: socket.socket, _writing: socket.socket) -> None:
    """End the process after the first signal; `_writing` is kept open by being here."""
    while reading.recv(1)[0] not in (signal.SIGINT, signal.SIGTERM):
        pass
    time.sleep(GRACE_SECONDS)
    os.write(2, f"\n{MESSAGE}\n".encode())
    os._exit(1)
