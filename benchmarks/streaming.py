"""Memory of an estimate of one layer at one epoch that is read in blocks -> a table of docs/scale.md.

    python -m benchmarks.streaming                                 # 10^6 samples of 64 units: half an hour on one core
    python -m benchmarks.streaming --methods binning               # its row alone
    python -m benchmarks.streaming --samples 200000 --methods binning       # to look at; the page stays

Each method estimates in a process of its own, after the same on a hundred samples; what counts is the highest resident
memory above that, against the bytes of the layer.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "binning": ("binning", {}),
    "binning, edges: quantile": ("binning", {"edges": "quantile"}),
    "exact": ("exact", {"bits": 8}),
    "edge": ("edge", {}),
    "classifier": ("classifier", {}),
    "mine": ("mine", {}),
    "dropout, centres: 10000": ("dropout", {"centres": 10_000}),
    "gaussian, parts: 100": ("gaussian", {"parts": 100}),
}
"""What each row of the table asks of which method."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS), metavar="METHOD")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        store, tiny = Path(folder, "store"), Path(folder, "tiny")
        write_store(store, samples=asked.samples, units=asked.units)
        write_store(tiny, samples=100, units=asked.units)
        found = {}
        for name in asked.methods:
            method, section = METHODS[name]
            found[name] = peak(store, tiny, method, NO_LIMIT, section | {"large": 0})
            print(row(name, found[name], asked.samples, asked.units), flush=True)
            if asked.samples == parser.get_default("samples") and asked.units == parser.get_default("units"):
                replace_block("streaming", f"{machine.describe()[0]}.\n\n{table(found, asked)}", PAGE)


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


def table(found: dict[str, Peak], asked: argparse.Namespace) -> str:
    """A row a method, those of the page where they are not measured anew."""
    size = 4 * asked.samples * asked.units / MIB
    block = PAGE.read_text().split("<!-- streaming:")[1].splitlines()
    before = {line.split("|")[1].strip(" `"): line for line in block if line.startswith("| `")}
    rows = {name: row(name, each, asked.samples, asked.units) for name, each in found.items()}
    head = f"| n = {asked.samples}, d = {asked.units}: {size:.0f} MiB a layer | MiB | in layers | seconds |"
    shown = before | rows
    return "\n".join([head, "| --- | ---: | ---: | ---: |", *(shown[name] for name in METHODS if name in shown)])


def row(name: str, found: Peak, samples: int, units: int) -> str:
    """Memory above that of the libraries, in MiB and in layers of that size, and seconds."""
    layers = found.resident * MIB / (4 * samples * units)
    return f"| `{name}` | {found.resident:.0f} | {layers:.1f} | {found.seconds:.0f} |"


if __name__ == "__main__":
    exit_in_one_line(main)
