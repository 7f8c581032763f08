"""Cells of random grids at any width, how many samples they hold, and the entropies of these counts.

References: Grassberger (2003), Entropy estimates from insufficient samplings, arXiv:physics/0307138; eq. 35, on the
bias of entropies from small counts.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.ranks import argsort, in_order

LARGEST_TABLE = 1 << 14
"""Numbers of cells that are counted in a table; more are sorted first."""


class Numbered(NamedTuple):
    """The cell of each sample, shape (n,), one more than the largest number, and the cells' entropy in nats."""

    cells: Tensor
    count: int
    entropy: float


class Labels:
    """Labels, shape (n,), as cells that no width changes."""

    def __init__(self, y: Tensor, terms: Tensor):
        values, cells = torch.unique(y, return_inverse=True)
        self._numbered = _numbered(cells, len(values), terms)

    def at(self, width: float) -> Numbered:
        return self._numbered


class Cells:
    """Cells of one side, of values of shape (dims, n), at any width."""

    def __init__(self, values: Tensor, offset: Tensor, terms: Tensor):
        self.values, self.offset, self.terms = values, offset[:, None], terms
        self.ends = torch.stack([values.amin(1), values.amax(1)], 1)
        self._at_width: dict[float, Numbered] = {}

    def at(self, width: float) -> Numbered:
        if width not in self._at_width:
            self._at_width[width] = _numbered(*self._cells(width), self.terms)
        return self._at_width[width]

    def _cells(self, width: float) -> tuple[Tensor, int]:
        first = torch.floor(torch.add(self.offset, self.ends[:, :1], alpha=1 / width))
        # from 0 on, where cutting off decimals is rounding down
        codes, ends = (
            torch.add(self.offset - first, values, alpha=1 / width).long() for values in (self.values, self.ends)
        )
        spans = [most + 1 for most in ends[:, 1].tolist()]
        mixed, count = codes[0], spans[0]
        for column, span in zip(codes[1:], spans[1:], strict=True):
            mixed, count = _compact(mixed * span + column, count * span)
        return mixed, count


def _numbered(cells: Tensor, count: int, terms: Tensor) -> Numbered:
    return Numbered(cells, count, entropy_of(_counts(cells, count), terms))


def _compact(numbers: Tensor, count: int) -> tuple[Tensor, int]:
    """The same cells, numbered anew if a table of all numbers were large."""
    if count <= LARGEST_TABLE:
        return numbers, count
    order = argsort(numbers)
    ordered = numbers[order]
    new = torch.zeros_like(numbers)
    torch.cumsum(ordered[1:] != ordered[:-1], 0, out=new[1:])
    return torch.empty_like(new).scatter_(0, order, new), int(new[-1]) + 1


def information(one: Numbered, other: Numbered, terms: Tensor) -> tuple[float, int]:
    """Information between two numberings of cells, and how many pairs of cells are occupied."""
    counts = _counts(one.cells * other.count + other.cells, one.count * other.count)
    return one.entropy + other.entropy - entropy_of(counts, terms), int((counts > 0).sum())


def _counts(numbers: Tensor, count: int) -> Tensor:
    """How many samples each cell holds; of many cells, the occupied ones alone."""
    if count <= LARGEST_TABLE:
        return torch.bincount(numbers)
    ordered = in_order(numbers)
    ends = torch.nonzero(ordered[1:] != ordered[:-1])[:, 0] + 1
    every = torch.cat([ends.new_zeros(1), ends, ends.new_tensor([len(numbers)])])
    return every.diff()


def entropy_of(counts: Tensor, terms: Tensor) -> float:
    """Entropy in nats of counts of shape (cells,), less the bias that small counts give; empty cells add nothing."""
    n = len(terms) - 1
    return math.log(n) - float(terms[counts].sum()) / n


def grassberger_terms(n: int, device: torch.device) -> Tensor:
    """k G(k) for k = 0..n; G replaces the logarithm of a count (Grassberger 2003)."""
    k = torch.arange(1, n + 1, dtype=torch.float64, device=device)
    sign = 1 - 2 * (k % 2)
    g = torch.digamma(k) + sign / 2 * (torch.digamma((k + 1) / 2) - torch.digamma(k / 2))
    return torch.cat([torch.zeros_like(k[:1]), k * g])
