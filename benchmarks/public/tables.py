"""Which published tables there are: their tasks, sample sizes and seeds."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from infoplane.known import bmi
from infoplane.known.task import Task

REPORTED, TUNING = "reported", "tuning"
"""Which part a row belongs to: on rows for tuning settings may be chosen, on those for the report never."""
FIRST_REPORTED = 5
"""The first seed of the report; those below it are for tuning."""


class Table(NamedTuple):
    """A published table.

    Attributes:
        name: of the page and of the folder of its rows.
        title: what it is, with its source.
        tasks: in the order of the source. Raises a UserError where their data are not there.
        samples: sizes at which it was published.
        tuned: whether settings may be chosen on the odd-numbered tasks, counted from 1, at the seeds for tuning.
    """

    name: str
    title: str
    tasks: Callable[[], Sequence[Task]]
    samples: tuple[int, ...]
    tuned: bool = False

    def seeds(self, number: int) -> range:
        """The seeds of the task of this number, counted from 1."""
        return range(0 if self.tuned and number % 2 else FIRST_REPORTED, FIRST_REPORTED + 5)


TABLES = (
    Table(
        "bmi",
        "The 40 tasks of Czyz et al. (2023), Beyond normal: on the evaluation of mutual information estimators, "
        "NeurIPS, arXiv:2306.11078",
        bmi.tasks,
        (1000, 5000, 10_000),
        tuned=True,
    ),
)


def named(name: str) -> Table:
    """The table of this name, one of those in `TABLES`."""
    return next(table for table in TABLES if table.name == name)


@cache
def tasks(name: str) -> dict[str, Task]:
    """The tasks of a table by name; made once a process, since truths take integrals."""
    return {task.name: task for task in named(name).tasks()}


def part(seed: int) -> str:
    """Whether a seed is for the report or for tuning."""
    return REPORTED if seed >= FIRST_REPORTED else TUNING
