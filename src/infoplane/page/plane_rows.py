"""From the rows that DVC hands to a template of planes, which are text, to the fields that its layers draw."""

from infoplane.page.expressions import filled, range_steps
from infoplane.page.plane_layers import Layer
from infoplane.planes.appearance import EPOCH_ROOM
from infoplane.planes.rules import MANY_CEILINGS

COLUMNS = {"x": ("xt", "<DVC_METRIC_X>"), "y": ("ty", "<DVC_METRIC_Y>")}
"""For each axis of a plane what it is of, and the column that DVC was told."""


def calculate(**fields: str) -> list[Layer]:
    """A transform for each field, in this order."""
    return [{"calculate": expression, "as": name} for name, expression in fields.items()]


def read() -> list[Layer]:
    """Numbers from text, empty cells as null, and what the tooltip says of each axis."""
    columns = {}
    for of, name in COLUMNS.values():
        columns |= {of: f"toNumber(datum['{name}'])", f"limit_{of}": f"toNumber(datum.ceiling_{of})"}
        columns |= {f"{of}_{end}": f"toNumber(datum.mi_{of}_{end})" for end in ("low", "high")}
    absent = {name: f"datum.{name} ? datum.{name} : '0'" for name in ("repetition", "part")}  # in older tables
    return calculate(
        epoch="toNumber(datum.epoch)",
        **columns,
        **{f"flag_{of}": flag(of) for of, _ in COLUMNS.values()},
        **absent,
        **{f"says_{of}": _says(of) for of, _ in COLUMNS.values()},
    )


def flag(of: str) -> str:
    """The words on an axis; older tables have one flag for both."""
    return f"(isDefined(datum.flag_{of}) ? datum.flag_{of} : datum.flag) || ''"


def _says(of: str) -> str:
    """A value with its bounds, its ceiling and its flag in words."""
    low, high = (f"(isValid(datum.{of}_{end}) ? format(datum.{of}_{end}, '.4f') : '?')" for end in ("low", "high"))
    return (
        f"isValid(datum.{of}) ? format(datum.{of}, '.4f')"
        f" + (isValid(datum.{of}_low) || isValid(datum.{of}_high) ? ' (' + {low} + ' to ' + {high} + ')' : '')"
        f" + (isValid(datum.limit_{of}) ? ', ceiling ' + format(datum.limit_{of}, '.4f') : '')"
        f" + (datum.flag_{of} != '' ? '; not to be believed: ' + datum.flag_{of} : '') : 'not given'"
    )


def drawn() -> list[Layer]:
    """Where a row lies: in a plane, or against log(1 + epoch); null where it lacks one of the two."""
    value = {"x": "is_plane ? datum.xt : log(1 + datum.epoch)", "y": "has_ty ? datum.ty : datum.xt"}
    bound = {"x": "is_plane ? datum.xt_{} : null", "y": "has_ty ? datum.ty_{} : datum.xt_{}"}
    limit = {"x": "is_plane ? datum.limit_xt : null", "y": "has_ty ? datum.limit_ty : datum.limit_xt"}
    steps = calculate(
        place_x=value["x"],
        place_y=value["y"],
        drawn="isValid(datum.place_x) && isValid(datum.place_y)",
        doubted_x="is_plane && datum.flag_xt != ''",
        doubted_y="(has_ty ? datum.flag_ty : datum.flag_xt) != ''",
        filled=filled("is_plane"),
    )
    for axis in ("x", "y"):
        ends = {end: bound[axis].format(end, end) for end in ("low", "high")}
        steps += calculate(
            **{axis: f"datum.drawn ? datum.place_{axis} : null"},
            **{f"stated_{axis}_{end}": expression for end, expression in ends.items()},
            **{
                f"{axis}_{end}": f"isValid(datum.stated_{axis}_{end}) ? datum.stated_{axis}_{end} : datum.{axis}"
                for end in ends
            },
            **{
                f"trusted_{axis}{end}": f"datum.doubted_{axis} ? null : datum.{axis}{end}"
                for end in ("", "_low", "_high")
            },
            **{f"limit_{axis}": f"datum.drawn ? ({limit[axis]}) : null"},
            **{f"written_{axis}": f"isValid(datum.limit_{axis}) ? format(datum.limit_{axis}, '.2f') : ''"},
        )
    return [*steps, *calculate(drawn_epoch="datum.drawn ? datum.epoch : null")]


