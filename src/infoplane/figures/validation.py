"""Every estimate against its truth, from the tables that `infoplane.known.judging` makes."""

import math
from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from infoplane.figures import marks, style
from infoplane.figures.drawn_for import medium
from infoplane.known.judgements import OWN, is_off
from infoplane.planes.appearance import INK, LAYER_COLOURS, MUTED
from infoplane.planes.reading import Units
from infoplane.tolerance import TOLERANCE

KINDS = {"xt": ("I(X;T)", LAYER_COLOURS[0]), "ty": ("I(T;Y)", LAYER_COLOURS[1])}
"""Name and colour of each kind of information in the column `axis`."""
BAND = "#d2d2d2"
"""How far from the truth an unflagged value may lie."""
LINEAR_BELOW = 4
"""Nats of the largest truth from which the axes are compressed, so that small values keep their room beside it."""


def truth_and_estimate(
    tables: Mapping[str, pd.DataFrame], *, units: Units = "nats", title: str = "Estimate against truth"
) -> Figure:
    """Every estimate against the truth: a panel for each estimator, all on one scale, a point for each row.

    Args:
        tables: for each key the columns of `infoplane.known.judging.COLUMNS`, in nats, in the order in which to draw.
        units: what to draw in.
        title: the figure's title.
    """
    data = {key: readable(table, units) for key, table in tables.items()}
    finite = {key: _finite(table) for key, table in data.items()}
    if not any(len(table) for table in finite.values()):
        return style.in_words("No estimate of finite information to draw.", title)
    drawn = pd.concat(list(finite.values()), ignore_index=True)
    unit = 1 / math.log(2) if units == "bits" else 1.0
    columns = min(4, len(data))
    rows = math.ceil(len(data) / columns)
    compressed = bool(drawn["truth"].max() >= LINEAR_BELOW * unit)
    low, high = _span(drawn, unit, compressed)
    width, height = {1: (5.0, 4.5), 2: (6.4, 3.4), 3: (7.4, 2.7)}.get(columns, (8.0, 2.15))
    everything = pd.concat(list(data.values()), ignore_index=True)
    beyond = int((~drawn["estimate"].between(low, high)).sum())
    figure, grid = marks.frame(
        rows,
        columns,
        (width, height * rows + (0.4 if rows > 1 else 0)),
        title,
        entries=_entries(drawn, units, unit, beyond > 0),
        notes=[fill(note, int(13.5 * (width + 1.2))) for note in _left_out(everything, drawn, beyond)],
    )
    for place, (ax, (key, table)) in enumerate(zip(grid.ravel(), finite.items(), strict=False)):
        _scale(ax, (low, high), unit, compressed, coarse=columns > 2)
        _draw_pairs(ax, table, (low, high), unit)
        style.heading(ax, key, pad=15 if columns > 1 else 5)
        if columns > 1:  # with one panel alone the note below says it
            ax.annotate(_tally(table), (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", **_NOTE)
        ax.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(data))
        if place % columns == 0:
            ax.set_ylabel(f"estimate [{units}]")
        if place + columns >= len(data):
            ax.set_xlabel(f"truth [{units}]")
    for ax in grid.ravel()[len(data) :]:
        ax.set_axis_off()
    return figure


_NOTE: dict[str, Any] = {"fontsize": 7.5, "color": MUTED, "annotation_clip": False}


def by_origin(key: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A validation's table as panels: known distributions, and, where there are any, the run's own layers."""
    own = table["task"].str.startswith(OWN)
    if not own.any():
        return {key: table}
    panels = {"known distributions": table[~own], "layers of this run": table[own]}
    return {name: rows for name, rows in panels.items() if len(rows)}


def readable(table: pd.DataFrame, units: Units = "nats") -> pd.DataFrame:
    """The table with numbers in `units`, and whether each value is `flagged`, and `off`: outside of the band."""
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    values = ["truth", "estimate", "low", "high"]
    result = table.assign(**{name: pd.to_numeric(table[name], errors="coerce").astype(float) for name in values})
    result["off"] = is_off(result.assign(error=result["estimate"] - result["truth"]))
    if units == "bits":
        result[values] /= math.log(2)
    return result.assign(flagged=table["flag"].fillna("").astype(str) != "")


def _finite(data: pd.DataFrame) -> pd.DataFrame:
    return data.loc[np.isfinite(data["truth"]) & np.isfinite(data["estimate"])]


def _tally(rows: pd.DataFrame) -> str:
    trusted = rows[~rows["flagged"]]
    return f"{int(trusted['off'].sum())} of {len(trusted)} unflagged outside" if len(trusted) else "all flagged"


def _span(drawn: pd.DataFrame, unit: float, compressed: bool) -> tuple[float, float]:
    """The range of both axes: all truths, and estimates that are not far outside of them."""
    truth = float(drawn["truth"].max())
    high = min(max(truth, float(drawn["estimate"].max())), 1.5 * truth + unit)
    low = max(min(0.0, float(drawn["estimate"].min())), -0.5 * unit)
    room = 0.15 * unit if compressed else 0.04 * max(high, TOLERANCE.nats * unit)
    return low - room, 1.2 * high if compressed else high + room


def _marker(axis: str) -> str:
    """The mark of a kind of information; in a paper, which may be printed in grey, each has its own."""
    return "s" if medium().columns is not None and axis == "ty" else "o"


def _entries(drawn: pd.DataFrame, units: Units, unit: float, beyond: bool) -> list[marks.Entry]:
    entries: list[marks.Entry] = [
        (name, (marks.point(colour, _marker(axis), markersize=4),))
        for axis, (name, colour) in KINDS.items()
        if (drawn["axis"] == axis).any()
    ]
    if drawn["flagged"].any():
        entries.append(("hollow: flagged", (marks.point(MUTED, "o", markersize=4, markerfacecolor="white"),)))
    if drawn[["low", "high"]].notna().any(axis=None):
        entries.append(("bar: stated bounds", (marks.point(MUTED, "|", markersize=10),)))
    if beyond:
        entries.append(("beyond the axis", (marks.point(MUTED, "^", markersize=4),)))
    band = f"truth ± {TOLERANCE.nats * unit:.2g} {units}\nor {TOLERANCE.share:.0%} of it"
    line = Line2D([], [], color=INK, linewidth=0.7)
    return [*entries, (band, (Line2D([], [], color=BAND, linewidth=7), line))]


def _left_out(everything: pd.DataFrame, drawn: pd.DataFrame, beyond: int) -> list[str]:
    """The notes: how many unflagged values are off, and what is not drawn or not in its place."""
    trusted = drawn[~drawn["flagged"]]
    notes = [f"{int(trusted['off'].sum())} of {len(trusted)} unflagged values lie outside of the band."]
    infinite = everything[np.isposinf(everything["truth"])]
    broken = everything[np.isfinite(everything["truth"]) & ~np.isfinite(everything["estimate"])]
    for rows, what in ((infinite, "of infinite information"), (broken, "without a finite estimate")):
        flagged = int(rows["flagged"].sum())
        how = {len(rows): "all flagged", 0: "none flagged"}.get(flagged, f"{flagged} of them flagged")
        notes.append(f"Not drawn: {len(rows)} {what}, {how}." if len(rows) else "")
    notes.append(f"Triangles on an edge: {beyond} beyond it." if beyond else "")
    return [" ".join(note for note in notes if note)]


def _scale(ax: Axes, span: tuple[float, float], unit: float, compressed: bool, coarse: bool) -> None:
    """The same scale on both axes, with ticks in plain numbers; `coarse`: few of them."""
    style.plain(ax)
    low, high = span
    ticks = np.asarray(MaxNLocator(4 if coarse else 6, steps=[1, 2, 5, 10]).tick_values(low, high))
    if compressed:
        # As wide in the linear part as the tolerance in nats goes, so that the band keeps its width.
        scale = {"linear_width": TOLERANCE.nats / TOLERANCE.share * unit}
        ax.set_xscale("asinh", **scale)
        ax.set_yscale("asinh", **scale)
        ticks = np.array([0, 1, 3, 10, 30, 100] if coarse else [0, 0.5, 1, 2, 5, 10, 20, 50, 100])
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator(ticks[(ticks >= low) & (ticks <= high)].tolist()))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set(xlim=span, ylim=span)


def _draw_pairs(ax: Axes, table: pd.DataFrame, span: tuple[float, float], unit: float) -> None:
    """One panel: band, diagonal, and a point for each row; flagged ones hollow and below the others."""
    low, high = span
    x = np.unique(np.concatenate([np.linspace(0, high, 200), np.geomspace(0.01 * unit, high, 100)]))
    room = np.maximum(TOLERANCE.nats * unit, TOLERANCE.share * x)
    ax.fill_between(x, x - room, x + room, color=BAND, linewidth=0, zorder=1)
    ax.plot(x, x, color=INK, linewidth=0.7, zorder=1.5)
    table = table.sort_values("flagged", ascending=False, kind="stable")
    for axis, (_, colour) in KINDS.items():
        rows = table[table["axis"] == axis]
        inside = rows["estimate"].between(low, high)
        bars = rows[["low", "high"]].notna().any(axis=1)
        ends = rows.loc[bars, ["low", "high"]].apply(lambda end, rows=rows: end.fillna(rows["estimate"]))
        if bars.any():
            look = {"color": colour, "linewidth": 0.7, "alpha": 0.4, "zorder": 2, "label": "bars"}
            ax.vlines(rows.loc[bars, "truth"], ends["low"], ends["high"], **look)
        for marker, kept in ((_marker(axis), inside), ("^", rows["estimate"] > high), ("v", rows["estimate"] < low)):
            part = rows[kept]
            face = np.where(part["flagged"], "white", colour)
            look = {"c": face, "edgecolors": colour, "linewidths": 0.7, "zorder": 3, "clip_on": False}
            if len(part):
                ax.scatter(part["truth"], part["estimate"].clip(low, high), s=9, marker=marker, **look)
