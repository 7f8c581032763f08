"""Rows of `best` from those of the methods that it chooses from, which need not be estimated again."""

import numpy as np
import pandas as pd

from benchmarks.public import rows, tables
from benchmarks.public.estimating import TAKEN, Job
from benchmarks.public.rows import Row
from infoplane.estimators import best
from infoplane.information import Information

FROM = tuple(best.OF_UNITS)


def combined(job: Job) -> Row | None:
    """The row of `best`; None unless all methods have theirs, none of which was refused."""
    found, seconds, truth = {}, 0.0, 0.0
    for method in FROM:
        table = rows.read(job.table, method)
        row = table[(table["task"] == job.task) & (table["n"] == job.n) & (table["seed"] == job.seed)]
        if len(row) != 1 or row["mi_xt"].isna().any():
            return None
        given = row.iloc[0]
        ends = {end: None if pd.isna(given[end]) else np.array([given[end]]) for end in ("low", "high")}
        found[method] = Information(
            mi_xt=np.array([given["mi_xt"]]),
            mi_xt_low=ends["low"],
            mi_xt_high=ends["high"],
            flag=(),
            flag_xt=[str(given["flag"])],
        )
        seconds, truth = seconds + float(given["seconds"]), float(given["truth"])
    x, t, _ = tables.tasks(job.table)[job.task].sample(2, job.seed)
    info = best.chosen(found, {"xt": best.OF_PAIRS if x.shape[1] == t.shape[1] == 1 else best.OF_UNITS})
    ends = (float(column[0]) for column in (info.mi_xt, info.mi_xt_low, info.mi_xt_high))
    took = next(name.removeprefix(TAKEN) for name, on in info.diagnostics.items() if TAKEN in name and on[0])
    return Row(job.task, job.n, job.seed, truth, *ends, info.flag_xt[0], seconds, took)
