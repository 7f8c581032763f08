"""Rows of a benchmark as errors and rates: of each method, and beside what others have published."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from benchmarks.public import published, rows, tables
from benchmarks.public.tables import Table
from infoplane.known import judgements
from infoplane.known.judgements import Rates


class Score(NamedTuple):
    """A method on the tasks of one part of a table, at one n.

    Attributes:
        error: mean absolute error over tasks and seeds; NaN without values.
        rates: of flags and bars.
        refused: samples that the method took for an error.
        median, most: seconds of processor time of a call.
    """

    method: str
    n: int
    error: float
    rates: Rates
    refused: int
    median: float
    most: float


def read(table: Table) -> dict[str, pd.DataFrame]:
    """Of each method that has rows of today's tasks: these, with `estimate`, `error`, `part`, `group` and `refused`."""
    tasks = tables.tasks(table.name)
    return {
        method: found
        for method in rows.methods(table.name)
        if len(found := _judged(table, rows.read(table.name, method), tasks))
    }


def _judged(table: Table, found: pd.DataFrame, tasks: Mapping[str, object]) -> pd.DataFrame:
    found = found[found["task"].isin(list(tasks))].rename(columns={"mi_xt": "estimate"})
    return found.assign(
        error=found["estimate"] - found["truth"],
        part=found["seed"].map(tables.part),
        group=found["task"].map(table.group),
        refused=found["estimate"].isna(),
    )


def scores(table: Table, data: Mapping[str, pd.DataFrame], part: str) -> list[Score]:
    """A score of each method at each n."""
    result = []
    for method, found in data.items():
        for n, each in found[found["part"] == part].groupby("n"):
            error = mean_errors(table, each).mean()
            times = each["seconds"]
            refused = int(each["refused"].sum())
            flags = judgements.rates(each[~each["refused"]])
            result.append(Score(method, int(str(n)), error, flags, refused, times.median(), times.max()))
    return result


def mean_errors(table: Table, found: pd.DataFrame) -> pd.Series:
    """The mean absolute error of each task, in nats or as a share of the truth."""
    errors = found["error"].abs()
    return (errors / found["truth"] if table.relative else errors).groupby(found["task"]).mean()


class Comparison(NamedTuple):
    """Mean absolute errors of a group of tasks at one n: by our methods, and by those that were published."""

    group: str
    n: int
    ours: Mapping[str, float]
    theirs: Mapping[str, float]


def comparisons(table: Table, data: Mapping[str, pd.DataFrame], samples: Sequence[int]) -> list[Comparison]:
    """Each group at each n; of ours, the part that is for the report."""
    groups = dict.fromkeys(map(table.group, tables.tasks(table.name)))
    theirs = published.ERRORS[table.name]
    return [
        Comparison(
            group, n, {m: _error(table, found, group, n) for m, found in data.items()}, theirs.get((group, n), {})
        )
        for n in samples
        for group in groups
    ]


def _error(table: Table, found: pd.DataFrame, group: str, n: int) -> float:
    here = (found["part"] == tables.REPORTED) & (found["group"] == group) & (found["n"] == n)
    return float(mean_errors(table, found[here]).mean())


def overall(compared: Sequence[Comparison], n: int) -> tuple[dict[str, float], dict[str, float]]:
    """Ours and theirs at one n, over the groups for which errors were published; over all, if for none."""
    here = [each for each in compared if each.n == n]
    here = [each for each in here if each.theirs] or here
    return _means([each.ours for each in here]), _means([each.theirs for each in here])


def _means(groups: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean over groups of each method that has an error for all of them."""
    means = pd.DataFrame(groups).mean(skipna=False)
    return {str(method): float(error) for method, error in means.items()}
