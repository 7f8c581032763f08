"""Two runs, or two groups of runs, layer by layer: where each layer ends, how far I(X;T) falls, and the differences."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from infoplane.flags import join_words
from infoplane.planes.reading import drawable
from infoplane.planes.tables import AXES, compression

PLACE = ["split", "layer", "quantity"]
QUANTITIES = (*AXES, "compression")
"""At the last epoch I(X;T) and I(T;Y); and how far I(X;T) has fallen from its peak."""
OF_A_SIDE = ("value", "low", "high", "flag")


def of_layers(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The quantities of each layer, in nats.

    Args:
        tables: of plots/mi, of one estimator, one of each run.

    Returns: a row per split, layer and quantity that is given, with `value`, `low`, `high` (NaN: not given), `flag`,
        and `networks`, how many the value is of. Of several, be they runs or repetitions in a run, it is the mean, low
        and high are a standard deviation away, and it is flagged where one is.
    """
    found = [row for table in tables for row in _of_networks(drawable(table))]
    rows = pd.DataFrame(found, columns=[*PLACE, *OF_A_SIDE])
    groups = [(place, each) for place, each in rows.groupby(PLACE, sort=False)]
    return pd.DataFrame([(*place, *_of_all(each)) for place, each in groups], columns=[*PLACE, *OF_A_SIDE, "networks"])


def _of_networks(data: pd.DataFrame) -> Iterator[tuple[str, str, str, float, float, float, str]]:
    """The rows of each repetition of a run."""
    last_epoch = data["epoch"].max()
    for (split, _, layer), rows in data.groupby(["split", "repetition", "layer"], sort=False):
        last = rows[rows["epoch"] == last_epoch]
        for column in AXES:
            if len(last) and pd.notna(last[column].iloc[0]):
                row = last.iloc[0]
                ends = row[column], row[f"{column}_low"], row[f"{column}_high"]
                yield str(split), str(layer), column, *ends, row[column.replace("mi", "flag")]
        if fall := compression(rows):
            low, high = (math.nan if end is None else end for end in (fall.low, fall.high))
            yield str(split), str(layer), "compression", fall.nats, low, high, fall.flag


def _of_all(rows: pd.DataFrame) -> tuple[float, float, float, str, int]:
    if len(rows) == 1:
        return *rows.iloc[0][list(OF_A_SIDE)], 1
    mean, std = rows["value"].mean(), rows["value"].std()
    return mean, mean - std, mean + std, join_words(*rows["flag"]), len(rows)


def differences(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """What two sides say of each layer, and the second less the first.

    Args:
        a, b: as `of_layers` gives them.

    Returns: a row per split, layer and quantity of either side, in the order of `a`, with the columns of each side
        ending in `_a` and `_b`, and `difference`, `low`, `high`, `flag`. Low and high are the least and the largest
        difference that the bars of both allow; NaN where one has none.
    """
    places = pd.concat([a[PLACE], b[PLACE]]).drop_duplicates()
    both = places.merge(a, how="left", on=PLACE).merge(b, how="left", on=PLACE, suffixes=("_a", "_b"))
    for side in ("_a", "_b"):
        both["flag" + side] = both["flag" + side].fillna("")
        both["networks" + side] = both["networks" + side].fillna(0).astype(int)
    words = zip(both["flag_a"], both["flag_b"], strict=True)
    result = both.assign(
        difference=both["value_b"] - both["value_a"],
        low=both["low_b"] - both["high_a"],
        high=both["high_b"] - both["low_a"],
        flag=[join_words(*pair) for pair in words],
    )
    return result.sort_values("quantity", key=_in_order, kind="stable", ignore_index=True)


def _in_order(column: pd.Series) -> pd.Series:
    return column.map({name: place for place, name in enumerate(QUANTITIES)}).astype(np.int64)
