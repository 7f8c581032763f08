"""Estimates as tidy tables, and the few scalars that a person reads.

`plots/mi/<key>.csv` has one row per (split, repetition, part, epoch, layer), in nats; an empty cell was not given. At
its end `given_label` adds a column, and `captions` two.
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
BOTH_ENDS = (("low", "high"), ("high", "low"))
"""Of a difference of two values, the ends that make it smallest, and largest."""
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
    table = _of_first_split(table)
    layers = list(dict.fromkeys(table["layer"]))
    last = table[table["epoch"] == table["epoch"].max()].set_index("layer")
    given = [layer for layer in layers if last.loc[layer, list(AXES)].notna().any()]
    hidden = [layer for layer in given if layer != output] or given
    scalars: dict[str, tuple[float, str]] = {}
    for name, flag in zip(AXES, AXIS_FLAGS, strict=True):
        if hidden and pd.notna(value := last.loc[hidden[-1], name]):
            scalars[name] = (value, str(last.loc[hidden[-1], flag]))
    if table["mi_xt"].notna().any():
        fall = _largest_fall(table.dropna(subset=["mi_xt"]))
        scalars["compression"] = (fall.nats, fall.flag)
    result: dict[str, float | str] = {
        name: float(FLOAT_FORMAT % value) for name, (value, flag) in scalars.items() if not flag
    }
    if reasons := [f"{name}: {flag}" for name, (_, flag) in scalars.items() if flag]:
        result[FLAGGED] = ", ".join(reasons)
    return result


class Compression(NamedTuple):
    """The largest fall of I(X;T), over layers, from its peak to its final value.

    Attributes:
        nats: the fall; NaN where no layer has a final value without a flag.
        flag: why it is not to be believed; empty where it is.
        layer: the one that falls.
        low, high: from the lower bound of the peak to the upper of the final value, and the reverse; or None.
    """

    nats: float
    flag: str = ""
    layer: str = ""
    low: float | None = None
    high: float | None = None


def compression(table: pd.DataFrame) -> Compression | None:
    """The scalar `compression` of `summary`, with layer and bounds; None where the table has no I(X;T)."""
    of_split = _of_first_split(table)
    return _largest_fall(of_split.dropna(subset=["mi_xt"])) if of_split["mi_xt"].notna().any() else None


def _of_first_split(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each layer and epoch of the first split: means over repetitions and parts, and all words of flags."""
    table = table[table["split"] == table["split"].iloc[0]]
    values = [*AXES, *BOUNDS]
    table = table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in values})
    table = table.assign(**{name: table[name].fillna("").astype(str) for name in AXIS_FLAGS})
    groups = table.groupby(["layer", "epoch"], sort=False)
    words = groups[list(AXIS_FLAGS)].agg(lambda flags: join_words(*flags))
    return groups[values].mean().join(words).reset_index()


def _largest_fall(table: pd.DataFrame) -> Compression:
    trusted = table[table["flag_xt"] == ""]
    at_the_end = trusted.loc[trusted["epoch"] == table["epoch"].max(), "layer"]
    layers = dict(list(trusted[trusted["layer"].isin(at_the_end)].groupby("layer", sort=False)))
    if not layers:
        return Compression(math.nan, join_words(*table["flag_xt"]))
    falls = {layer: _fall(rows) for layer, rows in layers.items()}
    layer = max(falls, key=lambda name: falls[name])
    every = max(_fall(rows) for _, rows in table.groupby("layer", sort=False))
    rows = layers[layer]
    peak, last = rows.iloc[int(rows["mi_xt"].to_numpy().argmax())], rows.iloc[-1]
    low, high = (float(peak[f"mi_xt_{one}"] - last[f"mi_xt_{other}"]) for one, other in BOTH_ENDS)
    # a peak that is not believed may have been a higher one
    flag = join_words(*table["flag_xt"]) if is_beyond_tolerance(every - falls[layer], falls[layer]) else ""
    low, high = (None if math.isnan(end) else end for end in (low, high))
    return Compression(falls[layer], flag, str(layer), low, high)


def _fall(rows: pd.DataFrame) -> float:
    return float(rows["mi_xt"].max() - rows["mi_xt"].iloc[-1])
