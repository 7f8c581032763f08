"""The template of `dvc plots` for plots/mi/<key>.csv: planes side by side, a row per estimator, a column per revision.

It is filled with the rows of the CSV alone, as text, and so differs from figures and page in what these do not tell:

- whether I(T;Y) <= I(X;T) holds for what an estimator measures: there is no diagonal. The tables say what it is, and
  axes are named after it, unless `--x-label` and `--y-label` give others;
- params.yaml: units are nats, and lines join the epochs of a layer;
- means over repetitions and parts of the samples: each is drawn, with the bounds that the estimator states;
- whether epochs are log spaced: the scale has to be chosen here, and is always log(1 + epoch);
- which layers have no value: Vega-Lite deals out the marks among those that are drawn.

All cells share their axes, so that revisions compare: ranges follow from the values of all, by the same rule.
"""

from typing import Any

from infoplane.page.plane_layers import CONFIG, Layer, at, bars, ceilings, first_dot, points, ring, zero_line
from infoplane.page.plane_rows import calculate, drawn, ranges, read, upper_ceiling
from infoplane.page.plane_words import words
from infoplane.page.revisions import column, rows, side_by_side, tooltip
from infoplane.planes.appearance import EPOCH_SCHEME, MARKS, MUTED, PATH, SPLIT_DASHES
from infoplane.planes.rules import CEILING_NAMES, MANY_CEILINGS

WIDTH, HEIGHT, POINT = 340, 270, 55
TICKS = [0] + [10**power for power in range(7)]
"""Epochs that an axis or a legend of epochs names, as far as it reaches."""
COLOUR: Layer = {
    "field": "epoch",
    "type": "quantitative",
    "scale": {
        "type": "symlog",
        "scheme": {"name": EPOCH_SCHEME[0], "extent": [0, EPOCH_SCHEME[1]]},
        "nice": False,
        "zero": False,
    },
}
EPOCH_COLOUR = "scale('stroke', datum.epoch)"
LEGEND: Layer = {
    "legend": {
        "title": "epoch",
        "type": "gradient",
        "gradientLength": 110,
        "values": TICKS,
        # Without this Vega writes epochs beyond the last one, over other legends.
        "labelExpr": "datum.value > domain('stroke')[1] ? '' : format(datum.value, 'd')",
    }
}


