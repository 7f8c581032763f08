"""I(X;T|Y): what a layer knows of the input beside the label, where an estimator's two axes tell it.

    I(X;T|Y) = I(X;T) - I(T;Y),

since T says nothing of the label but what it has from X (Y - X - T is a Markov chain, so that I(X;T) = I(X,Y;T)). It
holds where both axes are of one and the same T: with the same bins or noise. An estimator's file says so by
`SAME_T = True`; of others, and where an axis is flagged, there is no value.

References: Fischer (2020), The conditional entropy bottleneck, Entropy 22(9), arXiv:2002.05379, for this
difference as what a layer holds of the input in excess.
"""

import numpy as np
import pandas as pd

COLUMN = "mi_xt_given_y"


def with_mi_given_label(table: pd.DataFrame, same_t: bool) -> pd.DataFrame:
    """The table of a plane with the column `mi_xt_given_y` at its end, in nats; NaN where it is not given.

    Args:
        table: the columns of plots/mi/<key>.csv.
        same_t: whether both axes of the estimator are of the same T.
    """
    values = table["mi_xt"].astype(float) - table["mi_ty"].astype(float)
    trusted = (table["flag_xt"] == "") & (table["flag_ty"] == "")
    return table.assign(**{COLUMN: values.where(trusted) if same_t else np.nan})
