"""The template of `dvc plots` for what a frozen layer knows: each measure over the lengths of training."""

from typing import Any

from infoplane.page.curve_templates import DASHES, EPOCH_AND_VALUE, Y_AXIS, chart
from infoplane.page.plane_layers import at
from infoplane.page.revisions import column, rows, side_by_side, tooltip
from infoplane.planes.appearance import LAYER_COLOURS, MUTED

ENDS = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}


def template() -> dict[str, Any]:
    """A row for each measure, a column for each revision, a colour for each split; of E alone, a point at 0."""
    splits = {"field": "split", "type": "nominal", "sort": None, "scale": {"range": list(LAYER_COLOURS)}}
    doubted = {"condition": {"test": "datum.flag", "value": "white"}}
    return chart(
        "What classifiers read from a frozen layer: a row per measure, a column per revision; at 0 what is of the layer"
        " alone; hollow: not to be believed.",
        transform=[
            {"calculate": "datum['<DVC_METRIC_X>'] ? toNumber(datum['<DVC_METRIC_X>']) : 0", "as": "x"},
            {"calculate": "toNumber(datum['<DVC_METRIC_Y>'])", "as": "y"},
            *({"calculate": f"toNumber(datum.{end})", "as": end} for end in ("low", "high")),
            {"filter": "isValid(datum.x) && isValid(datum.y)"},
            {"calculate": "datum.repetition ? datum.repetition : '0'", "as": "repetition"},
            *side_by_side("datum.measure", "measure"),
        ],
        facet={"row": rows(11), "column": column()},
        resolve={"scale": {"y": "independent"}},
        spec={
            "width": 340,
            "height": 150,
            "encoding": {
                "x": at("x") | {"title": "epochs of the classifier", "scale": {"type": "symlog"}},
                "detail": [{"field": "repetition"}],
                "tooltip": [
                    *tooltip(rev="revision", measure="", split="", layer="", repetition=""),
                    *EPOCH_AND_VALUE,
                    *tooltip(flag="not to be believed"),
                ],
            },
            "layer": [
                {"mark": {"type": "rule", "opacity": 0.5}, "encoding": {**ENDS, "color": splits}},
                {
                    "mark": {"type": "line", "strokeWidth": 1.5},
                    "encoding": {
                        "y": Y_AXIS,
                        "color": splits,
                        "strokeDash": {
                            "field": "split", "type": "nominal",
                            "scale": {"domain": ["train", "test"], "range": DASHES},
                            "legend": {"title": "split", "symbolStrokeColor": MUTED},
                        },
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 30, "strokeWidth": 1.2, "opacity": 1},
                    "encoding": {
                        "y": Y_AXIS,
                        "stroke": splits | {"legend": None},
                        "fill": doubted | splits | {"legend": None},
                    },
                },
            ],
        },
    )  # fmt: skip
