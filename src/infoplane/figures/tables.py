"""Reading plots/mi/<key>.csv for drawing: numbers, units, what is given and what is not."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from infoplane.information import VALUES
from infoplane.planes.tables import AXES, PLACE

Units = Literal["nats", "bits"]
Join = Literal["layers", "epochs"]
"""What lines of a plane join: the epochs of one layer, or the layers of one epoch."""

NAMES = {"mi_xt": "I(X;T)", "mi_ty": "I(T;Y)"}


def drawable(table: pd.DataFrame, units: Units = "nats") -> pd.DataFrame:
    """The table with values as floats in `units`, empty cells as NaN, and flags as words (never NaN).

    Args:
        table: one row per (split, repetition, part, epoch, layer) in nats, read with or without `dtype=str`; it may
            lack `repetition` and `part`, as older tables do.
        units: `nats` or `bits`.

    Returns: one row per (split, repetition, epoch, layer): where there are parts, their mean, as `averaged` has it;
        `parts`, their number, stands in every row.

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
    for name in ("repetition", "part"):
        result[name] = counted(result, name)
    result["parts"] = max(1, result["part"].nunique())
    return averaged(result, "part")


def counted(table: pd.DataFrame, name: str) -> pd.Series:
    """The column `repetition` or `part`; 0 throughout where the table lacks it."""
    return pd.to_numeric(table[name]).astype(int) if name in table else pd.Series(0, index=table.index)


def averaged(
    data: pd.DataFrame, over: Literal["repetition", "part"], spread: Literal["std", "range"] = "std"
) -> pd.DataFrame:
    """A drawable table with means over repetitions or parts, flagged where one of them is.

    Its bounds are the mean less and plus the sample standard deviation, or the smallest and the largest value. A
    table of a single repetition or part is returned as it is, with the bounds that the estimator states.
    """
    if data[over].nunique() < 2:
        return data
    place = [name for name in PLACE if name != over]
    groups = data.groupby(place, sort=False)
    result = data.drop_duplicates(place).set_index(place)
    result[list(VALUES)] = groups[list(VALUES)].mean()
    for column in AXES:
        values, std = groups[column], groups[column].std()
        result[f"{column}_low"] = values.min() if spread == "range" else result[column] - std
        result[f"{column}_high"] = values.max() if spread == "range" else result[column] + std
    result["flag"] = groups["flag"].agg(lambda flags: "; ".join(words(flags)))
    result[over] = 0
    return result.reset_index()


def in_order(column: pd.Series) -> list[str]:
    """The distinct values in the order of their first appearance, which for layers is the network's."""
    return [str(value) for value in column.drop_duplicates()]


def words(flags: pd.Series) -> list[str]:
    """The distinct words in a column of flags such as `overfit; saturated`, in order of appearance."""
    return list(dict.fromkeys(word for flag in flags if flag for word in flag.split("; ")))


def given(data: pd.DataFrame) -> list[str]:
    """Which of the two axes the table says anything about."""
    return [column for column in AXES if data[column].notna().any()]


def missing(columns: Sequence[str]) -> str:
    """A note on the axis that an estimator does not give; empty if it gives both."""
    lacking = [name for column, name in NAMES.items() if column not in columns]
    return f"This estimator gives no {lacking[0]}." if lacking else ""


def labels(xt_label: str | None, ty_label: str | None, units: Units) -> dict[str, str]:
    """Axis labels by column: the caller's words, with or without units, or the plain names; in `units`."""
    said = {column: label or NAMES[column] for column, label in zip(AXES, (xt_label, ty_label), strict=True)}
    bare = {column: name.removesuffix(" [nats]").removesuffix(" [bits]") for column, name in said.items()}
    return {column: f"{name} [{units}]" for column, name in bare.items()}


class Ceiling(NamedTuple):
    """A dotted line of a plane: where it lies and what it is called."""

    value: float
    name: str

    @property
    def text(self) -> str:
        """The name with the value; what H(Y) bounds is said, too."""
        return f"{self.name.replace('H(Y)', 'H(Y) = I(X;Y) =')} {self.value:.2f}"


def ceilings(data: pd.DataFrame, column: str) -> list[Ceiling]:
    """The ceilings of `mi_xt` or `mi_ty`; those that would be written alike, to two decimals, are one.

    Where a ceiling changes with layer or epoch, so that there are many, the largest alone is drawn and is
    named so: a line for each would hide the data. That of I(T;Y) is H(Y), which for labels that follow from the input,
    as in every recorded sample, is I(X;Y), the bound of the information bottleneck.
    """
    name = "H(Y)" if column == "mi_ty" else "ceiling"
    values = data.loc[data[column].notna(), f"ceiling_{column.removeprefix('mi_')}"].dropna().sort_values()
    distinct = [float(value) for value in values[~values.round(2).duplicated()]]
    if len(distinct) > 2:
        return [Ceiling(float(values.iloc[-1]), f"largest {name}")]
    return [Ceiling(value, name) for value in distinct]


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


def spread_epochs(epochs: np.ndarray, most: int) -> list[int]:
    """At most `most` of the epochs: the first, the last, and those next to even steps of log(1 + epoch) between."""
    epochs = np.sort(epochs)
    if len(epochs) <= most:
        return [int(epoch) for epoch in epochs]
    logs = np.log1p(epochs)
    chosen = [0]
    for i, target in enumerate(np.linspace(logs[0], logs[-1], most)[1:], start=1):
        # Each is another, and enough are left for those to come.
        candidates = range(chosen[-1] + 1, len(epochs) - (most - 1 - i))
        chosen.append(min(candidates, key=lambda place: abs(logs[place] - target)))
    return [int(epochs[place]) for place in chosen]
