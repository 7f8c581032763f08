"""The rules of `infoplane.planes.rules` in Vega's expression language, for what a browser has to decide by itself."""

from infoplane.planes.fills import FULL, HOLLOW, LEFT, LOWER
from infoplane.planes.rules import (
    BOUNDS_REACH,
    CEILING_ROOM,
    DOUBTED_REACH,
    FROM_ZERO,
    LEAST_SHARE,
    LEAST_SPAN,
    NEAR,
    ROOM,
    SHORTEST_DIAGONAL,
)


def range_steps(axis: str, of: str = "") -> dict[str, str]:
    """The range of an axis as expressions by name, each of which needs those before it; see `rules.axis_range`.

    Args:
        axis: `x` or `y`, with which every name begins.
        of: what stands before a name: nothing for signals, `datum.` for fields of a row.

    Returns: the last two are `<axis>_from` and `<axis>_to`. They need, in one unit: `<axis>_least_value` and
        `<axis>_most_value`, of all values; `<axis>_least_trusted` and `<axis>_most_trusted`, of those that can be
        believed, or of all if none can; `<axis>_least_bound` and `<axis>_most_bound`, of the same, where bounds that
        are not given count as the value; `<axis>_lower_ceiling` and `<axis>_upper_ceiling`, which may be null.
    """

    def name(what: str) -> str:
        return f"{of}{axis}_{what}"

    least, most, start, span = name("least"), name("most"), name("start"), name("span")
    bottom, top, drawn = name("bottom"), name("top"), name("drawn")

    def above(ceiling: str) -> str:
        near = f"isValid({ceiling}) && {ceiling} - {bottom} < {NEAR} * {drawn}"
        return f"({near} ? {ceiling} + {CEILING_ROOM} * ({ceiling} - {name('from')}) : {top})"

    low, high, reach = name("least_trusted"), name("most_trusted"), name("reach")
    ends = {
        "reach": f"{DOUBTED_REACH} * max({high} - {low}, abs({high}))",
        "least": f"max({name('least_value')}, {low} - {reach})",
        "most": f"min({name('most_value')}, {high} + {reach})",
        "start": f"{least} > 0 && {least} < {FROM_ZERO} * {most} ? 0 : {least}",
        "span": f"max({most} - {start}, {LEAST_SHARE} * abs({most}), {LEAST_SPAN})",
        "lowest": f"min({start}, ({start} + {most} - {span}) / 2)",
        "highest": f"max({most}, ({start} + {most} + {span}) / 2)",
        "bottom": f"min({name('lowest')}, max({name('least_bound')}, {name('lowest')} - {BOUNDS_REACH} * {span}))",
        "top": f"max({name('highest')}, min({name('most_bound')}, {name('highest')} + {BOUNDS_REACH} * {span}))",
        "drawn": f"max({top} - {bottom}, {span})",
        "from": f"{bottom} - {ROOM} * {drawn}",
        "to": f"max({top} + {ROOM} * {drawn}, {above(name('lower_ceiling'))}, {above(name('upper_ceiling'))})",
    }
    return {f"{axis}_{what}": expression for what, expression in ends.items()}


def shows_zero(low: str, high: str) -> str:
    """See `rules.shows_zero`."""
    return f"{low} < {-ROOM} * ({high} - {low})"


def diagonal(ceiling: float | None) -> tuple[str, str, str]:
    """Both ends of the diagonal and whether it is drawn, from the signals `x_from`, `x_to`, `y_from`, `y_to`; see
    `rules.diagonal`."""
    low, high = "max(x_from, y_from, 0)", f"min(x_to, y_to{'' if ceiling is None else f', {ceiling}'})"
    return low, high, f"{high} - {low} >= {SHORTEST_DIAGONAL} * min(x_to - x_from, y_to - y_from)"


def filled(is_plane: str) -> str:
    """What is filled of a point, from the fields `doubted_x` and `doubted_y` of its row; see `fills.fills`.

    Args:
        is_plane: whether both axes hold values.
    """
    upper = f"{is_plane} ? '{LOWER}' : '{HOLLOW}'"
    return f"datum.doubted_x ? (datum.doubted_y ? '{HOLLOW}' : '{LEFT}') : datum.doubted_y ? ({upper}) : '{FULL}'"
