"""Several epochs in one call: how many are computed together, and their results side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

TOGETHER = {"cpu": 1, "cuda": 1 << 27}
"""Numbers of one copy of what is computed that are held at a time, at least those of one epoch. A processor is no
slower with an epoch at a time, which stays in its caches; a GPU waits for the next operation unless there are many."""


def epochs_together(numbers: int, device: torch.device) -> int:
    """How many epochs to compute together, where one takes so many numbers."""
    return max(1, TOGETHER[device.type] // max(numbers, 1))


def side_by_side(results: Sequence[tuple]) -> Any:
    """One named tuple in place of one an epoch, of the same class: each field an array of shape (e,).

    Args:
        results: named tuples of one class, of numbers and truth values, one for each of e epochs.
    """
    columns = zip(*results, strict=True)
    return type(results[0])(*(np.array(column) for column in columns))
