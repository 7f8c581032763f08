"""The template of `dvc plots` for the resolution of layers: I(X;T+N) over the size of the noise N."""

from typing import Any

from infoplane.page.curve_templates import Y_AXIS, chart
from infoplane.page.revisions import column, rows, side_by_side, tooltip
from infoplane.planes.appearance import LAYER_COLOURS

NUMBERS = [
    {"field": "x", "type": "quantitative", "title": "std of N"},
    *(
        {"field": field, "type": "quantitative", "format": ".3g", "title": title}
        for field, title in (("stated_y", "I(X;T+N) [nats]"), ("stated_low", "from"), ("stated_high", "to"))
    ),
]
MOST = 1.7
"""Times ln n: what is drawn of values that n samples cannot show; the tooltip has all of them."""


def template() -> dict[str, Any]:
    """A row for each epoch, a column for each revision, a line for each layer."""
    colour = {"field": "layer", "type": "nominal", "sort": None, "scale": {"range": list(LAYER_COLOURS)}}
    doubted = {"condition": {"test": "datum.flag_xt", "value": "white"}}
    ends = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
    return chart(
        "At which scale a layer tells its inputs apart: its information over the size of the noise, a row per epoch, a"
        " column per revision; hollow: not to be believed.",
        transform=[
            {"calculate": "toNumber(datum['<DVC_METRIC_X>'])", "as": "x"},
            {"calculate": "toNumber(datum['<DVC_METRIC_Y>'])", "as": "stated_y"},
            *({"calculate": f"toNumber(datum.mi_xt_{end})", "as": f"stated_{end}"} for end in ("low", "high")),
            {"filter": "isValid(datum.x) && isValid(datum.stated_y)"},
            *(
                {"calculate": f"min(datum.stated_{name}, {MOST} * log(toNumber(datum.n)))", "as": name}
                for name in ("y", "low", "high")
            ),
            {"calculate": "datum.repetition ? datum.repetition : '0'", "as": "repetition"},
            {"calculate": "datum.split ? datum.split : ''", "as": "split"},
            *side_by_side("datum.split + ', epoch ' + datum.epoch", "epoch"),
        ],
        facet={"row": rows(11), "column": column()},
        spec={
            "width": 340,
            "height": 200,
            "encoding": {
                "x": {
                    "field": "x", "type": "quantitative", "scale": {"type": "log", "nice": False},
                    "axis": {"tickCount": 6, "format": "~g"}, "title": "std of the noise N",
                },
                "detail": [{"field": "repetition"}],
                "tooltip": [*tooltip(rev="revision", epoch="", layer="", repetition=""), *NUMBERS,
                            *tooltip(flag_xt="not to be believed")],
            },
            "layer": [
                {"mark": {"type": "area", "opacity": 0.15}, "encoding": {**ends, "color": colour}},
                {
                    "mark": {"type": "line", "strokeWidth": 1.5},
                    "encoding": {"y": Y_AXIS | {"title": "I(X;T+N) [nats]"}, "color": colour},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 22, "strokeWidth": 1.2, "opacity": 1},
                    "encoding": {
                        "y": Y_AXIS,
                        "stroke": colour | {"legend": None},
                        "fill": doubted | colour | {"legend": None},
                    },
                },
            ],
        },
    )  # fmt: skip
