"""Which part of a point is filled: a value that is not to be believed leaves the side of its axis empty.

I(X;T) grows to the right and I(T;Y) upwards. A point whose I(X;T) is flagged is empty in its right half, one whose
I(T;Y) is flagged in its upper half, and one of which neither is to be believed is hollow. So the layer's mark and the
epoch's colour stay, and so does the value that can be believed. Where one axis alone is drawn, over the epochs, its own
flag decides between full and hollow.

Tried at the size of the overview, and worse: a white band along the axis cuts small marks into pieces that no longer
tell the layers apart; dotted bars are lost among those of bounds.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infoplane.planes.tables import AXES

FULL, LEFT, LOWER, HOLLOW = "full", "left", "lower", "hollow"
"""What is filled: all, since both values can be believed; the left half: I(X;T) is not to be; the lower half: I(T;Y) is
not to be; nothing: neither is."""


def fills(data: pd.DataFrame, columns: Sequence[str] = AXES) -> np.ndarray:
    """What is filled of each row of a drawable table, an array of `FULL`, `LEFT`, `LOWER` and `HOLLOW`.

    Args:
        columns: the axes that are drawn, of `mi_xt` and `mi_ty`.
    """
    doubted = [~believed(data, column) for column in columns]
    if len(doubted) == 1:
        return np.where(doubted[0], HOLLOW, FULL)
    xt, ty = doubted
    return np.select([xt & ty, xt, ty], [HOLLOW, LEFT, LOWER], FULL)


def believed(data: pd.DataFrame, column: str) -> np.ndarray:
    """Whether each value of `mi_xt` or `mi_ty` is without a flag, array of bool."""
    return (data[column.replace("mi", "flag")] == "").to_numpy()
