"""What several workers gain, and what a unit costs beside its estimate -> tables of docs/scale.md.

    python -m benchmarks.workers                                   # on two quiet cores: an hour
    python -m benchmarks.workers --samples 500 --epochs 3 --steps 60        # the same in small

One process, two processes and two workers of Dask do the same plane in turn, each with one thread; what they take to
start is left out. Other programs change seconds, and processor seconds less: on quiet cores, two processes would be as
many times as fast as twice the processor seconds of one are to those of both.
"""

import argparse
import contextlib
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil
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
TRIM = "MALLOC_TRIM_THRESHOLD_"
"""What Dask sets, by which memory goes back to the system after each step (docs/scale.md)."""
WAYS = ("one process", "two processes", "two workers of Dask")
MANY = Size(n=200, d=4, epochs=100, layers=2)
"""Of a store whose estimates take no time."""
FEW = Size(n=200, d=4, epochs=4)
"""Of a store with which all workers import what they need."""
ONE_LAYER = Size(n=4000, d=32)
METHODS = ("binning", "gaussian", "dropout", "kde", "ksg", "mine")
Seconds = dict[str, float]


class Taken(NamedTuple):
    """Seconds, and those of the processor, in all processes."""

    seconds: float
    of_processor: float


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
        sizes = {
            "plane": Size(n=asked.samples, d=32, epochs=asked.epochs, layers=4),
            "many": MANY,
            "few": FEW,
            "one": ONE_LAYER,
        }
        for name, size in sizes.items():
            write_store(Path(folder, name), size)
        plane, many, few, one = (Activations(Path(folder, name)) for name in sizes)
        keywords = {} if asked.steps is None else {"steps": asked.steps}
        taken, cost = measured(plane, many, few, keywords, asked.repeats)
        alone = estimates(one)
    content = "\n\n".join([*machine.describe()[:2], gain(taken, asked), overhead(cost), unit_costs(alone)])
    replace_block("workers", content, PAGE)


@contextmanager
def way(name: str) -> Iterator[Pool | None]:
    """The workers of this name, which are there no longer than they are wanted: idle ones of Dask take time, too.

    None: this process.
    """
    import dask.config
    from distributed import LocalCluster

    with ExitStack() as stack:
        if name == "two processes":
            yield stack.enter_context(starting.start(WORKERS, "benchmark", CPU))
        elif name == "two workers of Dask":
            stack.enter_context(dask.config.set({f"distributed.nanny.pre-spawn-environ.{TRIM}": None}))
            cluster: Any = LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)  # pyright: ignore
            stack.enter_context(cluster)
            yield stack.enter_context(starting.start(cluster.scheduler_address, "benchmark", CPU))
        else:
            yield None


def measured(
    plane: Activations, many: Activations, few: Activations, keywords: dict[str, Any], repeats: int
) -> tuple[dict[str, Taken], Seconds]:
    """What a plane by MINE takes each way, at least, and this process's processor seconds for a unit."""
    taken: dict[str, list[Taken]] = {}
    cost = {}
    units = MANY.epochs * MANY.layers
    for name in WAYS * repeats:
        with way(name) as pool:
            estimate(few, pool, "mine", {"steps": 2})  # imports
            before = time.perf_counter(), processor()
            estimate(plane, pool, "mine", keywords)
            taken.setdefault(name, []).append(Taken(time.perf_counter() - before[0], processor() - before[1]))
            if pool is not None and name not in cost:
                started = time.process_time()
                estimate(many, pool, "binning", {})
                cost[name] = (time.process_time() - started) / units
    return {name: Taken(*map(min, zip(*each, strict=True))) for name, each in taken.items()}, cost


def processor() -> float:
    """Processor seconds of this process and of those that it has started, so far."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


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
        plan = spread.Plan(activations.path, "", partial(estimators.find, method), {}, 1, 0, method, False, "cpu")
        last = spread.Place("train", 0, 0, activations.layers[-1], len(activations.epochs) - 1, len(activations.epochs))
        spread.estimate_unit(plan, last)  # imports
        started = time.process_time()
        spread.estimate_unit(plan, last)
        found[method] = time.process_time() - started
    return found


def gain(taken: dict[str, Taken], asked: argparse.Namespace) -> str:
    one = taken["one process"]
    steps = "the function's defaults" if asked.steps is None else f"{asked.steps} steps"
    lines = [
        f"MINE with {steps}, 4 layers x {asked.epochs} epochs, n = {asked.samples}, least of {asked.repeats} runs:",
        "",
        "| | seconds | times as fast | processor seconds | so many times as fast on quiet cores |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, each in taken.items():
        quiet = one.of_processor / each.of_processor * (1 if each is one else WORKERS)
        numbers = f"{each.seconds:.1f} | {one.seconds / each.seconds:.2f} | {each.of_processor:.1f} | {quiet:.2f}"
        lines.append(f"| {name} | {numbers} |")
    return "\n".join(lines)


def overhead(cost: Seconds) -> str:
    words = ", ".join(f"{1000 * seconds:.2f} ms with {name}" for name, seconds in cost.items())
    return f"The stage's own processor time for a unit, its journal and Dask's scheduler included: {words}."


def unit_costs(alone: Seconds) -> str:
    n, d, *_ = ONE_LAYER
    lines = [
        f"Processor seconds of one estimate, both axes, n = {n}, {d} units, at the functions' defaults:",
        "",
        f"| {' | '.join(alone)} |",
        "| " + " | ".join("---:" for _ in alone) + " |",
        "| " + " | ".join(f"{seconds:.2g}" for seconds in alone.values()) + " |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    exit_in_one_line(main)
