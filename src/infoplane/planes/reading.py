"""Reading plots/mi/<key>.csv for drawing: numbers, units, means, and which axes are given."""

import math
from typing import Literal

import numpy as np
import pandas as pd

from infoplane.flags import FLAGS, join_words
from infoplane.information import VALUES
from infoplane.planes.tables import AXES, PLACE

Units = Literal["nats", "bits"]
Join = Literal["layers", "epochs"]
"""What lines of a plane join: the epochs of one layer, or the layers of one epoch."""


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
    for name in FLAGS:
        # older tables have one flag for both axes
        flags = result[name if name in result else "flag"].astype(object)
        result[name] = flags.where(flags.notna(), "").astype(str)
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
    for name in FLAGS:
        result[name] = groups[name].agg(lambda flags: join_words(*flags))
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


def spread_epochs(epochs: np.ndarray, most: int) -> list[int]:
    """At most `most` of the epochs: the last, the first, and those next to even steps of log(1 + epoch) between."""
    epochs = np.sort(epochs)
    if len(epochs) <= most:
        return [int(epoch) for epoch in epochs]
    if most == 1:
        return [int(epochs[-1])]
    logs = np.log1p(epochs)
    chosen = [0]
    for i, target in enumerate(np.linspace(logs[0], logs[-1], most)[1:], start=1):
        # Each is another, and enough are left for those to come.
        candidates = range(chosen[-1] + 1, len(epochs) - (most - 1 - i))
        chosen.append(min(candidates, key=lambda place: abs(logs[place] - target)))
    return [int(epochs[place]) for place in chosen]
