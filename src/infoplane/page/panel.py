"""One estimator's panel of plots/planes.html in Vega-Lite, but for its rows, which explorer.js makes.

explorer.js sets the signals `factor` (nats to the units shown), `epoch` (the one shown), `bounds`, `join`,
`repetitions`, `point_size`, `line_width`, `hidden_layers`, `hidden_splits`, `x_title`, `y_title`, and what
`expressions.range_steps` needs, in nats. Names of layers and splits are data and stand in no expression.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from infoplane.page.expressions import diagonal, filled, range_steps
from infoplane.page.plane_layers import CONFIG, Layer, at, bars, ceilings, first_dot, points, ring, zero_line
from infoplane.planes.appearance import DIAGONAL_DASH, JOINED_OPACITY, PATH
from infoplane.planes.rules import Ceiling

WIDTH, HEIGHT = 310, 270


def specification(
    key: str,
    axes: Mapping[str, str],
    limits: Mapping[str, Sequence[Ceiling]],
    epoch_axis: Mapping[str, Any],
    first_epoch: int,
    with_diagonal: bool,
) -> dict[str, Any]:
    """The panel as Vega-Lite's JSON.

    Args:
        key: of the estimator.
        axes: what `x` and `y` are: `mi_xt`, `mi_ty` or, for x, `epoch`.
        limits: the ceilings of each axis that has values.
        epoch_axis: `log`, `ticks` and `range` of an axis of epochs.
        first_epoch: its points have a dot.
        with_diagonal: whether I(T;Y) = I(X;T) is drawn.
    """
    is_plane = axes["x"] != "epoch"
    valued = [axis for axis in ("x", "y") if axes[axis] != "epoch"]
    steps = {name: step for axis in valued for name, step in range_steps(axis).items()}
    dash = _as("dash")
    top = max((ceiling.value for ceiling in limits["y"]), default=None)
    layers = [
        *[_zero(axis) for axis in valued],
        *[bars(axis, _as("colour"), "bounds") for axis in valued],
        *([_diagonal(top)] if with_diagonal else []),
        {
            "transform": [{"filter": "join == 'layers'"}] if is_plane else [],
            "mark": {"type": "line", "color": PATH, "strokeWidth": {"expr": "line_width"}, "aria": False},
            "encoding": {
                "order": at("epoch"), "detail": [{"field": "layer"}, {"field": "repetition"}], "strokeDash": dash,
            },
        },
        *([_joined_epochs(dash)] if is_plane else []),
        _shaped(ring("point_size", "epoch")),
        _shaped(points({"expr": "point_size"}, _as("colour"), "datum.colour")) | {"name": "points"},
        first_dot("point_size", str(first_epoch), "datum.colour"),
        *[ceilings(axis, _limits(axis, limits[axis])) for axis in valued],
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"Information plane of {key}",
        "width": WIDTH,
        "height": HEIGHT,
        "params": [{"name": name, "expr": step} for name, step in steps.items()],
        "transform": [
            {"filter": "datum.epoch <= epoch && (datum.kind == 'all' || datum.kind == repetitions)"},
            {"filter": "indexof(hidden_layers, datum.layer) < 0 && indexof(hidden_splits, datum.split) < 0"},
            *[step for axis in ("x", "y") for step in _calculated(axis, axes[axis])],
            {"calculate": filled("true" if is_plane else "false"), "as": "filled"},
        ],
        "encoding": {
            "x": _value_axis("x") if is_plane else _epoch_axis(epoch_axis),
            "y": _value_axis("y"),
        },
        "layer": layers,
        "config": CONFIG
        | {
            "font": 'system-ui, "DejaVu Sans", sans-serif',
            "axis": CONFIG["axis"] | {"titleFontSize": 12, "titleFontWeight": 600},
        },
    }


def _as(field: str) -> Layer:
    """A field that holds the look itself, such as a colour."""
    return {"field": field, "type": "nominal", "scale": None}


def _shaped(layer: Layer) -> Layer:
    """The layer with the marks of the network's layers, and with a tooltip, of which explorer.js says what it says."""
    look = {"shape": _as("shape")} | ({} if layer["mark"].get("aria") is False else {"tooltip": {"field": "layer"}})
    return layer | {"encoding": layer.get("encoding", {}) | look}


def _calculated(axis: str, column: str) -> list[Layer]:
    """The fields of an axis: the value in the units shown, or the axis' end where it lies beyond, the ends of its bar,
    and whether it is not to be believed."""
    if column == "epoch":
        return [{"calculate": "datum.epoch", "as": axis}, {"calculate": "false", "as": f"doubted_{axis}"}]
    ends = [
        {
            "calculate": f"(isValid(datum.{column}_{end}) ? datum.{column}_{end} : datum.{column}) * factor",
            "as": f"{axis}_{end}",
        }
        for end in ("low", "high")
    ]
    within = f"clamp(datum.{column}, {axis}_from, {axis}_to) * factor"
    doubted = f"datum.{column.replace('mi', 'flag')} != ''"
    return [{"calculate": within, "as": axis}, {"calculate": doubted, "as": f"doubted_{axis}"}, *ends]


def _value_axis(axis: str) -> Layer:
    domain = [{"expr": f"{axis}_{end} * factor"} for end in ("from", "to")]
    return at(axis) | {
        "scale": {"zero": False, "nice": False, "domain": domain},
        "axis": {"title": {"expr": f"{axis}_title"}, "tickCount": 6},
    }


def _epoch_axis(epoch_axis: Mapping[str, Any]) -> Layer:
    kind = "symlog" if epoch_axis["log"] else "linear"
    return at("x") | {
        "scale": {"type": kind, "zero": False, "nice": False, "domain": epoch_axis["range"]},
        "axis": {"title": {"expr": "x_title"}, "values": epoch_axis["ticks"], "format": "d", "labelOverlap": True},
    }


def _joined_epochs(dash: Layer) -> Layer:
    """Lines that join the layers of an epoch."""
    return {
        "transform": [{"filter": "join == 'epochs'"}],
        "mark": {"type": "line", "strokeWidth": {"expr": "line_width"}, "opacity": JOINED_OPACITY, "aria": False},
        "encoding": {
            "order": at("place"), "detail": [{"field": "epoch"}, {"field": "repetition"}], "strokeDash": dash,
            "color": _as("colour"),
        },
    }  # fmt: skip


def _zero(axis: str) -> Layer:
    ends = [f"{axis}_{end}" for end in ("from", "to")]
    transform = [{"calculate": f"{end} * factor", "as": end} for end in ends]
    return zero_line(axis, {"data": {"values": [{}]}, "transform": transform})


def _limits(axis: str, limits: Sequence[Ceiling]) -> Layer:
    return {
        "data": {"values": [ceiling._asdict() for ceiling in limits]},
        "transform": [
            {"calculate": "datum.value * factor", "as": "limit"},
            {"calculate": f"{axis}_to * factor", "as": "end"},
        ],
    }


def _diagonal(ceiling: float | None) -> Layer:
    """I(T;Y) = I(X;T), as far as it runs within the axes and below the ceiling H(Y)."""
    low, high, shown = diagonal(ceiling)
    return {
        "data": {"values": [{}]},
        "transform": [
            {"filter": shown},
            {"calculate": f"{low} * factor", "as": "low"},
            {"calculate": f"{high} * factor", "as": "high"},
        ],
        "mark": {"type": "rule", "color": PATH, "strokeDash": list(DIAGONAL_DASH), "aria": False},
        "encoding": {"x": at("low"), "x2": {"field": "high"}, "y": at("low"), "y2": {"field": "high"}},
    }
