"""Labels predicted from those of the nearest samples: a reader that needs no shape of the classes to be guessed.

With c_y of the k nearest reference samples having label y, q(y|t) = (c_y + p(y)) / (k + 1). What it says of samples
that are not among the references is held out, so that H(Y) minus its cross-entropy is a lower bound of I(T;Y).

Cost O(m r d) for m samples and r references, in blocks.

References: Cover & Hart (1967), Nearest neighbor pattern classification, IEEE Transactions on Information Theory 13,
doi:10.1109/TIT.1967.1053964.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from infoplane.estimators.parts.distances import squared_distances
from infoplane.estimators.parts.row_blocks import by_blocks

NEIGHBOURS = (3, 10, 30)
MOST_REFERENCES = 8000
"""So many are near enough to everything, and the cost is bounded."""
BLOCK = 1 << 22
"""Distances held at a time."""


def neighbour_votes(
    t: Tensor, references: Tensor, labels: Tensor, prior: Tensor, neighbours: Sequence[int] = NEIGHBOURS
) -> Tensor:
    """q(y|t) for each number of neighbours, shape (..., len(neighbours), m, classes), float32.

    Args:
        t: shape (..., m, d), none of them a reference. references: shape (..., r, d).
        labels: theirs, from 0 to classes - 1, shape (..., r).
        prior: p(y), shape (classes,), float32.
    """
    references, labels = references[..., :MOST_REFERENCES, :], labels[..., None, :MOST_REFERENCES]
    centre = references.mean(-2, keepdim=True)
    points, (*lead, m, _) = references - centre, t.shape
    votes = torch.empty(*lead, len(neighbours), m, len(prior), device=t.device)
    most = min(max(neighbours), points.shape[-2])

    def vote(block: slice, _: slice) -> None:
        nearest = squared_distances(t[..., block, :] - centre, points).topk(most, largest=False).indices
        theirs = labels.expand(*nearest.shape[:-1], -1).gather(-1, nearest)
        tally = torch.nn.functional.one_hot(theirs, len(prior)).float()
        for place, k in enumerate(neighbours):
            k = min(k, most)
            votes[..., place, block, :] = (tally[..., :k, :].sum(-2) + prior) / (k + 1)

    together = math.prod(lead)
    by_blocks(vote, (0, m), columns=points.shape[-2] * together, most=BLOCK * together, device=t.device)
    return votes
