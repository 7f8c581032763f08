"""Points that are filled as far as they can be believed, and the legend that says so."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from infoplane.figures import marks
from infoplane.planes.appearance import MUTED
from infoplane.planes.fills import FULL, HOLLOW, LEFT, LOWER
from infoplane.planes.tables import AXES
from infoplane.planes.wording import fill_meanings

HALVES: dict[str, Any] = {LEFT: "left", LOWER: "bottom"}
"""What matplotlib calls the filled half of a mark."""


def draw_points(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    filled: np.ndarray,
    marker: str,
    colours: np.ndarray,
    size: float,
    *,
    width: float = 1.0,
    inside: str = "white",
    alpha: float = 1.0,
) -> None:
    """Draw points, each filled as far as it can be believed.

    Args:
        x, y: shape (point,); within the axes, whose edge cuts no mark.
        filled: what is filled of each, as `planes.fills` has it.
        marker: of all.
        colours: shape (point, 4).
        size: area in square points.
        width: of the outline, in points.
        inside: the colour of what is not filled, or "none", where points lie over each other.
    """
    colours = colours * [1, 1, 1, alpha]
    outline = _path(marker)
    halves = {fill: _path(marker, half) for fill, half in HALVES.items()}
    paths, places, faces, edges = [], [], [], []
    for place, fill, colour in zip(np.stack([x, y], -1), filled, colours, strict=True):
        paths.append(outline)
        places.append(place)
        faces.append(colour if fill == FULL else to_rgba(inside))
        edges.append(colour)
        if fill in halves:  # right after its outline, so that the next point covers both
            paths.append(halves[fill])
            places.append(place)
            faces.append(colour)
            edges.append(to_rgba("none"))
    points = PathCollection(
        paths, [size], offsets=np.reshape(places, (-1, 2)), offset_transform=ax.transData, facecolors=faces,
        edgecolors=edges, linewidths=width, clip_on=False, zorder=3,
    )  # fmt: skip
    points.set_transform(IdentityTransform())  # sizes are in points, as those of `scatter`
    ax.add_collection(points, autolim=False)


def _path(marker: str, half: Any = "full") -> Path:
    """The outline of a mark, or of its filled half."""
    shape = MarkerStyle(marker, fillstyle=half)
    return shape.get_path().transformed(shape.get_transform())


def within(ax: Axes, rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows with values outside of the axes moved to the edge; `columns`: the axis, `x` or `y`, of each."""
    ends = {"x": ax.get_xlim(), "y": ax.get_ylim()}
    return rows.assign(**{column: rows[column].clip(*ends[axis]) for column, axis in columns.items()})


def fill_entries(data: pd.DataFrame, columns: Sequence[str] = AXES, *, plane: bool = True) -> list[marks.Entry]:
    """Legend entries for what a point's filling means, with the words of the flags that occur; see `fill_meanings`."""
    looks: dict[str, dict[str, Any]] = {
        FULL: {},
        HOLLOW: {"markerfacecolor": "white"},
        **{fill: {"fillstyle": half, "markerfacecoloralt": "white"} for fill, half in HALVES.items()},
    }
    return [
        (textwrap.fill(text, 29), (marks.point(MUTED, "o", markersize=6.5, **looks[fill]),))
        for fill, text in fill_meanings(data, columns, plane=plane).items()
    ]
