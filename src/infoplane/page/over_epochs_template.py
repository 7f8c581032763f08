"""The template of `dvc plots` for plots/over_epochs.csv: every method and revision over the epochs, a row per layer."""

from typing import Any

from infoplane.page.curve_templates import chart
from infoplane.page.plane_layers import Layer, at
from infoplane.page.plane_rows import calculate
from infoplane.page.revisions import SHOWN, rows, side_by_side, tooltip
from infoplane.planes.appearance import BAR_OPACITY, DOUBTED_BAR_OPACITY, LAYER_COLOURS, MARKS, MUTED, SPLIT_DASHES
from infoplane.planes.rules import LEAST_SHARE, LEAST_SPAN

AXES = ("I(X;T)", "I(T;Y)")
LEGEND = {"title": "method", "symbolFillColor": MUTED, "symbolStrokeColor": MUTED}


def template() -> dict[str, Any]:
    """The template as Vega-Lite's JSON."""
    colour = {"field": "rev", "type": "nominal", "sort": None, "scale": {"range": list(LAYER_COLOURS)}}
    doubted = "datum.flag != ''"
    dashes, shape = _by_method([list(dash) for dash in SPLIT_DASHES]), _by_method([mark.outline for mark in MARKS])
    return chart(
        "Every method over the epochs: a row per layer, a colour per revision, a mark per method; hollow: not to be"
        " believed.",
        title={
            "subtitle": "in nats; what a method measures says the tooltip; hollow: not to be believed",
            "subtitleColor": MUTED,
        },
        transform=[
            *calculate(**{name: f"toNumber(datum.{name})" for name in ("epoch", "value", "low", "high")}),
            {"filter": "isValid(datum.epoch) && isValid(datum.value)"},
            *calculate(flag="datum.flag || ''"),
            {"joinaggregate": [{"op": "distinct", "field": "split", "as": "splits"}]},
            *calculate(
                method="datum.estimator + (datum.splits > 1 ? ', ' + datum.split : '')",
                says="format(datum.value, '.4f')"
                " + (isValid(datum.low) && isValid(datum.high)"
                " ? ' (' + format(datum.low, '.4f') + ' to ' + format(datum.high, '.4f') + ')' : '')"
                " + (datum.flag != '' ? '; not to be believed: ' + datum.flag : '')",
            ),
            *side_by_side("datum.layer", "layer"),
            *calculate(column_key=f"'0000000' + indexof({list(AXES)}, datum.information) + ' ' + datum.information"),
        ],
        facet={
            "row": rows(11),
            "column": {
                "field": "column_key",
                "header": {"title": None, "labelExpr": SHOWN, "labelFontSize": 13, "labelFontWeight": "bold"},
            },
        },
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 400,
            "height": 150,
            "encoding": {
                "x": at("epoch") | {"scale": {"type": "symlog"}, "axis": {"labelOverlap": True, "format": "d"}},
                "color": colour | {"legend": {"title": "revision", "symbolOpacity": 1, "symbolStrokeWidth": 2}},
                "detail": [{"field": "split"}],
            },
            "layer": [
                {
                    "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
                    "mark": {"type": "rule", "aria": False},
                    "encoding": {
                        "y": at("low") | {"title": None},
                        "y2": {"field": "high"},
                        "opacity": {"condition": {"test": doubted, "value": DOUBTED_BAR_OPACITY}, "value": BAR_OPACITY},
                    },
                },
                {
                    "mark": {"type": "line", "strokeWidth": 1.4, "clip": True},
                    "encoding": {
                        "y": _value(),
                        "strokeDash": dashes | {"legend": None},
                    },
                },
                _least_span(),
                {
                    # nothing but the legend, which the fill of the points would colour
                    "mark": {"type": "point", "size": 0, "aria": False},
                    "encoding": {"y": _value(), "shape": shape | {"legend": LEGEND}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 32, "strokeWidth": 1.2, "opacity": 1},
                    "encoding": {
                        "y": _value(),
                        "stroke": colour | {"legend": None},
                        "fill": {"value": {"expr": f"{doubted} ? 'white' : scale('stroke', datum.rev)"}},
                        "shape": shape | {"legend": None},
                        "tooltip": [
                            *tooltip(rev="revision", estimator="", measured="measures", split="", layer=""),
                            {"field": "epoch", "type": "quantitative", "format": "d"},
                            *tooltip(says="value [nats]"),
                        ],
                    },
                },
            ],
        },
    )


def _least_span() -> Layer:
    """Two invisible points, so that an axis spans what `rules.axis_range` lets it at least."""
    half = f"max(datum.most - datum.least, {LEAST_SHARE} * abs(datum.most), {LEAST_SPAN}) / 2"
    return {
        "transform": [
            {
                "aggregate": [
                    {"op": op, "field": "value", "as": name} for op, name in (("min", "least"), ("max", "most"))
                ]
            },
            *calculate(
                bottom=f"(datum.least + datum.most) / 2 - {half}", top=f"(datum.least + datum.most) / 2 + {half}"
            ),
            {"fold": ["bottom", "top"], "as": ["end", "value"]},
        ],
        "mark": {"type": "point", "opacity": 0, "size": 0, "aria": False, "tooltip": None},
        "encoding": {"x": None, "color": None, "detail": None, "y": _value()},
    }


def _by_method(looks: list[Any]) -> dict[str, Any]:
    return {"field": "method", "type": "nominal", "sort": None, "scale": {"range": looks}}


def _value() -> dict[str, Any]:
    return at("value") | {"title": None, "scale": {"zero": False}}
