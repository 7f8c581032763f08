"""A critic in closed form at all pairs of inputs and representations, without a network."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class PairScores(NamedTuple):
    """A critic that is a function of one product: f_ij = row_i + column_j + g(left_i . right_j + a_i + b_j).

    Attributes:
        row, column: shape (members, n).
        left, right: shape (members, n, rank).
        tails: None where g is the identity, and a_i = b_j = 0.
    """

    row: Tensor
    column: Tensor
    left: Tensor
    right: Tensor
    tails: "Tails | None" = None

    def take(self, index: Tensor) -> "PairScores":
        """The scores at the samples `index` of each member, shape (members, m)."""
        member = torch.arange(len(index), device=index.device)[:, None]
        row, column, left, right = (part[member, index] for part in self[:4])
        tails = self.tails and Tails(self.tails.power, self.tails.row[member, index], self.tails.column[member, index])
        return PairScores(row, column, left, right, tails)

    def matrix(self, columns: "PairScores") -> Tensor:
        """f at all pairs of these inputs with the representations of `columns`, shape (members, n, m)."""
        product = self.left @ columns.right.mT
        if self.tails is not None and columns.tails is not None:
            power, alone = (
                self.tails.power[:, None, None],
                self.tails.row[..., :, None] + columns.tails.column[..., None, :],
            )
            heavy = -power * torch.log((1 + alone + product).clamp(min=LEAST_SQUARE).float())
            product = torch.where(power > 0, heavy, product)
        return (self.row[..., :, None] + columns.column[..., None, :] + product).float()


LEAST_SQUARE = 1e-6


class Tails(NamedTuple):
    """g(s) = -power ln(1 + s), for members of positive power, as in Student's density; the identity for others.

    Attributes:
        power: shape (members,).
        row, column: a and b of `PairScores`, shape (members, n).
    """

    power: Tensor
    row: Tensor
    column: Tensor


def stack_scores(members: Sequence[PairScores]) -> PairScores:
    """Members of different rank, each without the member axis, as one batch."""
    rank = max(scores.left.shape[-1] for scores in members)
    wide = [[functional.pad(side, (0, rank - side.shape[-1])) for side in scores[2:4]] for scores in members]
    left, right = (torch.stack(side) for side in zip(*wide, strict=True))
    row, column = (torch.stack([getattr(scores, name) for scores in members]).double() for name in ("row", "column"))
    tails = None
    if any(scores.tails is not None for scores in members):
        zero = torch.zeros_like(row[0])
        given = [s.tails or Tails(zero.new_zeros(()), zero, zero) for s in members]
        tails = Tails(*(torch.stack(part) for part in zip(*given, strict=True)))
    return PairScores(row, column, left, right, tails)
