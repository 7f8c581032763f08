"""Inner products of samples, or of units, and their spectrum: of layers wider than the samples are many, too.

The matrices T T' (n x n) and T' T (d x d) have the same eigenvalues but for zeros, so that the smaller one serves.
Units are taken block by block: memory beside the layer is n min(n, d) numbers and one block.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK = 1 << 22
"""Numbers in a block of units."""


def centred(t: Tensor) -> Tensor:
    """float64, less the mean over samples; exactly 0 for a unit that is constant.

    Args:
        t: shape (n, d).
    """
    # the mean of equal numbers is off by rounding, their differences are not
    differences = t.double() - t[:1].double()
    return differences - differences.mean(0)


def of_samples(t: Tensor, *, centre: bool, scale: Tensor | None = None) -> Tensor:
    """T T' of shape (n, n), float64.

    Args:
        t: shape (n, d).
        centre: less the mean over samples.
        scale: a factor for each unit, shape (d,); None: 1.
    """
    products = torch.zeros(len(t), len(t), dtype=torch.float64, device=t.device)
    factors = t.new_ones(1, dtype=torch.float64).expand(t.shape[1]) if scale is None else scale
    for units, factor in zip(blocks(t), blocks(factors[None].expand(len(t), -1)), strict=True):
        part = (centred(units) if centre else units.double()) * factor[:1]
        products.addmm_(part, part.T)
    return products


def smaller(t: Tensor, *, centre: bool) -> Tensor:
    """T T' or T' T, whichever is the smaller, float64."""
    if t.shape[1] > len(t):
        return of_samples(t, centre=centre)
    values = centred(t) if centre else t.double()
    return values.T @ values


def eigenvalues(matrix: Tensor) -> Tensor:
    """The eigenvalues of a positive semidefinite matrix, the largest first; 0 where they are rounding errors."""
    found = torch.linalg.eigvalsh(matrix).flip(0)
    rounding = len(matrix) * torch.finfo(matrix.dtype).eps * found[:1].clamp(min=0)
    return torch.where(found > rounding, found, 0.0)


def squared_distances(t: Tensor) -> Tensor:
    """Squared distances of all pairs of samples, shape (n, n), float64; exactly 0 on the diagonal and of equal rows."""
    products = of_samples(t, centre=True)
    sizes = products.diagonal()
    found = sizes[:, None] + sizes[None] - 2 * products
    # what is left of equal rows is a rounding error of their squared norms
    found = torch.where(found > 1e-12 * sizes.max(), found, 0.0)
    return found.fill_diagonal_(0.0)


def blocks(t: Tensor) -> Iterator[Tensor]:
    """The units of t, shape (n, d), so many at a time that a block takes little memory."""
    yield from t.split(max(1, BLOCK // len(t)), dim=1)
