"""Which products of signs of units go with a label: parities, of which no smaller set of units shows anything.

Problem: the sign of a product of six units is a function that neither gradients nor neighbours find in a few thousand
samples; but there are only 2^d products of d signs, and one Walsh-Hadamard transform of the counts of sign patterns
correlates them all with every label. Signs are taken around 0 and around the median.

References: Fino & Algazi (1976), Unified matrix treatment of the fast Walsh-Hadamard transform, IEEE Transactions on
Computers 25, doi:10.1109/TC.1976.1674569.
"""

import math
from collections.abc import Callable
from functools import partial

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
    return products_of_epochs(t[None], labels, classes)[0]


def products_of_epochs(t: Tensor, labels: Tensor, classes: int) -> list[Callable[[Tensor], Tensor]]:
    """The same for t of each epoch, shape (e, n, d)."""
    d = t.shape[2]
    if not 2 <= d <= MOST_UNITS:
        return [_no_products] * len(t)
    scale, found = t.std(1).clamp(min=1e-12), [[] for _ in t]
    # the lower median; that of torch is not deterministic on CUDA
    for centre in (torch.zeros_like(t[:, 0]), t.sort(1).values[:, (t.shape[1] - 1) // 2]):
        for epoch, strongest in enumerate(_strongest(t - centre[:, None], labels, classes)):
            found[epoch] += [(strength, units, centre[epoch]) for strength, units in strongest]
    return [partial(_products, each, scale[epoch]) if each else _no_products for epoch, each in enumerate(found)]


def _no_products(values: Tensor) -> Tensor:
    return values[:, :0]


def _products(found: list[tuple[float, list[int], Tensor]], scale: Tensor, values: Tensor) -> Tensor:
    """The strongest of those that were found, each with its strength, units and the centre around which signs are."""
    chosen = sorted(found, key=lambda each: -each[0])[:MOST_PRODUCTS]
    columns = [((values - centre) / scale * 4).clamp(-1, 1)[:, units].prod(1) for _, units, centre in chosen]
    return torch.stack(columns, 1)


def _strongest(t: Tensor, labels: Tensor, classes: int) -> list[list[tuple[float, list[int]]]]:
    """For each epoch, products of two or more signs that go with a label, with their strength in standard errors."""
    epochs, n, d = t.shape
    pattern = ((t < 0).long() << torch.arange(d, device=t.device)).sum(2)
    first = torch.arange(epochs, device=t.device)[:, None] << d
    counts = torch.bincount(((first + pattern) * classes + labels).flatten(), minlength=epochs * classes << d)
    counts = counts.view(epochs, 1 << d, classes).double()
    shares = torch.bincount(labels, minlength=classes).double() / n
    sums = _walsh(counts - counts.sum(2, keepdim=True) * shares)
    spread = (n * shares * (1 - shares)).sqrt().clamp(min=1)
    strength = (sums.abs() / spread).max(2).values
    several = torch.tensor([bin(subset).count("1") > 1 for subset in range(1 << d)], device=t.device)
    strength = torch.where(several, strength, 0.0)
    least = math.sqrt(2 * math.log(classes << d)) + SURE
    best = strength.topk(min(MOST_PRODUCTS, 1 << d))
    return [
        [
            (value, [unit for unit in range(d) if subset >> unit & 1])
            for value, subset in zip(values, subsets, strict=True)
            if value > least
        ]
        for values, subsets in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]


def _walsh(counts: Tensor) -> Tensor:
    """sum_s (-1)^|s & r| counts[s] for each r, along the second axis."""
    rows, step = counts.shape[1], 1
    while step < rows:
        pairs = counts.view(len(counts), rows // (2 * step), 2, step, -1)
        first, second = pairs.unbind(2)
        counts = torch.stack([first + second, first - second], 2).view(len(counts), rows, -1)
        step *= 2
    return counts
