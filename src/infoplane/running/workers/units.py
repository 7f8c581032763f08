"""Units of work, the pools that take them, and their results as they come."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, NamedTuple, Protocol


class Pool(Protocol):
    """What takes units."""

    @property
    def ahead(self) -> int:
        """How many units to submit before the first one is done, so that no worker waits."""
        ...

    def submit(self, name: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a function of the package called by a worker, with arguments that can be pickled.

        Args:
            name: of the unit, for errors.

        Returns: a future of its result or its error.
        """
        ...


class Unit(NamedTuple):
    """A call that depends on nothing but its arguments and files that do not change, so that it can be done again."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def results(pool: Pool, units: Iterable[Unit]) -> Iterator[tuple[Unit, Any]]:
    """Units with their results, as they are done; no more are submitted at a time than keep the workers busy.

    Raises:
        what a unit raises, with the unit's name in a note.
    """
    waiting: dict[Future[Any], Unit] = {}
    remaining = iter(units)
    while True:
        while len(waiting) < pool.ahead and (unit := next(remaining, None)):
            waiting[pool.submit(unit.name, unit.function, *unit.arguments)] = unit
        if not waiting:
            return
        for future in done(waiting):
            unit = waiting.pop(future)
            if error := future.exception():
                error.add_note(f"in {unit.name}")
                raise error
            yield unit, future.result()


def done(waiting: Iterable[Future[Any]]) -> list[Future[Any]]:
    """Wait for one of the futures: all that are done, in the order given."""
    finished = wait(waiting, return_when=FIRST_COMPLETED).done
    return [future for future in waiting if future in finished]
