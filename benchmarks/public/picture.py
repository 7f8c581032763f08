"""The picture of a benchmark: tasks by methods, signed error as colour, flags as marks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.public import tables
from benchmarks.public.tables import Table
from infoplane.figures import style
from infoplane.figures.drawn_for import medium
from infoplane.known.judgements import is_off
from infoplane.planes.appearance import INK, MUTED
from infoplane.tolerance import TOLERANCE

COLOURS = "RdBu_r"
MOST = 1.0
"""Nats, or times the truth, at which the colours end."""
ROW, COLUMN = 0.165, 0.3
"""Inches of a cell."""


def errors(table: Table, data: Mapping[str, pd.DataFrame]) -> Figure:
    """A panel for each n: a row a task, a column a method, the mean signed error over the seeds of the report.

    A cross marks a cell with a value that carries no flag and is off; else a ring one of which some seeds are flagged,
    a filled one where all are.
    """
    reported = {method: found[found["part"] == tables.REPORTED] for method, found in data.items()}
    names = list(tables.tasks(table.name))
    samples = sorted({int(n) for found in reported.values() for n in found["n"]})
    if not samples:
        return style.in_words("No rows to draw.", table.title)
    width = 2.9 + max(len(samples) * (len(data) * COLUMN + 0.15), 1.2) + 1.2
    figure = Figure(figsize=(width, ROW * len(names) + 1.5), layout="constrained")
    grid = figure.subplots(1, len(samples), sharey=True, squeeze=False)[0]
    norm = SymLogNorm(TOLERANCE.nats, linscale=1.0, vmin=-MOST, vmax=MOST, base=10)
    for ax, n in zip(grid, samples, strict=True):
        here = {method: found[found["n"] == n] for method, found in reported.items()}
        _draw(ax, here, names, norm, relative=table.relative)
        style.heading(ax, f"n = {n:,}".replace(",", " "))
    grid[0].set_yticks(range(len(names)), labels=[f"{name}  {i}" for i, name in enumerate(names, 1)], fontsize=7)
    _scale(figure, grid, norm, len(names), "share of the truth" if table.relative else "nats")
    figure.suptitle(table.title, x=0.012, ha="left", fontsize=medium().rc["figure.titlesize"])
    handles = [Line2D([], [], linestyle="", **look) for _, look in MARKS]
    figure.legend(handles, [text for text, _ in MARKS], loc="outside lower right", ncols=3, frameon=False, fontsize=7.5)
    return figure


def _scale(figure: Figure, grid: np.ndarray, norm: SymLogNorm, rows: int, unit: str) -> None:
    """The colour scale beside the panels."""
    shrink = min(1.0, 12 / rows)
    bar = figure.colorbar(
        ScalarMappable(norm, COLOURS), ax=list(grid), shrink=shrink, aspect=14, pad=0.02, extend="both"
    )
    bar.set_ticks([-1, -0.3, -0.1, 0, 0.1, 0.3, 1], labels=["−1", "−.3", "−.1", "0", ".1", ".3", "1"])
    bar.ax.tick_params(labelsize=7.5, length=2)
    bar.set_label(f"mean error [{unit}]", fontsize=medium().rc["axes.labelsize"])
    bar.outline.set_visible(False)


SOME = {"marker": "o", "markersize": 3.4, "markerfacecolor": "white", "markeredgecolor": INK, "markeredgewidth": 0.7}
ALL = SOME | {"markersize": 4, "markerfacecolor": INK, "markeredgecolor": "white"}
OFF = {"marker": "x", "markersize": 5, "markeredgecolor": INK, "markeredgewidth": 1.3}
MARKS = (("some seeds flagged", SOME), ("all flagged", ALL), ("one or more off without a flag", OFF))


def _draw(ax: Axes, here: Mapping[str, pd.DataFrame], names: list[str], norm: SymLogNorm, *, relative: bool) -> None:
    means = np.full((len(names), len(here)), np.nan)
    for column, found in enumerate(here.values()):
        found = found[~found["refused"]]
        flagged = found["flag"] != ""
        off = is_off(found) & ~flagged
        for row, name in enumerate(names):
            cell = found["task"] == name
            if not cell.any():
                continue
            means[row, column] = (found["error"] / found["truth"] if relative else found["error"])[cell].mean()
            if flagged[cell].any() or off[cell].any():
                ax.plot(column, row, **(OFF if off[cell].any() else ALL if flagged[cell].all() else SOME))
    shown = np.ma.masked_invalid(np.clip(means, -MOST, MOST))
    edges = np.arange(len(here) + 1) - 0.5, np.arange(len(names) + 1) - 0.5
    ax.pcolormesh(*edges, shown, cmap=COLOURS, norm=norm, edgecolors="white", linewidth=0.8)
    ax.set_xticks(range(len(here)), labels=list(here), rotation=90, fontsize=7.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, colors=MUTED, labelcolor=INK)


def save(figure: Figure, path: Path) -> None:
    """Write path.png, the same bytes for the same figure."""
    with rc_context(medium().rc):
        figure.savefig(path.with_suffix(".png"), dpi=medium().dpi, facecolor="white", metadata={"Software": None})
