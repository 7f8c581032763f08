"""Which published tables there are: their tasks, sample sizes and seeds."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from infoplane import clone
from infoplane.known import bmi, lmi, mutinfo, pictures
from infoplane.known.task import Task

REPORTED, TUNING = "reported", "tuning"
"""Which part a row belongs to: on rows for tuning settings may be chosen, on those for the report never."""
FIRST_REPORTED = 5
"""The first seed of the report; those below it are for tuning."""
RAW = clone.raw()


class Table(NamedTuple):
    """A published table.

    Attributes:
        name: of the page and of the folder of its rows.
        title: what it is.
        source: where it was published.
        tasks: in the order of the source. Raises a UserError where their data cannot be had.
        samples: sizes at which it was published.
        group: of a task's name, the part by which published errors are given; empty: they are over all tasks.
        tuned: whether settings may be chosen on the odd-numbered tasks, counted from 1, at the seeds for tuning.
        relative: whether published errors are shares of the truth.
    """

    name: str
    title: str
    source: str
    tasks: Callable[[], Sequence[Task]]
    samples: tuple[int, ...]
    group: Callable[[str], str] = lambda task: ""
    tuned: bool = False
    relative: bool = False

    def seeds(self, number: int) -> range:
        """The seeds of the task of this number, counted from 1."""
        return range(0 if self.tuned and number % 2 else FIRST_REPORTED, FIRST_REPORTED + 5)


MUTINFO = (
    "Butakov et al., arXiv:2305.08013 and arXiv:2403.02187, their package mutinfo and the tables that "
    "lie in its repository, VanessB/mutinfo, under source/evaluate/tables"
)
LMI = (
    "Gowri et al. (2024), Approximating mutual information of high-dimensional variables using learned "
    "representations, NeurIPS, arXiv:2409.02732, and the results in its repository, ggdna/latent-mutual-information"
)
TABLES = (
    Table(
        "bmi",
        "The 40 tasks of bmi",
        "Czyz et al. (2023), Beyond normal: on the evaluation of mutual information estimators, NeurIPS, "
        "arXiv:2306.11078",
        bmi.tasks,
        (1000, 5000, 10_000),
        tuned=True,
    ),
    Table(
        "mutinfo_low",
        "mutinfo, 1 to 3 dimensions, 2 to 10 nats",
        MUTINFO,
        mutinfo.low_dimensional,
        (10_000,),
        group=lambda task: re.sub(r" d=\d+", "", task),
    ),
    Table(
        "mutinfo_high",
        "mutinfo, 1 to 64 dimensions, 2 nats a dimension",
        MUTINFO,
        mutinfo.high_dimensional,
        (1000, 10_000),
        group=lambda task: task.partition(",")[0],
        relative=True,
    ),
    Table(
        "lmi_grid",
        "Latent MI's grid: Gaussians of few coordinates that matter in 10 to 5000",
        LMI,
        lmi.grid,
        (2000,),
        group=lambda task: task.partition(",")[0],
    ),
    Table("lmi_mnist", "Latent MI's pairs of MNIST images", LMI, lambda: lmi.mnist_pairs(RAW), (5000,), group=str),
    Table("images", "Pictures of plates and rectangles", MUTINFO, pictures.tasks, (10_000,), group=str),
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
