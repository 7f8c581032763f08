"""Pairwise work in blocks of rows, as many at a time as memory holds."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from infoplane.running.limits import available_memory

ON_CUDA = 16
"""So many times as large are blocks there, where a short operation takes as long to start as to compute."""
MATRICES = 6
"""Matrices of a block's shape, in double precision, for which there must be room: distances, kernels, masks."""


def by_blocks(
    work: Callable[[slice, slice], None], ends: Sequence[int], *, columns: int, most: int, device: torch.device
) -> None:
    """Call `work` with consecutive rows, of one group at a time, fewer where the memory is smaller.

    The size of blocks changes results by no more than rounding, and is the same wherever the memory is large enough.

    Args:
        work: assigns results of the rows that it gets, so that it can be called again with fewer of them; gets all rows
            of their group, too.
        ends: where groups of rows, such as classes, begin and end: 0, ..., n.
        columns: of the matrices that `work` makes, one row for each of its rows.
        most: elements of such a matrix at most, on a CPU.

    Raises:
        torch.OutOfMemoryError: not even a single row fits.
    """
    free, most = _free(device), most * (ON_CUDA if device.type == "cuda" else 1)
    size = max(1, min(most, free // (8 * MATRICES)) // columns)
    for first, last in pairwise(ends):
        start = first
        while start < last:
            end = min(start + size, last)
            try:
                work(slice(start, end), slice(first, last))
            except torch.OutOfMemoryError:
                if size == 1:
                    raise
                torch.cuda.empty_cache()
                size //= 2
            else:
                start = end


def _free(device: torch.device) -> int:
    """Bytes that are free on a device; what PyTorch keeps for later counts as free."""
    if device.type != "cuda":
        return available_memory()
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept
