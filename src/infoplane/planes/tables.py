"""Estimates as tidy tables, and the few scalars that a person reads.

`plots/mi/<key>.csv` has one row per (split, repetition, part, epoch, layer), in nats; an empty cell was not given. At
its end `given_label` adds a column.
`plots/diagnostics/<key>.csv` has one row per value that an estimator says of itself; `step` is empty for a scalar.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from infoplane.flags import AXIS_FLAGS, FLAGS, join_words
from infoplane.information import VALUES, Information
from infoplane.storage.csv_files import FLOAT_FORMAT
from infoplane.tolerance import is_beyond_tolerance

PLACE = ("split", "repetition", "part", "epoch", "layer")
"""What tells a row from others. `repetition`: which of the networks that `train.repetitions` asks for; `part`: which
part of the samples, where a section of `estimators` has `parts`. Both count from 0."""
AXES = ("mi_xt", "mi_ty")
"""The columns of a plane: across, and up."""
BOUNDS = tuple(f"{axis}_{end}" for axis in AXES for end in ("low", "high"))
"""The columns of bounds and error bars."""
COLUMNS = (*PLACE, "estimator", *VALUES, *FLAGS)
DIAGNOSTIC_COLUMNS = (*PLACE, "diagnostic", "step", "value")
STEP = "step"
"""The diagnostic that holds the training steps at which an estimator's curves have their points."""


class Piece(NamedTuple):
    """Estimates of one layer at a few epochs: of one split, repetition of the network and part of the samples."""

    split: str
    repetition: int
    part: int
    layer: str
    epochs: list[int]
    information: Information


def tables(key: str, pieces: Iterable[Piece]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of the plane and that of the diagnostics, in the order in which the pieces come.

    Args:
        key: of the estimator in params.yaml.
    """
    rows, diagnostics = [], []
    for piece in pieces:
        info = piece.information
        for i, epoch in enumerate(piece.epochs):
            values = {name: None if (column := getattr(info, name)) is None else column[i] for name in VALUES}
            place = (piece.split, piece.repetition, piece.part, epoch, piece.layer)
            rows.append((*place, key, *values.values(), *(getattr(info, name)[i] for name in FLAGS)))
            for name, column in info.diagnostics.items():
                if name == STEP:
                    continue
                points = np.atleast_1d(np.asarray(column)[i])
                steps = [None] if np.ndim(column[i]) == 0 else np.asarray(info.diagnostics[STEP])[i]
                diagnostics += [(*place, name, step, value) for step, value in zip(steps, points, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS)), pd.DataFrame(diagnostics, columns=list(DIAGNOSTIC_COLUMNS))


FLAGGED = "flagged"
"""The key of metrics/mi/<key>.json that names the scalars that are left out because of a flag."""


def summary(table: pd.DataFrame, output: str | None) -> dict[str, float | str]:
    """The scalars of metrics/mi/<key>.json, in nats, of the first split in the table; what is not given is left out.

    Over repetitions and parts they are means. A scalar whose values are flagged is left out too, and `flagged` says
    so: a number that one reads in `dvc exp show` has no room for a reservation.

    Args:
        output: the layer of the logits; None if the table is without it.

    Returns: `mi_xt`, `mi_ty`: final values of the last layer that has any, but for the output; of that if it is alone.
        `compression`: over layers, the largest fall of I(X;T) from its peak to its final value, of values that are not
        flagged; flagged if no layer has a final one, or if the others would make another fall of it. `flagged`: the
        names of those left out and why.
    """
    table = table[table["split"] == table["split"].iloc[0]]
    groups = table.groupby(["layer", "epoch"], sort=False)
    words = groups[list(AXIS_FLAGS)].agg(lambda flags: join_words(*flags))
    table = groups[list(AXES)].mean().join(words).reset_index()
    layers = list(dict.fromkeys(table["layer"]))
    last = table[table["epoch"] == table["epoch"].max()].set_index("layer")
    given = [layer for layer in layers if last.loc[layer, list(AXES)].notna().any()]
    hidden = [layer for layer in given if layer != output] or given
    scalars: dict[str, tuple[float, str]] = {}
    for name, flag in zip(AXES, AXIS_FLAGS, strict=True):
        if hidden and pd.notna(value := last.loc[hidden[-1], name]):
            scalars[name] = (value, str(last.loc[hidden[-1], flag]))
    if table["mi_xt"].notna().any():
        scalars["compression"] = _compression(table.dropna(subset=["mi_xt"]))
    result: dict[str, float | str] = {
        name: float(FLOAT_FORMAT % value) for name, (value, flag) in scalars.items() if not flag
    }
    if reasons := [f"{name}: {flag}" for name, (_, flag) in scalars.items() if flag]:
        result[FLAGGED] = ", ".join(reasons)
    return result


def _compression(table: pd.DataFrame) -> tuple[float, str]:
    """The largest fall from a layer's peak to its final value, and, where no layer has a final one, all words."""
    trusted = table[table["flag_xt"] == ""]
    at_the_end = trusted.loc[trusted["epoch"] == table["epoch"].max(), "layer"]
    by_layer = trusted[trusted["layer"].isin(at_the_end)].groupby("layer", sort=False)["mi_xt"]
    if not len(by_layer):
        return math.nan, join_words(*table["flag_xt"])
    fall, every = ((each.max() - each.last()).max() for each in (by_layer, table.groupby("layer", sort=False)["mi_xt"]))
    # a peak that is not believed may have been a higher one
    flag = join_words(*table["flag_xt"]) if is_beyond_tolerance(every - fall, fall) else ""
    return float(fall), flag
