"""What lies in a plane in Vega-Lite, alike on the page plots/planes.html and in the template of `dvc plots`.

A layer is a dictionary as Vega-Lite's JSON has it. Rows have the fields `x` and `y`; `x_low`, `x_high`, `y_low` and
`y_high`, the ends of the bars; `doubted_x` and `doubted_y`, whether a value is not to be believed; `filled`, what is
filled of the point (infoplane.planes.fills); `layer`, `split` and `epoch`.
"""

from typing import Any

from infoplane.page.expressions import shows_zero
from infoplane.planes.appearance import (
    BAR_OPACITY,
    DOUBTED_BAR_OPACITY,
    FAINT,
    FIRST_DOT,
    INK,
    MUTED,
    RING,
)
from infoplane.planes.fills import FULL, HOLLOW, LEFT

Layer = dict[str, Any]

DOTTED = [2, 3]
"""Of ceilings, in pixels."""
CONFIG: dict[str, Any] = {
    "view": {"stroke": None},
    "axis": {"gridColor": FAINT, "domainColor": MUTED, "tickColor": MUTED, "labelFontSize": 11},
}
"""Of every chart."""


def at(field: str) -> Layer:
    """Where a mark stands."""
    return {"field": field, "type": "quantitative"}


def bars(axis: str, colour: Layer, condition: str = "true") -> Layer:
    """Bounds and error bars along an axis, of rows that have some, where the condition holds."""
    return {
        "transform": [{"filter": f"{condition} && datum.{axis}_low < datum.{axis}_high"}],
        "mark": {"type": "rule", "clip": True, "aria": False},
        "encoding": {
            axis: at(f"{axis}_low"), f"{axis}2": {"field": f"{axis}_high"}, "color": colour,
            "opacity": {
                "condition": {"test": f"datum.doubted_{axis}", "value": DOUBTED_BAR_OPACITY}, "value": BAR_OPACITY,
            },
        },
    }  # fmt: skip


def points(size: Any, colour: Layer, epoch_colour: str, legend: Layer | None = None) -> Layer:
    """The points, filled as far as they can be believed.

    Args:
        size: their area in square pixels.
        colour: the encoding of the epoch's colour.
        epoch_colour: the expression for that of a point.
        legend: of the colour, in addition.
    """
    return {
        "mark": {"type": "point", "filled": True, "size": size, "strokeWidth": 1.4, "opacity": 1},
        "encoding": {"stroke": colour | (legend or {}), "fill": _fill(epoch_colour, "'white'")},
    }


def _fill(filled: str, empty: str) -> Layer:
    """The fill of a mark: of one colour, or half and half, by two expressions of colours. A gradient and not a mark of
    its own, which would lie over other points."""

    def half(axis: str, share: float, first: str, second: str) -> str:
        ends = f"x1: 0, y1: 0, x2: {int(axis == 'x')}, y2: {int(axis == 'y')}"
        stops = ", ".join(f"{{offset: {share}, color: {colour}}}" for colour in (first, second))
        return f"{{gradient: 'linear', {ends}, stops: [{stops}]}}"

    # y runs downwards; below the middle, since the upper half of a triangle would be but its tip
    left, lower = half("x", 0.5, filled, empty), half("y", 0.58, empty, filled)
    return {
        "value": {
            "expr": f"datum.filled == '{FULL}' ? {filled} : datum.filled == '{HOLLOW}' ? {empty}"
            f" : datum.filled == '{LEFT}' ? {left} : {lower}"
        }
    }


def ring(size: float | str, epoch: str) -> Layer:
    """A ring around the points of an epoch; `size`: the area of a point, or its expression."""
    return {
        "transform": [{"filter": f"datum.epoch == {epoch}"}],
        "mark": {
            "type": "point", "size": {"expr": f"{RING} * {size}"}, "stroke": INK, "strokeWidth": 1, "opacity": 1,
            "aria": False,
        },
    }  # fmt: skip


def first_dot(size: float | str, epoch: str, epoch_colour: str) -> Layer:
    """A dot within the points of the first epoch: white on what is filled, of the point's colour on what is not."""
    return {
        "transform": [{"filter": f"datum.epoch == {epoch}"}],
        "mark": {
            "type": "point", "size": {"expr": f"{FIRST_DOT} * {size}"}, "opacity": 1, "strokeWidth": 0, "aria": False,
        },
        "encoding": {"shape": {"value": "circle"}, "fill": _fill("'white'", epoch_colour)},
    }  # fmt: skip


def zero_line(axis: str, rows: Layer) -> Layer:
    """Where 0 is, if values fall below it; `rows`: a single one with the ends of the axis, such as `x_from`, `x_to`."""
    low, high = f"datum.{axis}_from", f"datum.{axis}_to"
    zero = f"zero_{axis}"
    return {
        **rows,
        "transform": [
            *rows["transform"],
            {"filter": f"{shows_zero(low, high)} && {high} > 0"},
            {"calculate": "0", "as": zero},
        ],
        "mark": {"type": "rule", "color": MUTED, "strokeWidth": 0.8, "aria": False},
        "encoding": {axis: at(zero), _other(axis): None},
    }


def ceilings(axis: str, rows: Layer) -> Layer:
    """Dotted ceilings with their names; those beyond the axis by name alone, with an arrow.

    Args:
        axis: `x` or `y`.
        rows: data and transforms that give a row for each ceiling, from the lowest: `limit`, `name`, and `end`, where
            the axis ends.
    """
    arrow = "→" if axis == "x" else "↑"
    together = [
        {"calculate": "datum.limit > datum.end", "as": "far"},
        {
            "aggregate": [
                {"op": "max", "field": "limit", "as": "limit"},
                {"op": "max", "field": "end", "as": "end"},
                {"op": "values", "as": "all"},
            ],
            "groupby": ["far"],
        },
        {
            "calculate": "datum.all[0].name + ' ' + format(datum.all[0].limit, '.2f')"
            " + (length(datum.all) > 1 ? ', ' + format(datum.all[1].limit, '.2f') : '')"
            f" + (datum.far ? ' {arrow}' : '')",
            "as": "text",
        },
        {"calculate": "min(datum.limit, datum.end)", "as": "place"},
    ]
    if axis == "y":
        look, place = {"align": "left", "dy": -4}, {"x": {"value": 4}, "y": at("place")}
    else:
        look, place = {"align": "right", "dx": 10}, {"x": at("place"), "y": {"value": -4}}
    return {
        **rows,
        "layer": [
            {
                "transform": [{"filter": "datum.limit <= datum.end"}],
                "mark": {"type": "rule", "strokeDash": DOTTED, "color": MUTED, "aria": False},
                "encoding": {axis: at("limit"), _other(axis): None},
            },
            {
                "transform": together,
                "mark": {"type": "text", "baseline": "bottom", "color": MUTED, "fontSize": 11, "aria": False} | look,
                "encoding": place | {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def _other(axis: str) -> str:
    return "y" if axis == "x" else "x"
