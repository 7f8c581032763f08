"""The data-processing bound of a plane, I(T;Y) <= I(X;T); the other one, I(X;Y), is a ceiling of `tables`."""

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from infoplane.figures import style
from infoplane.figures.tables import AXES

LABEL = "I(T;Y) = I(X;T)"
SHORTEST = 0.2
"""Share of an axis below which the line is left out."""
ROOM = 0.055
"""Share of the axes that the label keeps from points."""


def comparable(xt_label: str | None, ty_label: str | None) -> bool:
    """Whether the bound holds for what an estimator measures: information of one and the same variable on both axes.

    I(T;Y) may exceed I(X;T+N), and sliced information SI obeys no such bound; I(bin T;Y) <= H(bin T) holds.
    """
    xt = re.match(r"(?:I\(X;|H\()([^;()]+)\)", xt_label or "I(X;T)")
    ty = re.match(r"I\(([^;()]+);Y\)", ty_label or "I(T;Y)")
    return bool(xt and ty and xt[1] == ty[1])


def draw_diagonal(ax: Axes, points: pd.DataFrame) -> None:
    """Draw I(T;Y) = I(X;T) where it crosses the axes as they are, with its name where no point is near.

    Args:
        ax: its ranges are set, and stay so.
        points: columns `mi_xt`, `mi_ty`, `ceiling_ty` of what is drawn, which the name must not cover.
    """
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    # Above the ceiling H(Y) it would bound nothing; a scrap of it in a corner would say nothing.
    ceiling = points["ceiling_ty"].max()
    low, high = max(left, bottom, 0.0), min(right, top, ceiling if ceiling == ceiling else top)
    if high - low < SHORTEST * min(right - left, top - bottom):
        return
    ax.plot([low, high], [low, high], color=style.PATH, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1.2)
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
        fontsize=6.5, color=style.MUTED, zorder=1.3, path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip
