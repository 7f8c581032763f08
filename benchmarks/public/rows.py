"""What has been estimated: docs/benchmark/<table>/<method>.csv, a row an estimate, whole at every instant."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from infoplane.storage.csv_files import read_table, write_table

FOLDER = Path("docs/benchmark")


class Row(NamedTuple):
    """One estimate of I(X;T), in nats.

    Attributes:
        truth: the information of the task.
        mi_xt, low, high: the value and its bar; None where the method gives none.
        flag: why the value should not be trusted; `refused: ...`, where the method took the samples for an error.
        seconds: of processor time of the call, in one thread.
        took: which method's value it is, of a method that chooses.
    """

    task: str
    n: int
    seed: int
    truth: float
    mi_xt: float | None
    low: float | None
    high: float | None
    flag: str
    seconds: float
    took: str = ""


def path(table: str, method: str) -> Path:
    """Where the rows of a method on a table lie."""
    return FOLDER / table / f"{method}.csv"


def read(table: str, method: str) -> pd.DataFrame:
    """The rows there are, with the columns of `Row`."""
    file = path(table, method)
    if not file.exists():
        return pd.DataFrame(columns=list(Row._fields))
    found = read_table(file)
    return found.assign(took=found["took"].astype(object).fillna(""))


def methods(table: str) -> list[str]:
    """The methods that have rows of a table, in the order of the alphabet."""
    return sorted(file.stem for file in (FOLDER / table).glob("*.csv"))


def add(table: str, method: str, row: Row, tasks: Sequence[str]) -> None:
    """Put a row into its place: rows are sorted by task, in the order of `tasks`, by n and by seed."""
    kept, new = read(table, method), pd.DataFrame([row])
    joined = pd.concat([kept, new], ignore_index=True) if len(kept) else new
    places = {task: place for place, task in enumerate(tasks)}
    order = joined.assign(place=joined["task"].map(places)).sort_values(["place", "n", "seed"], kind="stable").index
    _write(table, method, joined.loc[order])


def drop(table: str, method: str, tasks: Sequence[str], samples: Sequence[int]) -> None:
    """Forget the rows of these tasks and sizes."""
    kept = read(table, method)
    _write(table, method, kept[~(kept["task"].isin(tasks) & kept["n"].isin(samples))])


def _write(table: str, method: str, content: pd.DataFrame) -> None:
    file = path(table, method)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    write_table(content, part)
    os.replace(part, file)
