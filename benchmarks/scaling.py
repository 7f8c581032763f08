"""How the time of an estimate grows with samples, units, epochs and layers -> benchmarks/scaling.png and scaling.csv.

    python -m benchmarks.scaling

Every size is twice the one before it. The exponent is the slope of ln seconds on ln size over the three largest
sizes, by least squares, where fixed costs no longer tell.
"""

import argparse
import contextlib
import io
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter

from infoplane import estimators
from infoplane.figures import style
from infoplane.figures.drawn_for import medium
from infoplane.planes.plane import estimate_plane
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

STEM = Path(__file__).with_suffix("")
METHODS: dict[str, dict[str, Any]] = {
    "binning": {"bins": 10},
    "dropout": {},
    "edge": {},
    "ksg": {"k": 3, "control": False},
    "mine": {"folds": 2, "steps": 100},
}
"""With their keywords; MINE trains for all its steps, so that none of them is by chance."""


class Size(NamedTuple):
    """Of a store: samples, units of each layer, recorded epochs, layers."""

    n: int = 1000
    d: int = 16
    epochs: int = 1
    layers: int = 1


AXES: dict[str, list[Size]] = {
    "n": [Size(n=1000 * 2**i) for i in range(5)],
    "d": [Size(n=2000, d=8 * 2**i) for i in range(5)],
    "epochs": [Size(epochs=2**i) for i in range(4)],
    "layers": [Size(layers=2**i) for i in range(4)],
}
LABELS = {"n": "samples n", "d": "units d of a layer", "epochs": "recorded epochs", "layers": "layers"}


def write_store(path: Path, size: Size) -> None:
    """Saturating units that see five inputs, with additive noise, which `dropout` needs; ten classes."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(size.n, 5)).astype("float32")
    noise = np.full((1, size.d), 0.5, "float32")
    names = [f"layer{i}" for i in range(size.layers)]
    with activations_writer.create(path, list(range(size.epochs))) as writer:
        writer.add_split("train", x, np.digitize(x[:, 0], np.linspace(-2, 2, 9)))
        for epoch in range(size.epochs):
            ts = {name: np.tanh(x @ rng.normal(size=(5, size.d))).astype("float32") for name in names}
            writer.add_epoch("train", 0, epoch, {name: Recorded(t, "additive", noise) for name, t in ts.items()})
        writer.finish(splits=["train"], layers=names, model="none", dataset="none", seed=0)


def seconds(method: str, plane: Activations, repeats: int) -> float:
    """The least of a few times that estimating the whole plane takes, read from the store included."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):
            pieces = estimate_plane(
                estimators.find(method).estimate,
                plane,
                keywords=METHODS[method],
                seed=0,
                device=torch.device("cpu"),
                name=method,
            )
            for _ in pieces:
                pass
        taken.append(time.perf_counter() - started)
    return min(taken)


def exponent(sizes: np.ndarray, times: np.ndarray) -> float:
    """Slope of ln times on ln sizes over the three largest of them, both ascending and of shape (m,), m >= 2."""
    larger = slice(max(len(sizes) - 3, 0), None)
    return float(np.polyfit(np.log(sizes[larger]), np.log(times[larger]), 1)[0])


def measure(
    axes: dict[str, list[Size]], repeats: int, progress: Callable[[str], None] = lambda text: None
) -> pd.DataFrame:
    """Columns axis, method, size, seconds: a row for each measurement."""
    found = []
    with TemporaryDirectory() as folder:
        tiny = Path(folder) / "tiny.zarr"
        write_store(tiny, Size(n=200, d=4))
        for method in METHODS:
            seconds(method, Activations(tiny), 1)  # for imports and threads
        for axis, sizes in axes.items():
            for size in sizes:
                path = Path(folder) / "activations.zarr"
                write_store(path, size)
                for method in METHODS:
                    taken = seconds(method, Activations(path), repeats)
                    found.append((axis, method, getattr(size, axis), taken))
                    progress(f"{axis} = {getattr(size, axis)}: {method} {taken:.3g} s")
    return pd.DataFrame(found, columns=["axis", "method", "size", "seconds"])


def draw(table: pd.DataFrame) -> Figure:
    """A panel for each axis, a line for each method, labelled with its exponent at its end."""
    colours = style.layer_styles(list(METHODS))
    with mpl.rc_context(medium().rc):
        figure = Figure(figsize=(9.2, 6.4), layout="constrained")
        for ax, (axis, of_axis) in zip(figure.subplots(2, 2).flat, table.groupby("axis", sort=False), strict=False):
            ends = []
            for method, line in of_axis.groupby("method", sort=False):
                colour, marker = colours[str(method)]
                sizes, times = line["size"].to_numpy(float), line["seconds"].to_numpy()
                ax.plot(sizes, times, color=colour, marker=marker, markersize=4, linewidth=1.3)
                ends.append((times[-1], f"{method}  {exponent(sizes, times):.2f}", colour))
            style.plain(ax)
            ax.set_xscale("log", base=2)
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            sizes = sorted(of_axis["size"].unique())
            ax.xaxis.set_major_locator(FixedLocator(sizes))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
            ax.set_xlabel(LABELS[str(axis)])
            ax.set_ylabel("seconds")
            _label_ends(ax, sizes[-1], ends)
        figure.suptitle(
            "Time of estimating a plane, and its exponent over the three largest sizes",
            x=0.01,
            ha="left",
        )
    return figure


def _label_ends(ax, x: float, ends: list[tuple[float, str, str]], gap: float = 0.075) -> None:
    """Labels right of the lines' ends, pushed apart by `gap` of the axes' height at least."""
    low, high = np.log(ax.get_ylim())
    last = -gap
    for y, text, colour in sorted(ends):
        last = max((np.log(y) - low) / (high - low), last + gap)
        ax.annotate(
            text, (x, last), xycoords=("data", "axes fraction"), xytext=(7, 0), textcoords="offset points",
            va="center", color=colour, fontsize=8, annotation_clip=False,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    table = measure(AXES, parser.parse_args().repeats, progress=lambda text: print(text, flush=True))
    table.to_csv(STEM.with_suffix(".csv"), index=False, float_format="%.4g")
    figure = draw(table)
    with mpl.rc_context(medium().rc):
        figure.savefig(STEM.with_suffix(".png"), dpi=medium().dpi, facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    main()
