"""The log-ratio of one unit and one input, from a mixture of pictures of their copula.

Of two single coordinates 10 000 samples show nearly all there is: a kernel density of their normal scores is then a
better start for a critic than a Gaussian, and knows edges that networks find hard to learn. How much is believed of
each bandwidth, of a Gaussian and of Student's copulas, held-out samples say: the weights of a mixture of densities that
make them likeliest (the EM algorithm; a concave problem).

References: Gijbels & Mielniczuk (1990), Estimating the density of a copula function, Communications in Statistics:
Theory and Methods 19. Silverman (1986), Density estimation for statistics and data analysis, Chapman & Hall, for the
binned kernel estimate. Smyth & Wolpert (1999), Linearly combining density estimators via stacking, Machine Learning
36, for mixtures whose weights are those of held-out samples.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.closed_forms.student import log_ratio_constant, student_scores

REACH, CELLS = 4.5, 256
"""Normal scores at the ends of the grid, and its cells."""
BANDWIDTHS = (0.04, 0.08, 0.15, 0.3)
DEGREES = (1.0, 2.0, 4.0, 8.0)
"""Of Student's copulas."""
LEAST_WEIGHT = 1e-3
"""Of the Gaussian, which speaks where no sample fell."""
ROUNDS = 100
MOST_RANKS = 64
"""Singular vectors kept of the table of log-ratios."""
LARGEST_CORRELATION = 0.99
EMPTY = 1e-12


class _Places(NamedTuple):
    """Where values lie on the grid: the point below each, and how far it is on the way to the next."""

    cell: Tensor
    share: Tensor

    def take(self, index: Tensor) -> "_Places":
        return _Places(self.cell[index], self.share[index])


def copula_log_ratio(x: Tensor, t: Tensor, train: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
    """A separable log-ratio: left and right of shape (n, MOST_RANKS), whose products are f.

    Args:
        x, t: normal scores, shape (n,).
        train: indices of the samples that the densities are made from.
        held: of those that say how much of each is believed.
    """
    places = _place(x), _place(t)
    grid = torch.linspace(-REACH, REACH, CELLS, dtype=torch.float64, device=x.device)
    rho = float((x[train].double() * t[train]).mean() / (x[train].std() * t[train].std() + 1e-9))
    rho = max(-LARGEST_CORRELATION, min(LARGEST_CORRELATION, rho))
    gaussian = _gaussian_ratio(grid, rho)
    counts = _counts(*(side.take(train) for side in places)) / len(train)
    ratios = [gaussian, *(_student_ratio(grid, rho, dof) for dof in DEGREES)]
    ratios += [_kernel_ratio(counts, grid, width, gaussian) for width in BANDWIDTHS]
    weights = _weights(torch.stack([_at(ratio, *(side.take(held) for side in places)) for ratio in ratios]))
    weights[0] = weights[0].clamp(min=LEAST_WEIGHT)
    table = torch.log(sum(weight * ratio for weight, ratio in zip(weights, ratios, strict=True)) / weights.sum() + 1e-9)
    u, s, v = torch.linalg.svd(table)
    left, right = (u[:, :MOST_RANKS] * s[:MOST_RANKS]).float(), v[:MOST_RANKS].T.float()
    return _between(left, places[0]), _between(right, places[1])


def _weights(densities: Tensor) -> Tensor:
    """Weights of the mixture under which samples are likeliest, shape (densities,), for (densities, samples)."""
    weights = torch.full_like(densities[:, 0], 1 / len(densities))
    for _ in range(ROUNDS):
        shares = weights[:, None] * densities
        weights = (shares / shares.sum(0).clamp(min=EMPTY)).mean(1)
    return weights


def _gaussian_ratio(grid: Tensor, rho: float) -> Tensor:
    """p(x, t) / (p(x) p(t)) of Gaussians at all pairs of grid points."""
    a, b = grid[:, None], grid[None]
    exponent = (rho * a * b - rho**2 * (a**2 + b**2) / 2) / (1 - rho**2)
    return torch.exp(exponent.clamp(max=20)) / (1 - rho**2) ** 0.5


def _student_ratio(grid: Tensor, rho: float, dof: float) -> Tensor:
    """The same of Student's distribution (`student_copula`)."""
    scores = student_scores(grid, dof)
    a, b = scores[:, None], scores[None]
    joint = (a**2 + b**2 - 2 * rho * a * b) / (1 - rho**2)
    alone = torch.log1p(a**2 / dof) + torch.log1p(b**2 / dof)
    log_ratio = (dof + 1) / 2 * alone - (dof + 2) / 2 * torch.log1p(joint / dof)
    return torch.exp(log_ratio + log_ratio_constant(dof, 1, 1)) / (1 - rho**2) ** 0.5


def _kernel_ratio(counts: Tensor, grid: Tensor, width: float, elsewhere: Tensor) -> Tensor:
    """The same of a kernel density of one bandwidth; where both of its marginals are empty it says nothing."""
    kernel = torch.exp(-0.5 * ((grid[:, None] - grid) / width).square())
    kernel = kernel / kernel.sum(0)
    density = kernel @ counts @ kernel.T
    product = density.sum(1)[:, None] * density.sum(0)
    return torch.where(product > EMPTY, density / product.clamp(min=EMPTY), elsewhere)


def _counts(x: _Places, t: _Places) -> Tensor:
    """Samples at each pair of grid points, each shared out among the four around it."""
    counts = torch.zeros(CELLS * CELLS, dtype=torch.float64, device=x.cell.device)
    for a, weight_a in ((x.cell, 1 - x.share), (x.cell + 1, x.share)):
        for b, weight_b in ((t.cell, 1 - t.share), (t.cell + 1, t.share)):
            counts.index_add_(0, a * CELLS + b, weight_a * weight_b)
    return counts.view(CELLS, CELLS)


def _place(values: Tensor) -> _Places:
    position = (values.double().clamp(-REACH, REACH) + REACH) / (2 * REACH) * (CELLS - 1)
    cell = position.long().clamp(max=CELLS - 2)
    return _Places(cell, position - cell)


def _at(table: Tensor, x: _Places, t: _Places) -> Tensor:
    """The table at one pair a sample, between grid points."""
    low, high = (table[x.cell, t.cell + k].lerp(table[x.cell + 1, t.cell + k], x.share) for k in (0, 1))
    return low.lerp(high, t.share)


def _between(rows: Tensor, places: _Places) -> Tensor:
    return rows[places.cell].lerp(rows[places.cell + 1], places.share[:, None].float())
