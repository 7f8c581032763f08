"""What a cell of the template of planes says in words: its axes, how much can be believed, and why it is empty."""

from infoplane.page.plane_layers import Layer
from infoplane.page.plane_rows import calculate
from infoplane.planes.appearance import MUTED


def words(width: int, height: int) -> Layer:
    """Axis titles, and what a cell says in place of points; a mark each, since an axis title cannot follow the data."""
    places = {
        "title_x": ({"fontWeight": "bold"}, width / 2, height + 34),
        "title_y": ({"fontWeight": "bold", "angle": 270}, -42, height / 2),
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
                name_x="given_x_label == '<DVC_METRIC_X>' ? 'I(X;T) [nats]' : given_x_label",
                name_y="given_y_label == '<DVC_METRIC_Y>' ? 'I(T;Y) [nats]' : given_y_label",
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
