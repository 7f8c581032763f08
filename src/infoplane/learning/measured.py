"""What measurements of generators share: a row a run, what an estimator says in it, and rows in Markdown."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pandas as pd
from tqdm import tqdm

from infoplane.information import Information
from infoplane.learning.runs import Run, runs
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Adversarial

COLLAPSED = "collapsed"
"""Flag of a generator that covers less than half of the modes."""


def of_runs(settings: Adversarial, seed: int, journal: Journal, row: Callable[[Run], dict]) -> pd.DataFrame:
    """A row for each run of a task, from where an interrupted measurement ended."""
    every = tqdm(runs(settings, seed), "measure")
    return pd.DataFrame(journal.recall([run.name], partial(row, run)) for run in every)


def values(info: Information, axis: str, name: str) -> dict:
    """What an estimator says of an axis, `xt` or `ty`, at one epoch, under the name of what it is here."""
    columns = {end: getattr(info, f"mi_{axis}{end}") for end in ("", "_low", "_high")}
    found: dict = {f"mi_{name}{end}": float(column[0]) for end, column in columns.items() if column is not None}
    return found | {f"flag_{name}": (getattr(info, f"flag_{axis}") or [""])[0]}


def in_markdown(
    table: pd.DataFrame, names: Sequence[str], cells: Callable[[pd.Series, str], Sequence[str]]
) -> Iterator[str]:
    """The lines of a table: a row a run, and the means of each weight.

    Args:
        names: of the columns between weight, seed and the flag.
        cells: those of a row; gets the number of modes in words, too.
    """
    yield f"| weight | seed | {' | '.join(names)} |  |"
    yield f"|{' --- |' * (len(names) + 3)}"
    for weight, of_weight in table.groupby("weight", sort=False):
        means = of_weight.mean(numeric_only=True)
        named = [(f"{row['seed']:.0f}", row, f"{row['modes']:.0f}") for _, row in of_weight.iterrows()]
        for seed, row, modes in (*named, ("mean", means, f"{means['modes']:.1f}")):
            yield f"| {weight:g} | {seed} | {' | '.join(cells(row, modes))} | {row.get('flag', '')} |"


def with_flag(row: pd.Series, name: str) -> str:
    """The value of the column `mi_...`, and its flag in brackets, if it has one."""
    flag = row.get(f"flag_{name.removeprefix('mi_')}")
    return f"{row[name]:.2f}" + (f" ({flag})" if isinstance(flag, str) and flag else "")
