"""What several workers gain, and what a unit costs beside its estimate -> tables of docs/scale.md.

    python -m benchmarks.workers                                   # on two quiet cores: an hour
    python -m benchmarks.workers --samples 500 --epochs 3 --steps 60        # the same in small

One process, two processes and two workers of Dask do the same plane in turn, each with one thread; what they take to
start is left out, and told beside. What a unit costs is in processor seconds, which other programs do not change.
"""

import argparse
import contextlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import machine
from benchmarks.scaling import Size, write_store
from infoplane import estimators
from infoplane.page.readme import replace_block
from infoplane.planes import spread
from infoplane.planes.plane import estimate_plane
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.running.workers import starting
from infoplane.running.workers.threads import ONE
from infoplane.running.workers.units import Pool
from infoplane.storage.activations import Activations

PAGE = Path("docs/scale.md")
CPU = torch.device("cpu")
WORKERS = 2
MANY = Size(n=200, d=4, epochs=150, layers=2)
"""Of a store whose estimates take no time."""
METHODS = ("binning", "gaussian", "dropout", "kde", "ksg", "mine")
Seconds = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--steps", type=int, help="of MINE's training; default: the function's")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    ONE.use()
    print("\n".join(machine.describe()))
    with TemporaryDirectory() as folder:
        plane, tiny = Path(folder, "plane.zarr"), Path(folder, "tiny.zarr")
        write_store(plane, Size(n=asked.samples, d=32, epochs=asked.epochs, layers=4))
        write_store(tiny, MANY)
        keywords = {} if asked.steps is None else {"steps": asked.steps}
        taken, cost = measured(Activations(plane), Activations(tiny), keywords, asked.repeats)
        alone = estimates(Activations(plane))
    content = "\n\n".join(
        [*machine.describe()[:2], gain(taken, asked), overhead(cost), unit_costs(alone, asked.samples)]
    )
    replace_block("workers", content, PAGE)


@contextmanager
def ways() -> Iterator[dict[str, Pool | None]]:
    """Pools by name; None: this process."""
    from distributed import LocalCluster

    with ExitStack() as stack:
        cluster = stack.enter_context(
            LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)  # pyright: ignore
        )
        yield {
            "one process": None,
            "two processes": stack.enter_context(starting.start(WORKERS, "benchmark", CPU)),
            "two workers of Dask": stack.enter_context(starting.start(cluster.scheduler_address, "benchmark", CPU)),
        }


def measured(plane: Activations, tiny: Activations, keywords: dict[str, Any], repeats: int) -> tuple[Seconds, Seconds]:
    """The least seconds of a plane by MINE each way, and this process's processor seconds for a unit."""
    taken, cost = {}, {}
    with ways() as pools:
        for pool in pools.values():  # imports
            estimate(tiny, pool, "mine", {"steps": 2})
        for _ in range(repeats):
            for name, pool in pools.items():
                seconds = timed(time.perf_counter, partial(estimate, plane, pool, "mine", keywords))
                taken[name] = min(seconds, taken.get(name, seconds))
        units = MANY.epochs * MANY.layers
        for name, pool in pools.items():
            if pool is not None:
                seconds = timed(time.process_time, partial(estimate, tiny, pool, "binning", {}))
                cost[name] = seconds / units
    return taken, cost


def estimate(activations: Activations, pool: Pool | None, method: str, keywords: dict[str, Any]) -> None:
    """Estimate a whole plane, with a journal, as the stage does."""
    asked: dict[str, Any] = {"keywords": keywords, "seed": 0, "device": CPU, "name": method}
    with TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        asked["journal"] = Journal(Work("benchmark", Path(folder)))
        if pool is None:
            pieces = estimate_plane(estimators.find(method).estimate, activations, **asked)
        else:
            pieces = spread.estimate_plane(partial(estimators.find, method), activations, pool, **asked)
        for _ in pieces:
            pass


def estimates(activations: Activations) -> Seconds:
    """Processor seconds of one estimate by each method, with its function's defaults, read from the store included."""
    found = {}
    for method in METHODS:
        plan = spread.Plan(activations.path, "", partial(estimators.find, method), {}, 1, 0, method, "cpu")
        last = spread.Place("train", 0, 0, activations.layers[-1], len(activations.epochs) - 1, len(activations.epochs))
        spread.estimate_unit(plan, last)  # imports
        found[method] = timed(time.process_time, partial(spread.estimate_unit, plan, last))
    return found


def timed(clock: Callable[[], float], run: Callable[[], object]) -> float:
    started = clock()
    run()
    return clock() - started


def gain(taken: Seconds, asked: argparse.Namespace) -> str:
    one = taken["one process"]
    steps = "the function's defaults" if asked.steps is None else f"{asked.steps} steps"
    lines = [
        f"MINE with {steps}, 4 layers x {asked.epochs} epochs, n = {asked.samples}:",
        "",
        "| | seconds | times as fast |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {seconds:.1f} | {one / seconds:.2f} |" for name, seconds in taken.items()),
    ]
    return "\n".join(lines)


def overhead(cost: Seconds) -> str:
    words = ", ".join(f"{1000 * seconds:.2f} ms with {name}" for name, seconds in cost.items())
    return f"The stage's own processor time for a unit, its journal and Dask's scheduler included: {words}."


def unit_costs(alone: Seconds, n: int) -> str:
    lines = [
        f"Processor seconds of one estimate, both axes, n = {n}, 32 units, one thread:",
        "",
        f"| {' | '.join(alone)} |",
        "| " + " | ".join("---:" for _ in alone) + " |",
        "| " + " | ".join(f"{seconds:.2g}" for seconds in alone.values()) + " |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    exit_in_one_line(main)
