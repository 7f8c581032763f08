"""`make bmi`: estimators on a published table, estimate by estimate -> docs/benchmark/<table>/<method>.csv.

    python -m benchmarks.public.run bmi --methods mine ksg --samples 1000
    python -m benchmarks.public.run bmi --methods mine --again      # after a change of the method

What is there already is not estimated again, so that a run may be ended at any time and goes on where it was.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks.public import combining, estimating, rows, tables
from benchmarks.public.estimating import Job
from benchmarks.public.rows import Row
from infoplane.running.ends import exit_in_one_line
from infoplane.running.workers.processes import Processes
from infoplane.running.workers.threads import ONE
from infoplane.running.workers.units import Unit, results

BEST = "best"
METHODS = (BEST, "mine", "ksg", "doe", "gaussian")


def main() -> None:
    parser = argparse.ArgumentParser(description="Estimators on a published table.")
    parser.add_argument("table", nargs="?", default="bmi", choices=[table.name for table in tables.TABLES])
    parser.add_argument("--methods", nargs="+", default=METHODS, help="files of estimators/")
    parser.add_argument("--samples", nargs="+", type=int, help="sizes; default: those that were published")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: all of a table's")
    parser.add_argument("--only", default="", help="tasks whose name contains this")
    parser.add_argument("--workers", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--again", action="store_true", help="forget first what there is of these methods and sizes")
    asked = parser.parse_args()
    for method in asked.methods:
        estimating.check(method)
    samples = asked.samples or tables.named(asked.table).samples
    chosen = [task for task in tables.tasks(asked.table) if asked.only in task]
    if asked.again:
        for method in asked.methods:
            rows.drop(asked.table, method, chosen, samples)

    def to_do(*methods: str) -> list[Job]:
        jobs = missing(asked.table, methods, chosen, samples)
        return [job for job in jobs if asked.seeds is None or job.seed in asked.seeds]

    run(to_do(*(each for each in asked.methods if each != BEST)), asked.workers)
    if BEST in asked.methods:
        # what it chooses from is there by now, and is not estimated again for it
        for job, row in combining.combined(asked.table, to_do(BEST)):
            _keep(job, row)
        run(to_do(BEST), asked.workers)


def missing(table: str, methods: Sequence[str], chosen: Sequence[str], samples: Sequence[int]) -> list[Job]:
    """What is not there: small samples first, seeds of the report before those for tuning, tasks before seeds."""
    jobs = []
    there = {(method, *row) for method in methods for row in _there(table, method)}
    for number, task in enumerate(tables.tasks(table), 1):
        for seed in tables.named(table).seeds(number) if task in chosen else ():
            jobs += [Job(table, method, task, n, seed) for n in samples for method in methods]
    jobs = [job for job in jobs if (job.method, job.task, job.n, job.seed) not in there]
    return sorted(jobs, key=lambda job: (job.n, tables.part(job.seed), job.seed))


def _keep(job: Job, row: Row) -> None:
    rows.add(job.table, job.method, row, list(tables.tasks(job.table)))


def _there(table: str, method: str) -> Iterator[tuple[str, int, int]]:
    found = rows.read(table, method)
    yield from zip(found["task"], found["n"], found["seed"], strict=True)


def run(jobs: Sequence[Job], workers: int) -> None:
    """Estimate, and keep each row as it comes."""
    if not jobs:
        return
    silent: set[str] = set()
    with _estimates(jobs, workers) as found, tqdm(found, total=len(jobs), unit="estimate") as progress:
        for job, row in progress:
            progress.set_postfix_str(f"{job.method} {job.n} {job.task}"[:48], refresh=False)
            if row is None:
                silent.add(job.method)
            else:
                _keep(job, row)
    for method in sorted(silent):
        print(f"{method}: left out where it says nothing about I(X;T) of samples", file=sys.stderr)


@contextmanager
def _estimates(jobs: Sequence[Job], workers: int) -> Iterator[Iterator[tuple[Job, Row | None]]]:
    """Jobs with their rows as they come, from processes of one thread each; one worker: from this process."""
    if workers == 1:
        with _one_thread():
            yield ((job, estimating.estimate(job)) for job in jobs)
        return
    units = (Unit(f"{job.method} {job.n} {job.task}", estimating.estimate, (job,)) for job in jobs)
    with Processes(workers, _begin) as pool:
        yield ((unit.arguments[0], row) for unit, row in results(pool, units))


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def _begin(number: int) -> None:
    ONE.use()


if __name__ == "__main__":
    exit_in_one_line(main)
