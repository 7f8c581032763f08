"""Time every row against the plain loop and against peers -> benchmarks/results.md.

    python -m benchmarks.bench
    python -m benchmarks.bench --only mine --repeats 3      # prints; results.md is written only when all rows ran

`make bench` runs this and then `benchmarks.scaling`. A quarter of an hour on two cores that have nothing else to do.
"""

import argparse
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine, memory, plane_rows, rows
from benchmarks.contest import Row, measure
from benchmarks.report import document, memory_section, section

RESULTS = Path(__file__).with_name("results.md")
MEMORY_LIMIT, MEMORY_METHODS = 256, ("binning",)
"""MiB, and the estimators that must keep to them."""


def builders(folder: Path) -> dict[str, Callable[[], Row]]:
    """The rows by a short name, each to be built when it is its turn; `folder` is for stores."""
    return {
        "dropout 1000": rows.dropout_mi,
        "dropout all": partial(rows.dropout_mi, centres=None, loop_share=0.02),
        "binning": rows.binned,
        "edge": rows.hashed,
        "ksg": rows.neighbours,
        "mine": rows.critics,
        "mine plane": partial(plane_rows.mine_plane, folder / "plane"),
        "recording": partial(plane_rows.recording, folder / "recording"),
    }


def peaks(folder: Path, limit: int, methods: tuple[str, ...]) -> dict[str, memory.Peak | None]:
    """Peak memory of each method on a store of 4 times the limit."""
    store, tiny = folder / "large.zarr", folder / "tiny.zarr"
    memory.write_store(store, size=4 * limit, samples=10000, units=256)
    memory.write_store(tiny, size=1, samples=100, units=256)
    found: dict[str, memory.Peak | None] = {}
    for method in methods:
        try:
            found[method] = memory.peak(store, tiny, method, limit)
        except subprocess.CalledProcessError as error:
            print(error.stderr[-500:])
            found[method] = None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose short name holds this")
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    described, started = machine.describe(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    print(*described, sep="\n", flush=True)
    sections = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for short, build in builders(folder).items():
            if chosen.only in short:
                row = build()
                timings = measure(row, chosen.repeats, progress=partial(print, flush=True))
                sections.append(section(row, timings))
                print("", sections[-1], sep="\n", flush=True)
        if chosen.only in "memory":
            sections.append(memory_section(peaks(folder, MEMORY_LIMIT, MEMORY_METHODS), MEMORY_LIMIT))
            print("", sections[-1], sep="\n", flush=True)
    if not chosen.only:
        RESULTS.write_text(document(described, chosen.repeats, started, sections))


if __name__ == "__main__":
    main()
