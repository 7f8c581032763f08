"""Principal components: the orthogonal directions of largest variance, not scaled, so that distances along them stay.

The leading singular vectors of the centred samples by subspace iteration from a random start, which costs O(n d k) in
place of the whole decomposition's O(n d min(n, d)).

References: Halko, Martinsson & Tropp (2011), Finding structure with randomness, SIAM Review 53, doi:10.1137/090771806;
algorithms 4.4 and 5.1.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.reductions.fitted import Fitted, kept_share, seen_and_held

MORE, TIMES = 10, 8
"""Directions beside the wanted ones, and multiplications by the covariance: what is lost is below .1 % of the variance
where the spectrum falls as slowly as that of noise."""

KEEPS_NOISE = True
"""Noise that is added to all units alike is the same noise along orthogonal directions."""


class Components(NamedTuple):
    """Of samples of shape (n, d): their mean, shape (d,), and orthonormal columns of shape (d, k), float64."""

    mean: Tensor
    axes: Tensor

    def codes(self, values: Tensor) -> Tensor:
        """Coordinates along the axes, shape (n, k), float64."""
        return (values.double() - self.mean) @ self.axes


def components(values: Tensor, k: int, seed: int) -> Components:
    """The k leading ones, or all that there are.

    Args:
        values: shape (n, d).
        seed: of the random start.
    """
    values = values.double()
    mean = values.mean(0)
    centred = values - mean
    d = centred.shape[1]
    draw = torch.Generator().manual_seed(seed)
    start = torch.randn(d, min(k + MORE, d), generator=draw, dtype=torch.float64).to(values.device)
    basis = torch.linalg.qr(start)[0]
    for _ in range(TIMES):
        basis = torch.linalg.qr(centred.T @ (centred @ basis))[0]
    along = centred @ basis
    # within the subspace all of it is exact
    turn = torch.linalg.eigh(along.T @ along)[1].flip(1)
    return Components(mean, basis @ turn[:, : min(k, d)])


def fit(values: Tensor, k: int, seed: int) -> Fitted:
    """The samples along k principal components, which are learned from 85 % of them.

    Args:
        values: shape (n, d), d > k.
        seed: of the samples that are seen.

    Raises:
        ValueError: no more samples are seen than there are components.
    """
    seen, held = seen_and_held(len(values), seed, values.device)
    if len(seen) <= k:
        raise ValueError(f"{len(values)} samples are too few for {k} principal components")
    found = components(values[seen], k, seed)
    codes = found.codes(values)
    centred = values[held].double() - found.mean
    # equal rows of a product can differ in their last digits, by their place: single precision makes them equal
    return Fitted(codes.float(), kept_share(centred - codes[held] @ found.axes.T, centred))
