"""What a drawing of a plane says in words: its title, its axes, and the notes below it."""

from collections.abc import Sequence
from textwrap import fill
from typing import Literal

import pandas as pd

from infoplane.planes.reading import Units, in_order, words
from infoplane.planes.rules import FEW
from infoplane.planes.tables import AXES

AXIS_NAMES = {"mi_xt": "I(X;T)", "mi_ty": "I(T;Y)"}
NO_PAIR = "No layer and epoch has both I(X;T) and I(T;Y)."


def missing(columns: Sequence[str]) -> str:
    """A note on the axis that an estimator does not give; empty if it gives both."""
    lacking = [name for column, name in AXIS_NAMES.items() if column not in columns]
    return f"This estimator gives no {lacking[0]}." if lacking else ""


def labels(xt_label: str | None, ty_label: str | None, units: Units) -> dict[str, str]:
    """Axis labels by column: the caller's words, with or without units, or the plain names; in `units`."""
    written = {column: label or AXIS_NAMES[column] for column, label in zip(AXES, (xt_label, ty_label), strict=True)}
    bare = {column: name.removesuffix(" [nats]").removesuffix(" [bits]") for column, name in written.items()}
    return {column: f"{name} [{units}]" for column, name in bare.items()}


def in_lines(text: str, room: float = 2.3) -> str:
    """An axis label in lines that fit beside or below axes of `room` inches."""
    return fill(text, max(20, int(13 * room)))  # 13 letters of this size an inch


def default_title(data: pd.DataFrame, title: str | None) -> str:
    """The caller's title, or the estimator's key; with the split where only one was recorded."""
    if title is None:
        title = ", ".join(in_order(data["estimator"])) if "estimator" in data else ""
    splits = in_order(data["split"])
    return f"{title} ({splits[0]} split)" if len(splits) == 1 and title else title


def nothing(data: pd.DataFrame) -> str:
    """Why a table has no value to draw."""
    found = words(data["flag"])
    return "No estimate to draw" + (f": {', '.join(found)}." if found else ".")


def gaps(data: pd.DataFrame, columns: Sequence[str]) -> str:
    """A note on layers without a value; empty if every layer has one."""
    lacking = _not_given(data, columns)
    return f"Not given: {lacking}." if lacking else ""


def spread(data: pd.DataFrame, what: str = "", *, shown: Literal["each", "bands", "bars"] = "each") -> str:
    """A note on what a figure makes of several repetitions or parts in a drawable table; empty if there is one of each.

    Args:
        what: whose bars they are, such as an estimator's key; default: all.
        shown: how repetitions are: each by a thin line while they are few, or by a band, or by bars alone.
    """
    repetitions, parts = data["repetition"].nunique(), int(data["parts"].max()) if len(data) else 1
    whose = f" of {what}" if what else ""
    if repetitions < 2:
        return f"Bars{whose}: standard deviation over {parts} parts of the samples." if parts > 1 else ""
    note = f"Means{whose} over {repetitions} repetitions, flagged where one is; "
    if shown == "bands":
        note += "bands: smallest to largest."
    else:
        lines = shown == "each" and repetitions <= FEW
        note += "thin lines: each of them." if lines else "bars: standard deviation."
    return note + (f" Of each, the mean over {parts} parts of the samples." if parts > 1 else "")


def _not_given(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Which layers have no value in `columns` at any epoch, and the flags that say why; empty if none."""
    gaps = []
    for layer, rows in table.groupby("layer", sort=False):
        if rows[list(columns)].isna().any(axis=1).all():
            gaps.append((str(layer), ", ".join(words(rows["flag"]))))
    reasons: dict[str, list[str]] = {}
    for layer, reason in gaps:
        reasons.setdefault(reason, []).append(layer)
    return "; ".join(f"{', '.join(layers)}" + (f" ({reason})" if reason else "") for reason, layers in reasons.items())
