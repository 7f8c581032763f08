"""Results of several epochs, side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def side_by_side(results: Sequence[tuple]) -> Any:
    """One named tuple in place of one an epoch, of the same class: each field an array of shape (e,).

    Args:
        results: named tuples of one class, of numbers and truth values, one for each of e epochs.
    """
    columns = zip(*results, strict=True)
    return type(results[0])(*(np.array(column) for column in columns))
