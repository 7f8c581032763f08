"""What n samples say of a larger population: information about inputs, followed from nested parts of the samples on.

Problem: let J be uniform over m inputs that are drawn at random, and F(m) the mean of I(J;Z) over such draws. n samples
give F(n), F(n/2), F(n/4), ...; the information of the whole population is F(M).

F(2m) - F(m) is the mean Jensen-Shannon divergence of the mixtures of two disjoint halves. That divergence is convex in
the pair (Lin 1991; it is an f-divergence), so the one between two halves of twice the size, which are means of two
smaller ones each, is at most the mean of theirs: what a doubling adds never grows with m. Hence two bounds,

    F(n)  <=  F(M)  <=  F(n) + log2(M/n) (F(n) - F(n/2)),

and a guess between them: each doubling adds `ratio` times what the one before it did, as the last two that were seen.
The ratio is 1 where every output tells its input, and 1/2 where all that is left is the bias of a finite sample, 1/n.
Where the population is infinite, the ratio is at most that of the last three steps.
The guess is compared with truths in docs/estimators.md.

References: Lin (1991), Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37,
doi:10.1109/18.61115.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

LEAST_RATIO, BIAS_RATIO = 0.25, 0.5
"""What a doubling adds may fall faster than a bias of 1/n, where inputs repeat; one step alone is taken for such."""
ORDERS = 4
"""Random orders of the segments, over which the nested parts are averaged."""


class Extrapolated(NamedTuple):
    """Information of a population, in nats.

    Attributes:
        seen: F(n).
        added: what the guess adds to it.
        most: what the bound adds to it, infinite where the population is.
        gain: `added` as a multiple of the last step, F(n) - F(n/2), whose error it multiplies.
        is_blind: too few sizes were seen for a ratio.
    """

    seen: float
    added: float
    most: float
    gain: float
    is_blind: bool = False


def levels(segments: int) -> int:
    """How many sizes n, n/2, n/4, ... a number of segments, a power of 2, makes."""
    return int(math.log2(segments)) + 1


def parts(segments: int, level: int, generator: torch.Generator) -> Tensor:
    """Which of 2^level equal parts of a random order each segment is in, shape (segments,)."""
    order = torch.randperm(segments, generator=generator, device=generator.device)
    return torch.argsort(order) // (segments >> level)


def extrapolate(curve: list[float], doublings: float) -> Extrapolated:
    """F(M) from F(n), F(n/2), ... in this order.

    Args:
        curve: nats, one value or more.
        doublings: log2(M/n), 0 or more; may be infinite.
    """
    steps = [max(0.0, larger - smaller) for larger, smaller in pairwise(curve)]
    if doublings <= 0:
        return Extrapolated(curve[0], 0.0, 0.0, 0.0)
    if not steps:
        return Extrapolated(curve[0], 0.0, math.inf, 0.0, is_blind=True)
    most = doublings * steps[0] if steps[0] else 0.0
    ratio = steps[0] / steps[1] if len(steps) > 1 and steps[1] > 0 else BIAS_RATIO
    if math.isinf(doublings) and len(steps) > 2 and steps[2] > 0:
        # The sum of a series without end takes 1 / (1 - ratio): two small steps, equal by chance, must not decide it.
        ratio = min(ratio, math.sqrt(steps[0] / steps[2]))
    ratio = min(max(ratio, LEAST_RATIO), 1.0)
    gain = doublings if ratio == 1.0 else ratio * (1 - ratio**doublings) / (1 - ratio)
    return Extrapolated(curve[0], gain * steps[0] if steps[0] else 0.0, most, gain, is_blind=len(steps) < 2)
