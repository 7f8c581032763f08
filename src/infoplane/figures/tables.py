"""Reading plots/mi/<key>.csv for drawing: numbers, units, what is given and what is not."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from infoplane.information import VALUES

Units = Literal["nats", "bits"]


def drawable(table: pd.DataFrame, units: Units = "nats") -> pd.DataFrame:
    """The table with values as floats in `units`, empty cells as NaN, and flags as words (never NaN).

    Args:
        table: one row per (split, epoch, layer) in nats, read with or without `dtype=str`.
        units: `nats` or `bits`.

    Raises:
        ValueError: other units, or a table that lacks a column.
    """
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    lacking = [name for name in ("split", "epoch", "layer", *VALUES, "flag") if name not in table.columns]
    if lacking:
        raise ValueError(f"the table of estimates lacks {', '.join(lacking)}")
    result = table.copy()
    for name in VALUES:
        values = pd.to_numeric(result[name], errors="coerce").astype(float)
        values = values.where(values.abs() < math.inf)
        result[name] = values / math.log(2) if units == "bits" else values
    result["epoch"] = pd.to_numeric(result["epoch"]).astype(int)
    flags = result["flag"].astype(object)
    result["flag"] = flags.where(flags.notna(), "").astype(str)
    return result


def in_order(column: pd.Series) -> list[str]:
    """The distinct values in the order of their first appearance, which for layers is the network's."""
    return [str(value) for value in column.drop_duplicates()]


def words(flags: pd.Series) -> list[str]:
    """The distinct words in a column of flags such as `overfit; saturated`, in order of appearance."""
    return list(dict.fromkeys(word for flag in flags if flag for word in flag.split("; ")))


def given(data: pd.DataFrame) -> list[str]:
    """Which of the two axes the table says anything about."""
    return [column for column in ("mi_xt", "mi_ty") if data[column].notna().any()]


def missing(columns: Sequence[str]) -> str:
    """A note on the axis that an estimator does not give; empty if it gives both."""
    lacking = [name for column, name in (("mi_xt", "I(X;T)"), ("mi_ty", "I(T;Y)")) if column not in columns]
    return f"This estimator gives no {lacking[0]}." if lacking else ""


def labels(xt_label: str | None, ty_label: str | None, units: Units) -> dict[str, str]:
    """Axis labels by column: the caller's words, with or without units, or the plain names; in `units`."""
    names = {"mi_xt": xt_label or "I(X;T)", "mi_ty": ty_label or "I(T;Y)"}
    bare = {column: name.removesuffix(" [nats]").removesuffix(" [bits]") for column, name in names.items()}
    return {column: f"{name} [{units}]" for column, name in bare.items()}


class Ceiling(NamedTuple):
    """A dotted line of a plane: where it lies and what it is called."""

    value: float
    text: str


def ceilings(data: pd.DataFrame, column: str) -> list[Ceiling]:
    """The distinct ceilings of `mi_xt` or `mi_ty`, to two decimals, as they are written.

    Where a ceiling changes with layer or epoch, so that there are many, the largest alone is drawn and is
    named so: a line for each would hide the data.
    """
    name = "H(Y)" if column == "mi_ty" else "ceiling"
    given = data.loc[data[column].notna(), f"ceiling_{column.removeprefix('mi_')}"].dropna()
    values = sorted(float(value) for value in given.round(2).unique())
    if len(values) > 2:
        return [Ceiling(values[-1], f"largest {name} {values[-1]:.2f}")]
    return [Ceiling(value, f"{name} {value:.2f}") for value in values]


def not_given(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Which layers have no value in `columns` at any epoch, and the flags that say why; empty if none."""
    gaps = []
    for layer, rows in table.groupby("layer", sort=False):
        if rows[list(columns)].isna().any(axis=1).all():
            gaps.append((str(layer), ", ".join(words(rows["flag"]))))
    reasons: dict[str, list[str]] = {}
    for layer, reason in gaps:
        reasons.setdefault(reason, []).append(layer)
    return "; ".join(f"{', '.join(layers)}" + (f" ({reason})" if reason else "") for reason, layers in reasons.items())
