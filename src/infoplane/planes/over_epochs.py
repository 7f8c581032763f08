"""All planes in one table, to draw every method over the epochs in one panel: plots/over_epochs.csv."""

from collections.abc import Mapping

import pandas as pd

from infoplane.planes.captions import measured_of
from infoplane.planes.reading import averaged, drawable, given
from infoplane.planes.wording import AXIS_NAMES

COLUMNS = ("layer", "epoch", "estimator", "split", "information", "measured", "value", "low", "high", "flag")


def over_epochs(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row for each value of each method, with the columns `COLUMNS`, in nats.

    Over repetitions and parts values are means, and their bars are standard deviations. `information` is `I(X;T)` or
    `I(T;Y)`; `measured`, what the method measures in place of it.

    Args:
        tables: of plots/mi, by the key of the estimator.
    """
    found = [
        _of_axis(data, column, label).assign(estimator=key)
        for key, table in tables.items()
        for data in [averaged(drawable(table), "repetition")]
        for column, label in zip(AXIS_NAMES, measured_of(table), strict=True)
        if column in given(data)
    ]
    return pd.concat(found, ignore_index=True)[list(COLUMNS)] if found else pd.DataFrame(columns=list(COLUMNS))


def _of_axis(data: pd.DataFrame, column: str, label: str) -> pd.DataFrame:
    names = {column: "value", f"{column}_low": "low", f"{column}_high": "high", column.replace("mi", "flag"): "flag"}
    rows = data.dropna(subset=[column]).drop(columns="flag").rename(columns=names)
    return rows.assign(information=AXIS_NAMES[column], measured=label)
