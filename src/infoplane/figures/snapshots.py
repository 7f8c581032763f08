"""Snapshots of the plane: all layers of all repetitions at a few epochs (Shwartz-Ziv & Tishby 2017, figure 2)."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from infoplane.figures import filled_points, marks, style
from infoplane.figures.diagonal import draw_diagonal
from infoplane.planes import reading, wording
from infoplane.planes.fills import fills
from infoplane.planes.reading import Units
from infoplane.planes.rules import comparable
from infoplane.planes.tables import AXES, BOUNDS


def snapshots(
    table: pd.DataFrame,
    *,
    split: str | None = None,
    most_epochs: int = 4,
    units: Units = "nats",
    title: str | None = None,
    xt_label: str | None = None,
    ty_label: str | None = None,
) -> Figure:
    """A panel for each of a few epochs, all on the same axes: a point for each layer and repetition.

    Args:
        table: the columns of plots/mi/<key>.csv, in nats.
        split: which split; default: the first in the table. The title names it.
        most_epochs: how many epochs to draw at most: the first, the last, and some between.
        units: what to draw in.
        title: default: the estimator's key.
        xt_label: what this estimator measures for I(X;T), such as "H(bin T) [nats]".
        ty_label: what it measures for I(T;Y).
    """
    data = reading.drawable(table, units)
    split = split or (str(data["split"].iloc[0]) if len(data) else "")
    data = data[data["split"] == split]
    title = wording.default_title(data, title)
    points = data.dropna(subset=AXES)
    if len(points) == 0:
        return style.in_words(wording.NO_PAIR, title)
    styles = style.layer_styles(reading.in_order(data["layer"]))
    points = points.assign(**dict.fromkeys(BOUNDS, np.nan))  # as many bars as points would cover all
    epochs = reading.spread_epochs(points["epoch"].unique(), most_epochs)
    shown = points[points["epoch"].isin(epochs)]
    columns = len(epochs) if len(epochs) < 4 else 2
    rows = math.ceil(len(epochs) / columns)
    repetitions = points["repetition"].nunique()
    of_each = f"A point for each of {repetitions} repetitions." if repetitions > 1 else ""
    figure, grid = marks.frame(
        rows,
        columns,
        ({1: 5.0, 2: 7.2, 3: 9.0}[columns], 3.1 * rows + 0.5),
        title,
        entries=marks.layer_entries(reading.in_order(points["layer"]), styles, True, line=False)
        + filled_points.fill_entries(shown),
        notes=[of_each, wording.gaps(data, AXES), *wording.on_trust(shown, AXES)],
        sharex=True,
        sharey=True,
    )
    names = wording.labels(xt_label, ty_label, units)
    for place, (ax, epoch) in enumerate(zip(grid.ravel(), epochs, strict=False)):
        _draw(ax, shown, epoch, styles, comparable(xt_label, ty_label))
        style.heading(ax, f"epoch {epoch}", pad=15)
        if place + columns >= len(epochs):
            ax.set_xlabel(wording.in_lines(names["mi_xt"], room=2.8))
        if place % columns == 0:
            ax.set_ylabel(wording.in_lines(names["mi_ty"]))
    for ax in grid.ravel()[len(epochs) :]:
        ax.set_axis_off()
    return figure


def _draw(ax: Axes, shown: pd.DataFrame, epoch: int, styles: dict[str, tuple[str, str]], diagonal: bool) -> None:
    here = shown[shown["epoch"] == epoch]
    marks.plane_axes(ax, shown, shown)
    here = filled_points.within(ax, here, {"mi_xt": "x", "mi_ty": "y"})
    if diagonal:
        draw_diagonal(ax, here)
    for layer, rows in here.groupby("layer", sort=False):
        colour, marker = styles[str(layer)]
        x, y = rows["mi_xt"].to_numpy(), rows["mi_ty"].to_numpy()
        colours = np.tile(to_rgba(colour), (len(rows), 1))
        filled_points.draw_points(ax, x, y, fills(rows), marker, colours, 16, width=0.8, inside="none", alpha=0.75)
