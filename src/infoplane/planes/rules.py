"""The rules by which every drawing of a plane decides its axis ranges, its ceilings and its diagonal.

Figures call these functions. A browser has to decide again whenever a layer or a split is switched off, and a template
of `dvc plots` when it is filled: `infoplane.page.expressions` says the same in Vega's language, with these constants.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from infoplane.planes.fills import believed
from infoplane.planes.tables import AXES

FROM_ZERO = 0.25
"""An axis begins at 0 where the smallest value is below this share of the largest, so that it costs little."""
LEAST_SPAN, LEAST_SHARE = 0.01, 0.05
"""An axis spans at least this much, and this share of its largest value: rounding errors stretched over a whole axis
would look like a result."""
BOUNDS_REACH = 0.4
"""How far bounds may stretch an axis at either end, as a share of what the values span."""
DOUBTED_REACH = 1.0
"""How far values that are not to be believed may stretch an axis at either end, as a share of what those span that are,
or of the largest of these: one that is far off would squeeze the others into a line. It stands at the edge then."""
NEAR = 1.5
"""A ceiling is within an axis if it is this near to the lowest value, in shares of what is drawn."""
ROOM = 0.06
"""Share of the axis kept free at each end."""
CEILING_ROOM = 0.09
"""The same above a ceiling, where its name stands."""
MANY_CEILINGS = 2
"""Of more than these the largest alone is drawn: a line for each would hide the data."""
SHORTEST_DIAGONAL = 0.2
"""Share of an axis below which the diagonal is left out: a scrap of it in a corner would say nothing."""
FEW = 5
"""Repetitions of which a plane draws each; of more, mean and spread alone: their lines would hide each other."""


class Ceiling(NamedTuple):
    """A dotted line of a plane: where it lies, and what is written before its value."""

    value: float
    name: str

    @property
    def text(self) -> str:
        return f"{self.name} {self.value:.2f}"


CEILING_NAMES = {"mi_xt": "ceiling", "mi_ty": "H(Y) = I(X;Y) ="}
"""What is written before a ceiling's value. That of I(T;Y) is H(Y), which for labels that follow from the input, as in
every recorded sample, is I(X;Y), the bound of the information bottleneck."""


def ceilings(data: pd.DataFrame, column: str) -> list[Ceiling]:
    """The ceilings of `mi_xt` or `mi_ty`; those that would be written alike, to two decimals, are one.

    Where a ceiling changes with layer or epoch there are many: then it is the largest alone, and its name says so.
    """
    name = CEILING_NAMES[column]
    values = data.loc[data[column].notna(), f"ceiling_{column.removeprefix('mi_')}"].dropna().sort_values()
    distinct = [float(value) for value in values[~values.round(2).duplicated()]]
    if len(distinct) > MANY_CEILINGS:
        return [Ceiling(float(values.iloc[-1]), f"largest {name}")]
    return [Ceiling(value, name) for value in distinct]


def axis_range(data: pd.DataFrame, column: str) -> tuple[float, float]:
    """The range of an axis for the values of `mi_xt` or `mi_ty` and for near ceilings.

    A bound or a ceiling far outside would squeeze the estimates into a line: it is left outside. So is a value far
    outside that is not to be believed. Bounds of such values do not count, unless no value can be believed.
    """
    data = data[data[column].notna()]
    trusted = data[believed(data, column)]
    trusted = trusted if len(trusted) else data
    low, high = float(trusted[column].min()), float(trusted[column].max())
    reach = DOUBTED_REACH * max(high - low, abs(high))
    if len(trusted) < len(data):
        values = data[column].clip(low - reach, high + reach)
        low, high = float(values.min()), float(values.max())
    if 0 < low < FROM_ZERO * high:
        low = 0.0
    span = max(high - low, LEAST_SHARE * abs(high), LEAST_SPAN)
    low, high = min(low, (low + high - span) / 2), max(high, (low + high + span) / 2)
    bounds = trusted[[f"{column}_low", f"{column}_high"]].clip(low - BOUNDS_REACH * span, high + BOUNDS_REACH * span)
    low, high = float(np.nanmin([low, bounds.min().min()])), float(np.nanmax([high, bounds.max().max()]))
    span = max(high - low, span)
    near = [ceiling.value for ceiling in ceilings(data, column) if ceiling.value - low < NEAR * span]
    low, high = low - ROOM * span, high + ROOM * span
    return low, max([high, *(value + CEILING_ROOM * (value - low) for value in near)])


def beyond(data: pd.DataFrame, columns: Sequence[str] = AXES) -> int:
    """How many rows have a value outside of its axis, which is drawn at the edge."""
    outside = np.zeros(len(data), dtype=bool)
    for column in columns:
        if data[column].notna().any():
            low, high = axis_range(data, column)
            outside |= ((data[column] < low) | (data[column] > high)).to_numpy()
    return int(outside.sum())


def shows_zero(low: float, high: float) -> bool:
    """Whether values fall below 0 on an axis of this range, so that a line shows where 0 is: estimates are not clipped,
    information is not negative."""
    return low < -ROOM * (high - low)  # less than that is only the room beside an axis from 0


def comparable(xt_label: str | None, ty_label: str | None) -> bool:
    """Whether I(T;Y) <= I(X;T) holds for what an estimator measures, so that the diagonal may be drawn: both axes must
    speak of one and the same variable.

    I(T;Y) may exceed I(X;T+N), and sliced information SI obeys no such bound; I(bin T;Y) <= H(bin T) holds.
    """
    xt = re.match(r"(?:I\(X;|H\()([^;()]+)\)", xt_label or "I(X;T)")
    ty = re.match(r"I\(([^;()]+);Y\)", ty_label or "I(T;Y)")
    return bool(xt and ty and xt[1] == ty[1])


def diagonal(
    x_range: tuple[float, float], y_range: tuple[float, float], ceiling: float | None
) -> tuple[float, float] | None:
    """From where to where the line I(T;Y) = I(X;T) is drawn; None if it is left out.

    Args:
        x_range, y_range: of the axes.
        ceiling: the largest one of I(T;Y), above which the line would bound nothing; None: there is none.
    """
    (left, right), (bottom, top) = x_range, y_range
    low, high = max(left, bottom, 0.0), min(right, top, top if ceiling is None else ceiling)
    return None if high - low < SHORTEST_DIAGONAL * min(right - left, top - bottom) else (low, high)
