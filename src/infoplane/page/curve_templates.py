"""The templates of `dvc plots` for curves: layers over epochs, the training, and estimates against truths.

They have no axis ranges of their own: what they draw is not a plane, and Vega-Lite's choice serves. What is stated of
an estimate stands in its tooltip.
"""

from typing import Any

from infoplane.page.plane_layers import CONFIG, at
from infoplane.page.plane_rows import calculate, flag
from infoplane.page.revisions import column, rows, side_by_side, tooltip
from infoplane.planes.appearance import LAYER_COLOURS, MUTED, PATH, SPLIT_DASHES

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
DASHES = [list(dash) for dash in SPLIT_DASHES[:2]]
"""Of the training and the test split."""
XY = [
    {"calculate": "toNumber(datum['<DVC_METRIC_X>'])", "as": "x"},
    {"calculate": "toNumber(datum['<DVC_METRIC_Y>'])", "as": "y"},
]
X_AXIS = at("x") | {"title": "<DVC_METRIC_X_LABEL>"}
Y_AXIS = at("y") | {"title": None, "scale": {"zero": False}}
EPOCH_AND_VALUE = [
    {"field": "x", "type": "quantitative", "title": "<DVC_METRIC_X_LABEL>"},
    {"field": "y", "type": "quantitative", "format": ".4g", "title": "value"},
]


