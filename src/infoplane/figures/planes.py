"""Information planes: I(T;Y) against I(X;T), a line per layer, coloured by epoch."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from . import marks, style, tables
from .curves import draw_over_epochs, mi_over_epochs
from .tables import Units

POINT = 26
"""Area of a point in square points: room for a dozen epochs, and still seen to be hollow."""


def plane(
    table: pd.DataFrame,
    *,
    units: Units = "nats",
    title: str | None = None,
    xt_label: str | None = None,
    ty_label: str | None = None,
) -> Figure:
    """The information plane of one estimator; a panel per split, on the same axes.

    Args:
        table: the columns of plots/mi/<key>.csv, in nats.
        units: what to draw in.
        title: default: the estimator's key.
        xt_label: what this estimator measures for I(X;T), such as "H(bin T) [nats]".
        ty_label: what it measures for I(T;Y).

    Returns:
        A plane; or, where the estimator gives one of the two alone, that one against the epoch, which the
        figure says; or, where there is nothing finite, a figure that says so.
    """
    data = tables.drawable(table, units)
    given = tables.given(data)
    if len(given) < 2:
        return mi_over_epochs(table, units=units, title=title, xt_label=xt_label, ty_label=ty_label)
    title = marks.default_title(data, title)
    styles = style.layer_styles(tables.in_order(data["layer"]))
    points = data.dropna(subset=given)
    if len(points) == 0:
        return style.in_words("No layer and epoch has both I(X;T) and I(T;Y).", title)
    splits = tables.in_order(points["split"])
    figure, grid = marks.frame(
        1,
        len(splits),
        (5.9, 4.6) if len(splits) == 1 else (7.4, 4.2),
        title,
        entries=plane_entries(points, styles),
        epochs=np.sort(points["epoch"].unique()),
        notes=[marks.gaps(data, given)],
        sharex=True,
        sharey=True,
    )
    names = tables.labels(xt_label, ty_label, units)
    norm = style.epoch_norm(points["epoch"].unique())
    for ax, split in zip(grid[0], splits, strict=True):
        draw_plane(ax, data, split, styles, norm)
        ax.set_xlabel(style.in_lines(names["mi_xt"], room=3.2 if len(splits) > 1 else 5))
        style.heading(ax, f"{split} split" if len(splits) > 1 else "", pad=15)
    grid[0, 0].set_ylabel(style.in_lines(names["mi_ty"], room=3.5))
    return figure


def overview(
    tables_by_key: Mapping[str, pd.DataFrame],
    *,
    split: str | None = None,
    units: Units = "nats",
    title: str = "Information planes",
    xt_labels: Mapping[str, str] | None = None,
    ty_labels: Mapping[str, str] | None = None,
) -> Figure:
    """Every estimator's plane in a grid with one legend and one scale of epochs, for one split.

    Args:
        tables_by_key: for each key its table, in the order in which to draw.
        split: which split; default: the first in the tables. The title names it.
        units: what to draw in.
        title: the figure's title.
        xt_labels: for each key what it measures for I(X;T); a key that lacks gets the plain name.
        ty_labels: the same for I(T;Y).
    """
    data = {key: tables.drawable(table, units) for key, table in tables_by_key.items()}
    if not any(len(table) for table in data.values()):
        return style.in_words("No estimate to draw.", title)
    everything = pd.concat(data.values(), ignore_index=True)
    split = split or str(everything["split"].iloc[0])
    styles = style.layer_styles(tables.in_order(everything["layer"]))
    everything = everything[everything["split"] == split]
    points = everything[everything[["mi_xt", "mi_ty"]].notna().any(axis=1)]
    if len(points) == 0:
        return style.in_words(f"No estimate to draw for the {split} split.", title)
    columns = len(data) if len(data) < 4 else 2 if len(data) == 4 else 3
    rows = math.ceil(len(data) / columns)
    figure, grid = marks.frame(
        rows,
        columns,
        (5.9 if columns == 1 else 7.6, {1: 4.6, 2: 3.7, 3: 2.75}[columns] * rows + 0.5),
        f"{title} ({split} split)",
        entries=plane_entries(points, styles),
        epochs=np.sort(points["epoch"].unique()),
    )
    norm = style.epoch_norm(points["epoch"].unique())
    for ax, (key, table) in zip(grid.ravel(), data.items(), strict=False):
        names = tables.labels((xt_labels or {}).get(key), (ty_labels or {}).get(key), units)
        _draw_cell(ax, table[table["split"] == split], split, styles, norm, names)
        style.heading(ax, key, pad=15)
    for ax in grid.ravel()[len(data) :]:
        ax.set_axis_off()
    return figure


def _draw_cell(ax: Axes, data: pd.DataFrame, split: str, styles, norm: Normalize, names: dict[str, str]) -> None:
    """One estimator of the overview: its plane, or what it gives in place of one."""
    given = tables.given(data)
    if len(given) == 2 and data[given].notna().all(axis=1).any():
        draw_plane(ax, data, split, styles, norm, size=0.65)
        ax.set_xlabel(style.in_lines(names["mi_xt"]))
        ax.set_ylabel(style.in_lines(names["mi_ty"]))
    elif len(given) == 1:
        draw_over_epochs(ax, data, given[0], split)
        style.epoch_axis(ax, data["epoch"].unique(), most=4)
        ax.set_ylabel(style.in_lines(names[given[0]]))
        lacking = "I(X;T)" if given == ["mi_ty"] else "I(T;Y)"
        ax.set_title(f"gives no {lacking}", loc="right", pad=15, fontsize=7.5, color=style.MUTED)
    else:
        ax.text(0.5, 0.5, marks.nothing(data).replace(": ", ":\n"), ha="center", va="center", color=style.MUTED)
        ax.set_axis_off()


def draw_plane(
    ax: Axes,
    data: pd.DataFrame,
    split: str,
    styles: dict[str, tuple[str, str]],
    norm: Normalize,
    size: float = 1,
) -> None:
    """Draw one split of a drawable table; axis ranges are those of all its splits, so that panels compare."""
    data = data.dropna(subset=["mi_xt", "mi_ty"]).sort_values("epoch", kind="stable")
    here = data[data["split"] == split]
    style.plain(ax)
    ax.set_xlim(*marks.limits(data, "mi_xt"))
    ax.set_ylim(*marks.limits(data, "mi_ty"))
    for column, axis in (("mi_xt", "x"), ("mi_ty", "y")):
        marks.zero_line(ax, axis)
        marks.draw_ceilings(ax, here, column, axis)
    for layer, rows in here.groupby("layer", sort=False):
        _draw_path(ax, rows, styles[str(layer)][1], norm, size, (data["epoch"].min(), data["epoch"].max()))


def _draw_path(ax: Axes, rows: pd.DataFrame, marker: str, norm: Normalize, size: float, span: tuple[int, int]) -> None:
    """One layer's way through the plane: a grey line, bounds, points by epoch, first and last marked."""
    x, y = rows["mi_xt"].to_numpy(), rows["mi_ty"].to_numpy()
    colours = style.epoch_colours()(norm(rows["epoch"].to_numpy(dtype=float)))
    ax.plot(x, y, color=style.PATH, linewidth=0.9, zorder=1.5)
    (left, right), (bottom, top) = marks.bounds(rows, "mi_xt"), marks.bounds(rows, "mi_ty")
    across = np.stack([np.stack([left, y], -1), np.stack([right, y], -1)], 1)
    along = np.stack([np.stack([x, bottom], -1), np.stack([x, top], -1)], 1)
    for ends in (across, along):
        bars = LineCollection(list(ends), colors=colours, linewidths=0.8, alpha=0.5, zorder=1.6)
        ax.add_collection(bars, autolim=False)
    flagged = (rows["flag"] != "").to_numpy()
    faces = np.where(flagged[:, None], 1.0, colours)
    ax.scatter(x, y, s=POINT * size, marker=marker, c=faces, edgecolors=colours, linewidths=1.1, zorder=3)
    # A layer that lacks the first or the last epoch of the figure goes without the mark.
    epochs, (first, last) = rows["epoch"].to_numpy(), span
    if first < last:
        ring, dot = epochs == last, epochs == first
        around = {"facecolors": "none", "edgecolors": style.INK, "linewidths": 1, "zorder": 3}
        ax.scatter(x[ring], y[ring], s=POINT * size * 3, marker=marker, **around)
        centre = np.where(flagged[dot, None], colours[dot], 1.0)
        ax.scatter(x[dot], y[dot], s=POINT * size * 0.16, c=centre, linewidths=0, zorder=3.2)


def plane_entries(points: pd.DataFrame, styles: dict[str, tuple[str, str]]) -> list[marks.Entry]:
    """The legend of a plane: markers of layers, marks of the first and the last epoch, hollow points."""
    entries = marks.layer_entries(tables.in_order(points["layer"]), styles, False)
    first, last = points["epoch"].min(), points["epoch"].max()
    if first < last:
        dotted = (marks.point(style.MUTED, "o"), marks.point("white", "o", markersize=2))
        ring = marks.point("none", "o", markersize=9, markeredgecolor=style.INK)
        entries += [
            (f"first epoch ({first})", dotted),
            (f"last epoch ({last})", (marks.point(style.MUTED, "o"), ring)),
        ]
    return entries + marks.hollow_entry(points)
