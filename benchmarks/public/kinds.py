"""bmi's tasks by what X and T are like: errors and flags of each method -> the first table of docs/benchmark.md."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from benchmarks.public import tables
from benchmarks.public.cells import head, row, thousands
from benchmarks.public.tables import REPORTED

BMI = "bmi"


class Kind(NamedTuple):
    """Tasks that are alike, by their numbers in the paper's order."""

    name: str
    numbers: frozenset[int]


KINDS = (
    Kind("one unit and one input, smooth", frozenset({1, 2, 5, 6, 7})),
    Kind("one unit and one input, sharp edges", frozenset({3, 4})),
    Kind("a curve that is rolled up", frozenset({10})),
    Kind("2 to 5 units, each transformed", frozenset({11, 12, 13, 16, 17, 18, 26, 27, 29, 30})),
    Kind("25 to 50 units", frozenset({14, 15, 19, 28, 31})),
    Kind("heavy tails (Student's)", frozenset({8, 9, *range(20, 26), 38, 39, 40})),
    Kind("spirals", frozenset(range(32, 38))),
)


def by_kind(data: Mapping[str, pd.DataFrame]) -> str:
    """A row a kind and n: mean absolute error in nats of each method, and the share of its values that is flagged.

    Args:
        data: rows of bmi by method, as `scores.read` gives them.
    """
    methods = list(data)
    of_report = {method: found[(found["part"] == REPORTED) & ~found["refused"]] for method, found in data.items()}
    lines = head(["what X and T are", "tasks", "n", *(f"`{method}`" for method in methods)])
    sizes = sorted({int(n) for method in methods for n in of_report[method]["n"]})
    names = dict(enumerate(tables.tasks(BMI), 1))
    for kind in KINDS:
        tasks = {names[number] for number in kind.numbers}
        for n in sizes:
            cells = [_cell(of_report[method], tasks, n) for method in methods]
            shown = (kind.name, str(len(tasks))) if n == sizes[0] else ("", "")
            lines.append(row([*shown, thousands(n), *cells]))
    for n in sizes:
        seconds = [of_report[method].loc[of_report[method]["n"] == n, "seconds"].median() for method in methods]
        first = "processor time a call, median" if n == sizes[0] else ""
        times = [f"{each:.2g} s" if pd.notna(each) else "" for each in seconds]
        lines.append(row([first, "", thousands(n), *times]))
    return "\n".join(lines)


def _cell(found: pd.DataFrame, tasks: set[str], n: int) -> str:
    here = found[found["task"].isin(tasks) & (found["n"] == n)]
    if here.empty:
        return ""
    return f"{here['error'].abs().mean():.3f} ({100 * (here['flag'] != '').mean():.0f} %)"
