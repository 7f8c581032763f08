"""Processes of this machine that take units one by one: one that dies is replaced, and its unit done again.

The pool of concurrent.futures is lost as a whole with the first process that dies. Each process here is served by a
thread of its own. All end with the process that started them, in whatever way that ends.
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple

from infoplane.errors import UserError, in_one_line

TRIES = 3
"""So many workers may die of a unit."""
_spawn = get_context("spawn")  # a fork would have torch's locks, but not the threads that hold them


class Processes:
    """A pool, within a `with` block, at whose end its processes are killed; they start with the first units.

    Args:
        count: of processes.
        begin: called in each process before its first unit, with the process's number, from 0.
    """

    def __init__(self, count: int, begin: Callable[[int], None]):
        self.ahead = 2 * count
        self._begin = begin
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock, self._closed = threading.Lock(), False
        self._workers: set[_Worker] = set()
        self._threads = [threading.Thread(target=self._serve, args=(i,), daemon=True) for i in range(count)]

    def __enter__(self) -> "Processes":
        # It starts with the first process otherwise, and then unblocks the signal that _serve has blocked.
        resource_tracker.ensure_running()
        for thread in self._threads:
            thread.start()
        return self

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a function called in one of the processes; it and its arguments are pickled.

        Args:
            name: of the unit, for errors.

        Returns: a future, whose error is that of the function, or a UserError where the unit's worker died each time.
        """
        job = _Job(name, function, arguments, Future())
        self._jobs.put(job)
        return job.future

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for worker in list(self._workers):
            worker.process.join()

    def _serve(self, number: int) -> None:
        # Processes inherit this: Ctrl-C, which a terminal sends to all, is for the one that started them.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        worker = None
        while (job := self._jobs.get()) is not None and not self._closed:
            if not job.future.set_running_or_notify_cancel():
                continue
            for attempt in range(1, TRIES + 1):
                worker = worker or self._start(number)
                if worker is None:
                    return
                try:
                    is_result, answer = worker.ask(job)
                    break
                except (EOFError, OSError):
                    ended, worker = self._end(worker), None
                    if self._closed:
                        return
                    if attempt < TRIES:
                        print(f"a worker {ended}; another one does {job.name} again", file=sys.stderr, flush=True)
                    is_result, answer = False, UserError(f"{job.name}: {TRIES} workers {ended} while they did it")
                except Exception as error:  # whatever pickle finds
                    is_result, answer = False, error
                    break
            if is_result:
                job.future.set_result(answer)
            else:
                job.future.set_exception(answer)

    def _start(self, number: int) -> "_Worker | None":
        """A new worker; None at the end of the pool."""
        with self._lock:
            if self._closed:
                return None
            here, there = _spawn.Pipe()
            process = _spawn.Process(target=_work, args=(there, self._begin, number), daemon=True)
            process.start()
            there.close()
            worker = _Worker(process, here)
            self._workers.add(worker)
            return worker

    def _end(self, worker: "_Worker") -> str:
        """Forget a worker that has died: how it did, in words."""
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        with self._lock:
            self._workers.discard(worker)
        code = worker.process.exitcode or 0
        if code == -signal.SIGKILL:
            return "died (killed; of too little memory?)"
        return f"died ({signal.Signals(-code).name})" if code < 0 else f"ended with status {code}"


class _Job(NamedTuple):
    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any]


class _Worker(NamedTuple):
    """A process, and this end of the pipe to it."""

    process: Any
    connection: Connection

    def ask(self, job: _Job) -> tuple[bool, Any]:
        """Whether the unit was done, and its result or its error.

        Raises:
            EOFError, OSError: the process has died.
        """
        self.connection.send((job.function, job.arguments))
        return self.connection.recv()


def _work(connection: Connection, begin: Callable[[int], None], number: int) -> None:
    """What a worker does until it is killed."""
    parent = parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    begin(number)
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            os._exit(1)
        answer = _answer(function, arguments)
        try:
            connection.send(answer)
        except Exception as error:  # whatever pickle finds; nothing has been sent
            connection.send((False, RuntimeError(f"{in_one_line(error)}: {answer[1]!r}")))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments)
    except Exception as error:
        error.add_note(f"in a worker:\n{traceback.format_exc()}")
        return False, error