def chart(description: str, **parts: Any) -> dict[str, Any]:
    """A template with what all have in common; `parts` go between its title and its configuration."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "data": {"values": "<DVC_METRIC_DATA>"},
        "title": {"text": "<DVC_METRIC_TITLE>", "anchor": "start", "offset": 10} | parts.pop("title", {}),
        **parts,
        "config": CONFIG | {"title": {"fontSize": 14}},
    }


def by_layer() -> dict[str, Any]:
    """A value of each layer over the epochs."""
    of_column = "y_name == 'mi_xt' ? datum.flag_xt : y_name == 'mi_ty' ? datum.flag_ty : ''"
    colour = {"field": "layer", "type": "nominal", "sort": None, "scale": {"range": list(LAYER_COLOURS)}}
    doubted = {"condition": {"test": "datum.flag != ''", "value": "white"}}
    return chart(
        "A value of each layer over the epochs: a row per diagnostic or measure where the table is of these, a column"
        " per revision; hollow: not to be believed. Curves over steps are left to the figures.",
        params=[{"name": "y_name", "value": "<DVC_METRIC_Y>"}],
        transform=[
            {"filter": "!datum.step"},
            *XY,
            {"filter": "isValid(datum.x) && isValid(datum.y)"},
            {"calculate": "datum.diagnostic ? datum.diagnostic : datum.measure ? datum.measure : y_name", "as": "what"},
            {"calculate": "datum.split ? datum.split : ''", "as": "split"},
            {"calculate": "datum.repetition ? datum.repetition : '0'", "as": "repetition"},
            {"calculate": "datum.part ? datum.part : '0'", "as": "part"},
            *calculate(flag_xt=flag("xt"), flag_ty=flag("ty")),
            # other columns, such as those of diagnostics, have no flag
            *calculate(
                flag=f"datum.diagnostic ? '' : {of_column}",
                says="format(datum.y, '.4g') + (datum.flag != '' ? '; not to be believed: ' + datum.flag : '')",
            ),
            *side_by_side("datum.what", "what"),
        ],
        facet={"row": rows(11), "column": column()},
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 340,
            "height": 150,
            "encoding": {
                "x": X_AXIS,
                "y": Y_AXIS,
                "detail": [{"field": "repetition"}, {"field": "part"}],
                "tooltip": [
                    *tooltip(rev="revision", what="value of", split="", layer="", repetition="", part=""),
                    EPOCH_AND_VALUE[0],
                    *tooltip(says="value"),
                ],
            },
            "layer": [
                {
                    "mark": {"type": "line", "strokeWidth": 1.5},
                    "encoding": {
                        "color": colour,
                        "strokeDash": {
                            "field": "split", "type": "nominal", "sort": None, "scale": {"range": DASHES},
                            "legend": None,
                        },
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 22, "strokeWidth": 1.2, "opacity": 1},
                    "encoding": {"stroke": colour | {"legend": None}, "fill": doubted | colour | {"legend": None}},
                },
            ],
        },
    )  # fmt: skip


def training() -> dict[str, Any]:
    """Loss and accuracy over the epochs."""
    kinds = ["loss", "accuracy", "divergence"]
    return chart(
        "Loss and accuracy of the training and the test split over the epochs: a row each, a colour per revision, a"
        " line per repetition. What else a table has, such as a divergence, has a row too.",
        params=[{"name": "y_name", "value": "<DVC_METRIC_Y>"}],
        transform=[
            {"fold": [f"{split}_{kind}" for kind in kinds for split in ("train", "test")], "as": ["column", "given"]},
            {"filter": "isValid(datum.given) && datum.given !== ''"},
            XY[0],
            {"calculate": "toNumber(datum.given)", "as": "y"},
            {"filter": "isValid(datum.x) && isValid(datum.y)"},
            {"calculate": "split(datum.column, '_')[0]", "as": "split"},
            {"calculate": "split(datum.column, '_')[1]", "as": "what"},
            {"calculate": f"indexof({kinds}, datum.what) + ' ' + datum.what", "as": "row_key"},
            {"calculate": "datum.repetition ? datum.repetition : '0'", "as": "repetition"},
        ],
        facet={"row": rows(11, labelExpr="slice(datum.label, 2)")},
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 460,
            "height": 180,
            "mark": {"type": "line", "strokeWidth": 1.5},
            "encoding": {
                "x": X_AXIS,
                "y": Y_AXIS,
                "color": {
                    "field": "rev",
                    "type": "nominal",
                    "sort": None,
                    "scale": {"range": list(LAYER_COLOURS)},
                    "legend": {"title": "revision"},
                },
                "strokeDash": {
                    "field": "split",
                    "type": "nominal",
                    "scale": {"domain": ["train", "test"], "range": DASHES},
                    "legend": {"title": "split", "symbolStrokeColor": MUTED},
                },
                "detail": {"field": "repetition"},
                "tooltip": [
                    *tooltip(rev="revision", split="", what="value of", repetition=""),
                    *EPOCH_AND_VALUE,
                ],
            },
        },
    )


def estimate_against_truth() -> dict[str, Any]:
    """Estimates on distributions of known information."""
    estimate = at("y") | {"title": "estimate [nats]"}
    numbers = [
        {"field": field, "type": "quantitative", "format": ".4f", "title": title}
        for field, title in (("x", "truth [nats]"), ("y", "estimate [nats]"))
    ]
    return chart(
        "Estimates against known truths: a column per revision, the diagonal in grey. Infinite truths are not drawn.",
        title={"subtitle": "distributions of known information; hollow: flagged", "subtitleColor": MUTED},
        transform=[
            *XY,
            {"filter": "isFinite(datum.x) && isFinite(datum.y)"},
            {"calculate": "datum.axis == 'ty' ? 'I(T;Y)' : 'I(X;T)'", "as": "what"},
            {"calculate": "datum.flag ? datum.flag : ''", "as": "flag"},
            *side_by_side(),
        ],
        facet={"column": column()},
        spec={
            "width": 340,
            "height": 270,
            "encoding": {"x": at("x") | {"title": "truth [nats]"}},
            "layer": [
                {
                    "mark": {"type": "line", "color": PATH, "strokeWidth": 1},
                    "encoding": {"y": at("x") | {"title": "estimate [nats]"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                    "encoding": {
                        "y": estimate,
                        "color": {
                            "field": "what",
                            "type": "nominal",
                            "scale": {"domain": ["I(X;T)", "I(T;Y)"], "range": list(LAYER_COLOURS[:2])},
                            "legend": {"title": None},
                        },
                        "tooltip": [
                            *tooltip(rev="revision", task="", what="information", d="units"),
                            *numbers,
                            *tooltip(flag="flags"),
                        ],
                    },
                },
                {
                    "transform": [{"filter": "datum.flag != ''"}],
                    "mark": {"type": "point", "filled": True, "size": 16, "color": "white", "opacity": 1},
                    "encoding": {"y": estimate},
                },
            ],
        },
    )
