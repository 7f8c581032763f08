"""The template of `dvc plots` for how alike layers are: a map of every two, at each epoch."""

from typing import Any

from infoplane.page.curve_templates import chart
from infoplane.page.revisions import column, rows, side_by_side, tooltip


def template() -> dict[str, Any]:
    """A row for each epoch, a column for each revision, a cell for each two layers; means over repetitions."""
    order = {"type": "nominal", "sort": None}
    return chart(
        "How alike every two layers are (CKA), from 0 to 1: a row per split and epoch, a column per revision.",
        transform=[
            # what two epochs of one layer have in common is left to the figure
            {"filter": "datum.epoch == datum.other_epoch"},
            {"calculate": "toNumber(datum.value)", "as": "cka"},
            {"filter": "isValid(datum.cka)"},
            {"calculate": "datum['<DVC_METRIC_X>']", "as": "x"},
            {"calculate": "datum['<DVC_METRIC_Y>']", "as": "y"},
            {
                "aggregate": [{"op": "mean", "field": "cka", "as": "cka"}],
                "groupby": ["rev", "split", "epoch", "x", "y"],
            },
            {"calculate": "datum.split + ', epoch ' + datum.epoch", "as": "where"},
            *side_by_side("datum.where", "where"),
        ],
        facet={"row": rows(11), "column": column()},
        spec={
            "width": 220,
            "height": 180,
            "mark": "rect",
            "encoding": {
                "x": {"field": "x", "title": None} | order,
                "y": {"field": "y", "title": None} | order,
                "color": {
                    "field": "cka", "type": "quantitative", "title": "CKA",
                    "scale": {"scheme": "blues", "domain": [0, 1], "clamp": True},
                },
                "tooltip": [
                    *tooltip(rev="revision", split="", epoch="", x="layer", y="other layer"),
                    {"field": "cka", "type": "quantitative", "format": ".3f", "title": "CKA"},
                ],
            },
        },
    )  # fmt: skip
