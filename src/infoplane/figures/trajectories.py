"""What is drawn within one plane: trajectories of layers, of the mean and of each repetition, or joined epochs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize, to_rgba_array
from matplotlib.markers import MarkerStyle

from infoplane.figures import filled_points, marks, style
from infoplane.figures.diagonal import draw_diagonal
from infoplane.figures.drawn_for import medium
from infoplane.planes import reading
from infoplane.planes.appearance import (
    BAR_OPACITY,
    DOUBTED_BAR_OPACITY,
    FIRST_DOT,
    INK,
    JOINED_OPACITY,
    MUTED,
    PATH,
    RING,
)
from infoplane.planes.fills import HOLLOW, LEFT, LOWER, believed, fills
from infoplane.planes.reading import Join
from infoplane.planes.rules import FEW
from infoplane.planes.tables import AXES, BOUNDS

POINT = 26
"""Area of a point in square points: room for a dozen epochs, and an empty half is still seen."""


MOST_BARS = 4
"""Epochs of which a plane draws bars: those of all, which the figures over the epochs have, would cover the points."""


class Look(NamedTuple):
    """How planes of a figure are drawn.

    Attributes:
        styles: (colour, marker) of each layer.
        norm: of the epochs' colours.
        join: what lines join.
        size: of points, against those of a plane alone.
        by_layer: colours mean layers and not epochs.
    """

    styles: dict[str, tuple[str, str]]
    norm: Normalize
    join: Join = "layers"
    size: float = 1.0
    by_layer: bool = False

    def colours(self, rows: pd.DataFrame) -> np.ndarray:
        """The colour of each row, shape (row, 4)."""
        if self.by_layer:
            return to_rgba_array([self.styles[str(layer)][0] for layer in rows["layer"]])
        return style.epoch_colours()(self.norm(rows["epoch"].to_numpy(dtype=float)))


def draw_plane(ax: Axes, data: pd.DataFrame, split: str, look: Look, *, diagonal: bool = False) -> None:
    """Draw one split of a drawable table; axis ranges are those of all its splits, so that panels compare.

    Args:
        ax: empty axes.
        data: where it has several repetitions their mean is drawn: over the trajectory of each where they are few,
            with bars of their standard deviation where they are many.
        split: which one to draw.
        look: how.
        diagonal: whether to draw I(T;Y) = I(X;T).
    """
    data = data.dropna(subset=AXES).sort_values("epoch", kind="stable")
    each = data if 1 < data["repetition"].nunique() <= FEW else data.head(0)
    data = reading.averaged(data, "repetition")
    if len(each):  # they show the spread themselves
        data = data.assign(**dict.fromkeys(BOUNDS, np.nan))
        each = each.assign(**dict.fromkeys(BOUNDS, np.nan))
    everything = pd.concat([data, each], ignore_index=True) if len(each) else data
    here, behind = (rows[rows["split"] == split] for rows in (data, each))
    marks.plane_axes(ax, everything, here)
    here, behind = (filled_points.within(ax, rows, {"mi_xt": "x", "mi_ty": "y"}) for rows in (here, behind))
    if diagonal:
        draw_diagonal(ax, everything[everything["split"] == split])
    here = _few_bars(here)
    order = list(look.styles)
    for _, rows in behind.groupby("repetition"):
        _draw_lines(ax, rows, look, order, 0.5, 0.55)
    if len(behind):
        colours = look.colours(behind)
        ax.scatter(behind["mi_xt"], behind["mi_ty"], s=3 * look.size, c=colours, alpha=0.6, linewidths=0, zorder=1.55)
    _draw_lines(ax, here, look, order, 0.9, JOINED_OPACITY if look.join == "epochs" else 1.0)
    for layer, rows in here.groupby("layer", sort=False):
        _draw_points(ax, rows, look.styles[str(layer)][1], look, (data["epoch"].min(), data["epoch"].max()))


def barred_epochs(points: pd.DataFrame) -> list[int]:
    """The epochs of which bars are drawn, where these are not all that have any; else none."""
    barred = points[points[list(BOUNDS)].notna().any(axis=1)]["epoch"].unique()
    return reading.spread_epochs(barred, MOST_BARS) if len(barred) > MOST_BARS else []


def _few_bars(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with bounds of few epochs alone."""
    if not (epochs := barred_epochs(rows)):
        return rows
    return rows.assign(**{name: rows[name].where(rows["epoch"].isin(epochs)) for name in BOUNDS})


