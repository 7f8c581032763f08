"""How templates of `dvc plots` lay revisions side by side, and name them in tooltips.

Vega-Lite puts cells in the wrong place if a facet is sorted by a field and a cell is empty; hence keys that sort as the
rows come: the place of a revision's first row, and its name.
"""

from typing import Any

SHOWN = "slice(datum.label, 9)"
"""A key without its place."""


def side_by_side(row: str = "", groupby: str = "") -> list[dict[str, Any]]:
    """Transforms that give each row its `column_key`, by revision, and, if asked for, its `row_key`.

    Args:
        row: the expression that names a row of cells.
        groupby: the field that tells these apart.
    """
    fields = [*([("row", groupby, row)] if row else []), ("column", "rev", "datum.rev")]
    return [
        {"window": [{"op": "row_number", "as": "place"}]},
        *[
            {"joinaggregate": [{"op": "min", "field": "place", "as": f"{name}_place"}], "groupby": [by]}
            for name, by, _ in fields
        ],
        *[
            {"calculate": f"pad(datum.{name}_place, 8, '0', 'left') + ' ' + {expression}", "as": f"{name}_key"}
            for name, _, expression in fields
        ],
    ]


def rows(font_size: int, **more: Any) -> dict[str, Any]:
    """The facet of rows."""
    header = {"title": None, "labelExpr": SHOWN, "labelFontSize": font_size, "labelFontWeight": "bold"} | more
    return {"field": "row_key", "header": header}


def column(**more: Any) -> dict[str, Any]:
    """The facet of columns."""
    header = {"title": None, "labelExpr": SHOWN, "labelFontSize": 13, "labelFontWeight": "bold"}
    return {"field": "column_key", "header": header | {"labelAnchor": "start"} | more}


def tooltip(**titles: str) -> list[dict[str, Any]]:
    """Lines of a tooltip: for each field what it is called, or nothing for its own name."""
    named = {field: {"title": title} if title else {} for field, title in titles.items()}
    return [{"field": field, "type": "nominal"} | title for field, title in named.items()]
