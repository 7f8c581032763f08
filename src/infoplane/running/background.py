"""Work in another thread, one piece at a time, while this one goes on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Background:
    """One piece of work at a time, for which the next one and the end of the `with` block wait.

    What fails raises its error where it is waited for: at the end of the block also in place of a later error of the
    block itself, but not of what ends the process.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def __enter__(self) -> "Background":
        return self

    def do(self, work: Callable[[], None]) -> None:
        """Begin with a piece of work, when the last one is done."""
        self.wait()
        self._last = self._executor.submit(work)

    def wait(self) -> None:
        """Wait until the last piece of work is done."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        if kind is None or issubclass(kind, Exception):
            self.wait()