def upper_ceiling(count: str, alike: str, largest: str) -> str:
    """The upper one of two ceilings, or the largest of many; all three are expressions."""
    return f"{count} > {MANY_CEILINGS} ? {largest} : {alike}"


def ranges() -> list[Layer]:
    """The ends of both axes, `x_from` to `y_to`, in every row; and the first and the last epoch of each cell."""
    fields = [
        {"op": op, "field": f"{whose}{axis}{end}", "as": f"{axis}_{extreme}_{name}{'_trusted' if whose else '_any'}"}
        for axis in ("x", "y")
        for whose in ("", "trusted_")
        for name, ends in (("value", ("", "")), ("bound", ("_low", "_high")))
        for op, extreme, end in zip(("min", "max"), ("least", "most"), ends, strict=True)
    ]
    limits = [
        {"op": op, "field": f"{field}_{axis}", "as": f"{axis}_{name}"}
        for axis in ("x", "y")
        for name, op, field in (
            ("lower_ceiling", "min", "alike"),
            ("highest_alike", "max", "alike"),
            ("highest_limit", "max", "limit"),
            ("limits", "valid", "limit"),
            ("texts", "distinct", "written"),
        )
    ]
    chosen = {}
    for extreme in (f"{axis}_{name}" for axis in ("x", "y") for name in ("least", "most")):
        trusted, bound = f"datum.{extreme}_value_trusted", f"datum.{extreme}_bound_trusted"
        chosen |= {
            f"{extreme}_value": f"datum.{extreme}_value_any",
            # of values that can be believed, or of all if none can
            f"{extreme}_trusted": f"isValid({trusted}) ? {trusted} : datum.{extreme}_value_any",
            f"{extreme}_bound": f"isValid({trusted}) ? {bound} : datum.{extreme}_bound_any",
        }
    steps = {name: step for axis in ("x", "y") for name, step in range_steps(axis, "datum.").items()}
    for end, sign, extreme in (("from", "-", "least"), ("to", "+", "most")):
        room = f"{EPOCH_ROOM} * (datum.x_most_value - datum.x_least_value)"
        at_end = f"datum.x_{extreme}_value {sign} max({room}, 0.01)"
        steps[f"x_{end}"] = f"is_plane ? ({steps[f'x_{end}']}) : {at_end}"
    epochs = [
        {"op": op, "field": "drawn_epoch", "as": f"{name}_epoch"} for name, op in (("first", "min"), ("last", "max"))
    ]
    return [
        # Of ceilings that would be written alike, to two decimals, the lowest stands for all.
        *[
            {"joinaggregate": [{"op": "min", "field": f"limit_{axis}", "as": f"alike_{axis}"}], "groupby": [text]}
            for axis, text in (("x", "written_x"), ("y", "written_y"))
        ],
        {"joinaggregate": [*fields, *limits, {"op": "count", "as": "rows"}]},
        *calculate(
            **{
                f"{axis}_upper_ceiling": upper_ceiling(
                    # an empty text, of rows without a ceiling, is no other one
                    f"datum.{axis}_texts - (datum.{axis}_limits < datum.rows ? 1 : 0)",
                    f"datum.{axis}_highest_alike",
                    f"datum.{axis}_highest_limit",
                )
                for axis in ("x", "y")
            }
        ),
        *calculate(**chosen),
        *calculate(**steps),
        # What is drawn stretches an axis, even if it is clipped.
        *calculate(
            **{
                f"{axis}": f"datum.drawn ? clamp(datum.{axis}, datum.{axis}_from, datum.{axis}_to) : null"
                for axis in "xy"
            },
            **{f"{axis}_low": f"max(datum.{axis}_low, datum.{axis}_from)" for axis in ("x", "y")},
            **{f"{axis}_high": f"min(datum.{axis}_high, datum.{axis}_to)" for axis in ("x", "y")},
        ),
        {"joinaggregate": epochs, "groupby": ["estimator", "rev"]},
    ]
