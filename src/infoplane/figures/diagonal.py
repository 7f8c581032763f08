"""The data-processing bound of a plane, I(T;Y) <= I(X;T); the other one, I(X;Y), is a ceiling."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from infoplane.planes.appearance import DIAGONAL_DASH, MUTED, PATH
from infoplane.planes.rules import diagonal
from infoplane.planes.tables import AXES

LABEL = "I(T;Y) = I(X;T)"
ROOM = 0.055
"""Share of the axes that the label keeps from points."""


def draw_diagonal(ax: Axes, points: pd.DataFrame) -> None:
    """Draw I(T;Y) = I(X;T) where it crosses the axes as they are, with its name where no point is near.

    Args:
        ax: its ranges are set, and stay so.
        points: columns `mi_xt`, `mi_ty`, `ceiling_ty` of what is drawn, which the name must not cover.
    """
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    ceiling = points["ceiling_ty"].max()
    if (ends := diagonal((left, right), (bottom, top), ceiling if ceiling == ceiling else None)) is None:
        return
    low, high = ends
    ax.plot(ends, ends, color=PATH, linewidth=0.9, linestyle=(0, DIAGONAL_DASH), zorder=1.2)
    size = np.array([right - left, top - bottom])
    taken = (points[list(AXES)].to_numpy() - [left, bottom]) / size
    along = (high - low) / size
    # The middles of names that stand on the line within the axes, as shares of them.
    width, height = np.asarray(ax.bbox.size) / ax.figure.dpi
    length = np.hypot(*(along * [width, height]))
    share = 1.15 / length if length else 1.0  # of the line, about as long as the name
    if share > 0.9:
        return
    best, far = None, ROOM
    for place in np.linspace(share / 2 + 0.03, 0.93 - share / 2, 12):
        covered = np.linspace(place - share / 2, place + share / 2, 9)
        spots = (low + covered[:, None] * (high - low) - [left, bottom]) / size
        gap = np.abs(spots[:, None] - taken[None]).max(-1).min() if len(taken) else 1.0
        if gap > far + 1e-9:
            best, far = low + place * (high - low), gap
    if best is None:
        return
    ax.text(
        best, best, LABEL, rotation=45, rotation_mode="anchor", transform_rotates_text=True, ha="center", va="bottom",
        fontsize=6.5, color=MUTED, zorder=1.3, path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip
