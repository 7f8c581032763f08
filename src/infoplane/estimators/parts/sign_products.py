"""Which products of signs of units go with a label: parities, of which no smaller set of units shows anything.

Problem: the sign of a product of six units is a function that neither gradients nor neighbours find in a few thousand
samples; but there are only 2^d products of d signs, and one Walsh-Hadamard transform of the counts of sign patterns
correlates them all with every label. Signs are taken around 0 and around the median.

References: Fino & Algazi (1976), Unified matrix treatment of the fast Walsh-Hadamard transform, IEEE Transactions on
Computers 25, doi:10.1109/TC.1976.1674569.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MOST_UNITS = 12
"""With more there is no looking at all products."""
MOST_PRODUCTS = 4
SURE = 3.0
"""Standard errors that a product must be above the largest that chance would show."""


def sign_products(t: Tensor, labels: Tensor, classes: int) -> Callable[[Tensor], Tensor]:
    """A map from samples of shape (m, d) to products of their units, each cut off at one spread, shape (m, found).

    Args:
        t: shape (n, d). labels: from 0 to classes - 1, shape (n,).
    """
    d = t.shape[1]
    if not 2 <= d <= MOST_UNITS:
        return lambda values: values[:, :0]
    found = []
    for centre in (torch.zeros(d, device=t.device), t.median(0).values):
        found += [(strength, units, centre) for strength, units in _strongest(t - centre, labels, classes)]
    found.sort(key=lambda each: -each[0])
    scale = t.std(0).clamp(min=1e-12)
    chosen = [(units, centre) for _, units, centre in found[:MOST_PRODUCTS]]

    def products(values: Tensor) -> Tensor:
        columns = [((values - centre) / scale * 4).clamp(-1, 1)[:, units].prod(1) for units, centre in chosen]
        return torch.stack(columns, 1) if columns else values[:, :0]

    return products


def _strongest(t: Tensor, labels: Tensor, classes: int) -> list[tuple[float, list[int]]]:
    """Products of two or more signs that go with a label beyond chance, with their strength in standard errors."""
    n, d = t.shape
    pattern = ((t < 0).long() << torch.arange(d, device=t.device)).sum(1)
    counts = torch.bincount(pattern * classes + labels, minlength=classes << d).view(1 << d, classes).double()
    shares = torch.bincount(labels, minlength=classes).double() / n
    sums = _walsh(counts - counts.sum(1, keepdim=True) * shares)
    spread = (n * shares * (1 - shares)).sqrt().clamp(min=1)
    strength = (sums.abs() / spread).max(1).values
    several = torch.tensor([bin(subset).count("1") > 1 for subset in range(1 << d)], device=t.device)
    strength = torch.where(several, strength, 0.0)
    least = math.sqrt(2 * math.log(classes << d)) + SURE
    best = strength.topk(min(MOST_PRODUCTS, len(strength)))
    return [
        (value, [unit for unit in range(d) if subset >> unit & 1])
        for value, subset in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        if value > least
    ]


def _walsh(counts: Tensor) -> Tensor:
    """sum_s (-1)^|s & r| counts[s] for each r, along the first axis."""
    rows = len(counts)
    step = 1
    while step < rows:
        pairs = counts.view(rows // (2 * step), 2, step, -1)
        counts = torch.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], 1).view(rows, -1)
        step *= 2
    return counts
