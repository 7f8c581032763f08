"""What a cell of the template of planes says in words: its axes, how much can be believed, and why it is empty."""

from infoplane.page.plane_layers import Layer
from infoplane.page.plane_rows import calculate
from infoplane.planes.appearance import MUTED
from infoplane.planes.captions import MEASURED


def words(width: int, height: int) -> Layer:
    """Axis titles, and what a cell says in place of points; a mark each, since an axis title cannot follow the data."""
    places = {
        "title_x": ({"fontWeight": "bold", "limit": width + 50}, width / 2, height + 34),
        "title_y": ({"fontWeight": "bold", "angle": 270, "limit": height + 50}, -42, height / 2),
        "nothing": ({"fontSize": 13, "color": MUTED}, width / 2, height / 2),
        "half": ({"align": "right", "baseline": "bottom", "color": MUTED}, width, -4),
        "trust": ({"align": "right", "baseline": "bottom", "color": MUTED, "fontSize": 10}, width, height + 58),
    }
    return {
        "transform": [
            *calculate(
                **{f"believed_{axis}": f"datum.drawn && !datum.doubted_{axis} ? 1 : 0" for axis in ("x", "y")},
            ),
            {
                "aggregate": [
                    {"op": "sum", "field": "drawn", "as": "points"},
                    *[{"op": "sum", "field": f"believed_{axis}", "as": f"believed_{axis}"} for axis in ("x", "y")],
                    {"op": "values", "as": "rows"},
                ]
            },
            *calculate(
                name_x=_name("x", MEASURED[0], "I(X;T)"),
                name_y=_name("y", MEASURED[1], "I(T;Y)"),
                title_x="is_plane ? datum.name_x : 'epoch (log scale)'",
                title_y="has_ty ? datum.name_y : datum.name_x",
                nothing="datum.points > 0 ? '' : datum.rows[0].flag ? 'no estimate: ' + datum.rows[0].flag"
                " : 'no estimate'",
                trust="datum.points == 0 ? '' : (is_plane ? 'I(X;T) believed at ' + datum.believed_x + ' of ' +"
                " datum.points + ' points, I(T;Y) at ' + datum.believed_y : 'believed at ' + datum.believed_y + ' of '"
                " + datum.points + ' points')",
                half="is_plane || datum.points == 0 ? ''"
                " : has_ty ? 'this estimator gives no I(X;T)' : 'this estimator gives no I(T;Y)'",
            ),
        ],
        "layer": [
            {
                "mark": {"type": "text"} | look,
                "encoding": {"x": {"value": x}, "y": {"value": y}, "text": {"field": field, "type": "nominal"}},
            }
            for field, (look, x, y) in places.items()
        ],
    }


def _name(axis: str, measured: str, plain: str) -> str:
    """An axis title: what DVC was given, or what the table says that it measures, or, if it does not, `plain`."""
    given = f"given_{axis}_label"
    return f"{given} == '<DVC_METRIC_{axis.upper()}>' ? (datum.rows[0].{measured} || '{plain}') + ' [nats]' : {given}"
