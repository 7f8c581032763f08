"""One estimate of a benchmark, by a method at its function's defaults."""

import time
from typing import NamedTuple

import torch

from benchmarks.public import tables
from benchmarks.public.rows import Row
from infoplane import estimators
from infoplane.errors import UserError
from infoplane.estimators import best
from infoplane.known import judging

REFUSED = "refused: "
"""Before what a method says of samples that it does not take."""


class Job(NamedTuple):
    """What to estimate: names, since these go to other processes."""

    table: str
    method: str
    task: str
    n: int
    seed: int


def check(method: str) -> None:
    """Raise a UserError unless there is such a method."""
    if method not in estimators.names():
        raise UserError(f"{method}: no such method; there are {', '.join(estimators.names())}")


def estimate(job: Job) -> Row | None:
    """One estimate; None of a method that says nothing about I(X;T) of such a task.

    The estimator's seed is far from that of the sample, as `known.judging` says.
    """
    task = tables.tasks(job.table)[job.task]
    module = estimators.find(job.method)
    held = judging.comparison(module, task)
    if "xt" not in held.truths:
        return None
    x, t, y = held.task.sample(job.n, job.seed)
    labels = torch.zeros(job.n, dtype=torch.int64) if y is None else y
    keywords = {"noise": held.task.noise, "seed": job.seed + judging.DISTANT, **held.keywords}
    known = (job.task, job.n, job.seed, held.truths["xt"])
    started = time.process_time()
    try:
        info = module.estimate(x, t[None], labels, **keywords)
    except ValueError as error:
        refusal = REFUSED + str(error).splitlines()[0]
        return Row(*known, None, None, None, refusal, time.process_time() - started)
    except Exception as error:
        error.add_note(f"in {job}")
        raise
    seconds = time.process_time() - started
    ends = (info.mi_xt, info.mi_xt_low, info.mi_xt_high)
    value, low, high = (None if each is None else float(each[0]) for each in ends)
    if value is None:
        return None
    return Row(*known, value, low, high, info.flag_xt[0], seconds, best.taken(info, 0))
