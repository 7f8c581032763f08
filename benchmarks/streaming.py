"""Memory of an estimate of one layer at one epoch that is read in blocks -> a table of docs/scale.md.

    python -m benchmarks.streaming                                 # half an hour on one core
    python -m benchmarks.streaming --methods binning               # its row alone
    python -m benchmarks.streaming --share 0.2 --methods binning   # of a fifth of the samples, to look at

A million samples of 64 units, 244 MiB; methods whose time grows with the square of the samples have few of many units,
977 MiB. Each method estimates in a process of its own, after the same on a hundred samples; what counts is the highest
resident memory above that, against the bytes of the layer.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from benchmarks import machine
from benchmarks.memory import MIB, Peak, peak
from infoplane.page.readme import replace_block
from infoplane.running.ends import exit_in_one_line
from infoplane.storage import activations_writer
from infoplane.storage.activations import Recorded

PAGE = Path("docs/scale.md")
NO_LIMIT = 1 << 20
"""MiB of address space."""


class Asked(NamedTuple):
    """What a row of the table asks of a method, and of how many samples of how many units."""

    method: str
    section: dict[str, Any]
    samples: int = 1_000_000
    units: int = 64


WIDE = {"samples": 2000, "units": 128_000}
ROWS = {
    "binning": Asked("binning", {}),
    "binning, edges: quantile": Asked("binning", {"edges": "quantile"}),
    "exact": Asked("exact", {"bits": 8}),
    "edge": Asked("edge", {}),
    "classifier": Asked("classifier", {}),
    "mine": Asked("mine", {}),
    "dropout, centres: 10000": Asked("dropout", {"centres": 10_000}),
    "gaussian, parts: 100": Asked("gaussian", {"parts": 100}),
    "kde": Asked("kde", {}, **WIDE),
    "exact, noise_std: 0.5": Asked("exact", {"noise_std": 0.5}, **WIDE),
    "dropout": Asked("dropout", {}, **WIDE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the samples; below 1 the page stays")
    parser.add_argument("--methods", nargs="+", default=list(ROWS), choices=list(ROWS), metavar="METHOD")
    given = parser.parse_args()
    found = {}
    for name in given.methods:
        asked = ROWS[name]
        asked = asked._replace(samples=round(asked.samples * given.share))
        with TemporaryDirectory() as folder:
            store, tiny = Path(folder, "store"), Path(folder, "tiny")
            write_store(store, samples=asked.samples, units=asked.units)
            write_store(tiny, samples=100, units=64)
            found[name] = row(name, asked, peak(store, tiny, asked.method, NO_LIMIT, asked.section | {"large": 0}))
        print(found[name], flush=True)
        if given.share == 1:
            replace_block("streaming", f"{machine.describe()[0]}.\n\n{table(found)}", PAGE)


def write_store(path: Path, *, samples: int, units: int) -> None:
    """One layer at one epoch: tanh of sums of ten Gaussian inputs, with noise, of which the classes are two inputs."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 10)).astype("float32")
    t = np.tanh(x @ rng.normal(size=(10, units)).astype("float32") / 3)
    y = 2 * (x[:, 0] > 0) + (x[:, 1] > 0)
    with activations_writer.create(path, [0]) as writer:
        writer.add_split("train", x, y.astype("int64"))
        writer.add_epoch("train", 0, 0, {"layer": Recorded(t, "gaussian", np.full((1, units), 0.4, "float32"))})
        writer.finish(splits=["train"], layers=["layer"], model="none", dataset="none", seed=0)


def table(found: dict[str, str]) -> str:
    """The rows of the page in order, those that were not measured anew as they stand there."""
    block = PAGE.read_text().split("<!-- streaming:")[1].splitlines()
    shown = {line.split("|")[1].strip(" `"): line for line in block if line.startswith("| `")} | found
    head = ["| | samples | units | MiB | in layers | seconds |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    return "\n".join([*head, *(shown[name] for name in ROWS if name in shown)])


def row(name: str, asked: Asked, found: Peak) -> str:
    """Memory above that of the libraries, in MiB and in layers of that size, and seconds."""
    layers = found.resident * MIB / (4 * asked.samples * asked.units)
    shape = f"{asked.samples:,} | {asked.units:,}".replace(",", " ")
    return f"| `{name}` | {shape} | {found.resident:.0f} | {layers:.1f} | {found.seconds:.0f} |"


if __name__ == "__main__":
    exit_in_one_line(main)