def _draw_lines(ax: Axes, rows: pd.DataFrame, look: Look, order: list[str], width: float, alpha: float) -> None:
    """Lines that join epochs of a layer or layers of an epoch."""
    for line in _joined(rows, look.join, order):
        coloured = look.by_layer or look.join == "epochs"
        drawn: dict[str, Any] = {"linewidth": width, "alpha": alpha, "zorder": 1.5}
        if look.by_layer and look.join == "layers":
            drawn["linestyle"] = style.layer_dash(str(line["layer"].iloc[0]), look.styles)
        ax.plot(line["mi_xt"], line["mi_ty"], color=look.colours(line)[0] if coloured else PATH, **drawn)


def _joined(rows: pd.DataFrame, join: Join, order: list[str]) -> Iterator[pd.DataFrame]:
    """What each line of one repetition joins, in order."""
    if join == "layers":
        yield from (line for _, line in rows.groupby("layer", sort=False))
        return
    for _, line in rows.groupby("epoch"):
        yield line.iloc[line["layer"].map(order.index).argsort(kind="stable")]


def _draw_points(ax: Axes, rows: pd.DataFrame, marker: str, look: Look, span: tuple[int, int]) -> None:
    """One layer's points with their bars; the first and the last epoch are marked."""
    x, y = rows["mi_xt"].to_numpy(), rows["mi_ty"].to_numpy()
    colours, size = look.colours(rows), POINT * look.size * medium().points
    (left, right), (bottom, top) = marks.bounds(rows, "mi_xt"), marks.bounds(rows, "mi_ty")
    across = np.stack([np.stack([left, y], -1), np.stack([right, y], -1)], 1)
    along = np.stack([np.stack([x, bottom], -1), np.stack([x, top], -1)], 1)
    for ends, column in zip((across, along), AXES, strict=True):
        faint = np.where(believed(rows, column), BAR_OPACITY, DOUBTED_BAR_OPACITY)
        bars = LineCollection(list(ends), colors=[*colours], linewidths=0.8, alpha=faint, zorder=1.6)
        ax.add_collection(bars, autolim=False)
    filled = fills(rows)
    filled_points.draw_points(ax, x, y, filled, marker, colours, size, width=1.0)
    # A layer that lacks the first or the last epoch of the figure goes without the mark.
    epochs, (first, last) = rows["epoch"].to_numpy(), span
    if first < last:
        ring, dot = epochs == last, epochs == first
        around = {"facecolors": "none", "edgecolors": INK, "linewidths": 1, "zorder": 3}
        ax.scatter(x[ring], y[ring], s=size * RING, marker=marker, **around)
        _draw_first(ax, x[dot], y[dot], filled[dot], colours[dot], size * FIRST_DOT)


def _draw_first(ax: Axes, x: np.ndarray, y: np.ndarray, filled: np.ndarray, colours: np.ndarray, size: float) -> None:
    """The dot of the first epoch, white on what is filled and of the point's colour on what is not."""
    look = {"s": size, "linewidths": 0, "zorder": 3.2}
    ax.scatter(x, y, c=np.where((filled == HOLLOW)[:, None], colours, 1.0), **look)
    for fill, half in ((LEFT, "right"), (LOWER, "top")):
        if (empty := filled == fill).any():
            ax.scatter(x[empty], y[empty], marker=MarkerStyle("o", fillstyle=half), c=colours[empty], **look)  # type: ignore[arg-type]


def plane_entries(points: pd.DataFrame, look: Look) -> list[marks.Entry]:
    """The legend of a plane: markers of layers, marks of the first and the last epoch, what is empty."""
    layers = reading.in_order(points["layer"])
    entries = marks.layer_entries(layers, look.styles, look.by_layer, line=look.join == "layers")
    first, last = points["epoch"].min(), points["epoch"].max()
    if first < last:
        dotted = (marks.point(MUTED, "o"), marks.point("white", "o", markersize=2))
        ring = marks.point("none", "o", markersize=9, markeredgecolor=INK)
        entries += [
            (f"first epoch ({first})", dotted),
            (f"last epoch ({last})", (marks.point(MUTED, "o"), ring)),
        ]
    return entries + filled_points.fill_entries(points)