def template() -> dict[str, Any]:
    """The template as Vega-Lite's JSON."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": "Information planes side by side: a row per estimator, a column per revision. Empty cells are"
        " not given; an estimator that gives one axis alone is drawn against the epoch.",
        "data": {"name": "estimates", "values": "<DVC_METRIC_DATA>"},
        "title": {
            "text": "<DVC_METRIC_TITLE>",
            "subtitle": [
                "empty right half: I(X;T) is not to be believed; empty upper half: I(T;Y) is not; hollow: neither, or,"
                " over the epochs, the value; the tooltip says why",
                "dot: first epoch; ring: last epoch; bars: bounds",
            ],
            "subtitleColor": MUTED,
            "anchor": "start",
            "offset": 14,
        },
        "params": [
            {"name": "given_x_label", "value": "<DVC_METRIC_X_LABEL>"},
            {"name": "given_y_label", "value": "<DVC_METRIC_Y_LABEL>"},
            {"name": "has_xt", "expr": "join(pluck(data('estimates'), '<DVC_METRIC_X>'), '') != ''"},
            {"name": "has_ty", "expr": "join(pluck(data('estimates'), '<DVC_METRIC_Y>'), '') != ''"},
            {"name": "is_plane", "expr": "has_xt && has_ty"},
        ],
        "transform": [
            *read(),
            *drawn(),
            *ranges(),
            *side_by_side("datum.estimator", "estimator"),
        ],
        "facet": {"row": rows(12, labelPadding=4), "column": column(labelPadding=6)},
        "spacing": {"row": 70, "column": 60},
        "resolve": {"axis": {"x": "independent", "y": "independent"}},
        "spec": {
            "width": WIDTH,
            "height": HEIGHT,
            "encoding": {
                "x": at("x") | {"scale": {"zero": False, "nice": False}, "axis": _x_axis()},
                "y": at("y") | {"scale": {"zero": False, "nice": False}, "axis": {"title": None, "tickCount": 6}},
            },
            "layer": [
                _axis_ends(),
                *[zero_line(axis, _one_row(axis)) for axis in ("x", "y")],
                *[ceilings(axis, _limits(axis)) for axis in ("x", "y")],
                *[bars(axis, COLOUR | {"legend": None}) for axis in ("x", "y")],
                _path(),
                _marks(),
                words(WIDTH, HEIGHT),
            ],
        },
        "config": CONFIG
        | {
            "text": {"fontSize": 11},
            "legend": {"labelFontSize": 11, "titleFontSize": 11},
            "title": {"fontSize": 14, "subtitleFontSize": 11},
        },
    }


def _x_axis() -> Layer:
    """Values, or epochs at log(1 + epoch)."""
    logs = ", ".join(f"log({epoch + 1})" for epoch in TICKS)
    return {
        "title": None,
        "tickCount": 6,
        "values": {"expr": f"is_plane ? null : [{logs}]"},
        "labelExpr": "is_plane ? datum.label : format(round(exp(datum.value) - 1), 'd')",
    }


def _axis_ends() -> Layer:
    """Two invisible points, which stretch the axes to their ranges: a domain cannot follow from the rows by itself."""
    ends = {"op": "max", "field": "x_from", "as": "x_from"}
    fields = [ends | {"field": f"{axis}_{end}", "as": f"{axis}_{end}"} for axis in ("x", "y") for end in ("from", "to")]
    return {
        "transform": [
            {"aggregate": fields},
            {"fold": ["x_from", "x_to"], "as": ["which", "x"]},
            *calculate(y="datum.which == 'x_to' ? datum.y_to : datum.y_from"),
            {"filter": "isValid(datum.x) && isValid(datum.y)"},
        ],
        "mark": {"type": "point", "opacity": 0, "size": 0, "aria": False, "tooltip": None},
    }


def _one_row(axis: str) -> Layer:
    """The ends of an axis. Vega-Lite merges aggregates: fields of one name must mean the same in all layers."""
    ends = [f"{axis}_{end}" for end in ("from", "to")]
    valued = "is_plane" if axis == "x" else "true"
    fields = [{"op": "max", "field": end, "as": end} for end in ends]
    return {"transform": [{"aggregate": fields}, {"filter": f"{valued} && isValid(datum.{ends[0]})"}]}


def _limits(axis: str) -> Layer:
    """The ceilings of a cell, from the lowest; of many the largest alone."""
    limit, count = f"limit_{axis}", f"datum.count > {MANY_CEILINGS}"
    name = {
        "x": f"'{CEILING_NAMES['mi_xt']}'",
        "y": f"has_ty ? '{CEILING_NAMES['mi_ty']}' : '{CEILING_NAMES['mi_xt']}'",
    }
    return {
        "transform": [
            {"filter": f"isValid(datum.{limit})"},
            {
                "aggregate": [
                    {"op": "distinct", "field": f"written_{axis}", "as": "count"},
                    {"op": "min", "field": f"alike_{axis}", "as": "lowest"},
                    {"op": "max", "field": f"alike_{axis}", "as": "alike"},
                    {"op": "max", "field": limit, "as": "largest"},
                    {"op": "max", "field": f"{axis}_to", "as": "end"},
                ]
            },
            {"filter": "isValid(datum.largest)"},
            *calculate(highest=upper_ceiling("datum.count", "datum.alike", "datum.largest")),
            {"fold": ["lowest", "highest"], "as": ["which", "limit"]},
            {"filter": f"datum.which == 'highest' || (datum.count > 1 && !({count}))"},
            *calculate(name=f"({count} ? 'largest ' : '') + ({name[axis]})"),
        ]
    }


def _path() -> Layer:
    return {
        "mark": {"type": "line", "color": PATH, "strokeWidth": 1},
        "encoding": {
            "order": at("epoch"),
            "detail": [{"field": "layer"}, {"field": "repetition"}, {"field": "part"}],
            "strokeDash": {
                "field": "split",
                "type": "nominal",
                "sort": None,
                "scale": {"range": [list(dash) for dash in SPLIT_DASHES]},
                "legend": {"title": "split", "symbolStrokeColor": MUTED, "symbolStrokeWidth": 1.5},
            },
        },
    }


def _marks() -> Layer:
    """Points, rings and dots, with the layers' marks and tooltips."""
    return {
        "encoding": {
            "shape": {
                "field": "layer",
                "type": "nominal",
                "sort": None,
                "scale": {"range": [mark.outline for mark in MARKS]},
                "legend": {"title": "layer", "symbolFillColor": MUTED, "symbolStrokeColor": MUTED},
            },
        },
        "layer": [
            ring(POINT, "datum.last_epoch"),
            _with_tooltip(points(POINT, COLOUR, EPOCH_COLOUR, LEGEND)),
            first_dot(POINT, "datum.first_epoch", EPOCH_COLOUR),
        ],
    }


def _with_tooltip(layer: Layer) -> Layer:
    lines = [
        *tooltip(rev="revision", estimator="", split="", layer=""),
        {"field": "epoch", "type": "quantitative", "format": "d"},
        *tooltip(repetition="", part="", says_xt="I(X;T) [nats]", says_ty="I(T;Y) [nats]"),
    ]
    return layer | {"encoding": layer["encoding"] | {"tooltip": lines}}
