"""Rows of `best` from those of the methods that it chooses from, which need not be estimated again."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from benchmarks.public import rows, tables
from benchmarks.public.estimating import Job
from benchmarks.public.rows import Row
from infoplane.estimators import best
from infoplane.information import Information


def combined(table: str, jobs: Sequence[Job]) -> Iterator[tuple[Job, Row]]:
    """Jobs of `best` with their rows, of those for which all methods have theirs, none of which was refused."""
    stored = {method: _by_key(rows.read(table, method)) for method in best.OF_UNITS}
    for job in jobs:
        key = job.task, job.n, job.seed
        if all(key in found for found in stored.values()):
            yield job, _chosen(job, {method: found[key] for method, found in stored.items()})


def _by_key(found: pd.DataFrame) -> dict[tuple[str, int, int], pd.Series]:
    given = [row for _, row in found.iterrows() if pd.notna(row["mi_xt"])]
    return {(row["task"], row["n"], row["seed"]): row for row in given}


def _chosen(job: Job, given: dict[str, pd.Series]) -> Row:
    x, t, _ = tables.tasks(job.table)[job.task].sample(2, job.seed)
    found = {method: _information(row) for method, row in given.items()}
    info = best.chosen(found, {"xt": best.order(x.shape[1], t.shape[1])})
    columns = info.mi_xt, info.mi_xt_low, info.mi_xt_high
    value, low, high = (None if column is None else float(column[0]) for column in columns)
    truth, seconds = float(given["mine"]["truth"]), float(sum(row["seconds"] for row in given.values()))
    return Row(job.task, job.n, job.seed, truth, value, low, high, info.flag_xt[0], seconds, best.taken(info, 0))


def _information(row: pd.Series) -> Information:
    low, high = (None if pd.isna(row[end]) else np.array([row[end]]) for end in ("low", "high"))
    value = np.array([row["mi_xt"]])
    return Information(mi_xt=value, mi_xt_low=low, mi_xt_high=high, flag=(), flag_xt=[str(row["flag"])])
