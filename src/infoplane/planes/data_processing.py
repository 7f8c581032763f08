"""What no plane of a feed-forward network can show: a layer that knows less of the label than a later one does.

Each recorded layer is a function of the one before it, so that I(T;Y) cannot grow with depth (the data-processing
inequality). Where estimates do, one of them is wrong, whatever each says of itself. It holds of T itself alone: noise
or bins that an estimator brings make of two layers two variables of which neither is a function of the other.

References: Cover & Thomas (2006), Elements of Information Theory, 2nd edition, Wiley, doi:10.1002/047174882X;
theorem 2.8.1.
"""

import re

import numpy as np
import pandas as pd

from infoplane.flags import DATA_PROCESSING, join_words
from infoplane.tolerance import is_beyond_tolerance

OF_THE_LAYER_ITSELF = re.compile(r"I\(T;Y\)(,| \[|$)")
"""Whatever is said of how it is measured."""


def flag_breaches(table: pd.DataFrame, measures_ty: str | None) -> pd.DataFrame:
    """The table of a plane, with `data processing` among the flags of I(T;Y) where two layers contradict each other.

    Both are flagged: nothing says which of them is wrong. A difference within the tolerance is none.

    Args:
        table: one row per (split, repetition, part, epoch, layer), layers in the network's order.
        measures_ty: what the estimator measures in place of I(T;Y), with or without units.
    """
    if not OF_THE_LAYER_ITSELF.match(measures_ty or "") or table["mi_ty"].isna().all():
        return table
    result = table.copy()
    for _, rows in table.groupby(["split", "repetition", "part", "epoch"], sort=False):
        # what is flagged is not believed anyway, and must not take others with it
        rows = rows[rows["mi_ty"].notna() & (rows["flag_ty"] == "")]
        values = rows["mi_ty"].to_numpy(dtype=float)
        later = np.triu(values[None] - values[:, None], 1)
        is_breach = np.triu(is_beyond_tolerance(later, np.maximum(values[None], values[:, None])), 1) & (later > 0)
        for index in rows.index[is_breach.any(0) | is_breach.any(1)]:
            for name in ("flag", "flag_ty"):
                result.loc[index, name] = join_words(str(result.loc[index, name]), DATA_PROCESSING)
    return result
