"""Mutual information over epochs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from infoplane.figures import filled_points, marks, style
from infoplane.figures.drawn_for import medium
from infoplane.planes import reading, wording
from infoplane.planes.appearance import BAR_OPACITY, DOUBTED_BAR_OPACITY
from infoplane.planes.fills import believed, fills
from infoplane.planes.reading import Units
from infoplane.planes.rules import axis_range


def mi_over_epochs(
    table: pd.DataFrame,
    *,
    units: Units = "nats",
    title: str | None = None,
    xt_label: str | None = None,
    ty_label: str | None = None,
) -> Figure:
    """I(X;T) and I(T;Y) against the epoch: a row each, a column per split, a line per layer.

    Args:
        table: the columns of plots/mi/<key>.csv, in nats.
        units: what to draw in.
        title: default: the estimator's key.
        xt_label: what this estimator measures for I(X;T), such as "H(bin T) [nats]".
        ty_label: what it measures for I(T;Y).
    """
    data = reading.drawable(table, units)
    title = wording.default_title(data, title)
    given = reading.given(data)
    if not given:
        return style.in_words(wording.nothing(data), title)
    names = wording.labels(xt_label, ty_label, units)
    drawn = data[data[given].notna().any(axis=1)]
    styles = style.layer_styles(reading.in_order(data["layer"]))
    splits = reading.in_order(data["split"])
    figure, grid = marks.frame(
        len(given),
        len(splits),
        (5.9 if len(splits) == 1 else 7.4, 2.3 * len(given) + 0.8),
        title,
        entries=marks.layer_entries(reading.in_order(drawn["layer"]), styles, True)
        + filled_points.fill_entries(drawn, given, plane=False),
        notes=[
            wording.missing(given),
            wording.gaps(data, given),
            wording.spread(drawn, shown="bands"),
            *wording.on_trust(reading.averaged(drawn, "repetition"), given),
        ],
        sharex=True,
        sharey="row",
    )
    for row, column in zip(grid, given, strict=True):
        for ax, split in zip(row, splits, strict=True):
            draw_over_epochs(ax, data, column, split)
        row[0].set_ylabel(wording.in_lines(names[column]))
    for ax, split in zip(grid[0], splits, strict=True):
        style.heading(ax, f"{split} split" if len(splits) > 1 else "")
    for ax in grid[-1]:
        style.epoch_axis(ax, data["epoch"].unique())
    return figure


def draw_over_epochs(ax: Axes, data: pd.DataFrame, column: str, split: str) -> None:
    """One split of a drawable table against the epoch, with ceilings and bounds; hollow where this axis is flagged.

    Of several repetitions the mean, with a band from the smallest to the largest. Axis ranges are those of all splits,
    so that panels compare.
    """
    bands = data["repetition"].nunique() > 1
    data = reading.averaged(data, "repetition", "range")
    styles = style.layer_styles(reading.in_order(data["layer"]))
    data = data.dropna(subset=[column]).sort_values("epoch", kind="stable")
    here = data[data["split"] == split]
    style.plain(ax)
    ax.set_ylim(*axis_range(data, column))
    for layer, rows in here.groupby("layer", sort=False):
        colour, marker = styles[str(layer)]
        rows = filled_points.within(ax, rows, {column: "y"})
        ax.plot(
            rows["epoch"], rows[column], color=colour, linewidth=1.2, linestyle=style.layer_dash(str(layer), styles)
        )
        if bands:
            ax.fill_between(rows["epoch"], *marks.bounds(rows, column), color=colour, alpha=0.18, linewidth=0)
        else:
            faint = np.where(believed(rows, column), BAR_OPACITY, DOUBTED_BAR_OPACITY)
            ax.vlines(rows["epoch"], *marks.bounds(rows, column), color=colour, linewidth=0.8, alpha=faint)
        colours = np.tile(to_rgba(colour), (len(rows), 1))
        x, y = rows["epoch"].to_numpy(), rows[column].to_numpy()
        filled_points.draw_points(ax, x, y, fills(rows, [column]), marker, colours, 22 * medium().points)
    style.epoch_axis(ax, data["epoch"].unique(), label=False)
    marks.zero_line(ax, "y")
    marks.draw_ceilings(ax, here, column, "y")
