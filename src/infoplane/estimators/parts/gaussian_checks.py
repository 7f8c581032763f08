"""What a Gaussian model of (x, t) leaves out: dependence that is still there between x and the residual of t.

For orthonormal functions f of x and g of the residual, each of mean 0, half the sum of squared correlations is about
the information that is left, if it is little. Chance gives each squared correlation 1/n.
"""

import math

import torch
from torch import Tensor

from infoplane.estimators.parts.pairing import match_coordinates
from infoplane.estimators.parts.ranks import cosines

VARIATES, WAVES, PRODUCTS = 12, 6, 6
"""Canonical pairs, cosines a variate, and variates whose products of two are used."""
MOST_COORDINATES = 256
"""Of each side whose pairs are looked for."""
RIDGE = 1e-6


def in_variates(u: Tensor, v: Tensor, rho: Tensor) -> tuple[float, float]:
    """Nats left between the leading canonical variates, each with each, and two standard deviations of chance.

    Args:
        u, v: canonical variates, shapes (n, d_x) and (n, d_t), with the directions that are uncorrelated with the other
            side, which may know something all the same.
        rho: correlations of the pairs.
    """
    u, v, rho = u[:, :VARIATES], v[:, :VARIATES], rho[:VARIATES]
    n, residual = len(u), v.clone()
    residual[:, : len(rho)] -= rho * u[:, : len(rho)]
    residual[:, : len(rho)] /= (1 - rho.square()).sqrt()
    first = u[:, :PRODUCTS]
    i, j = torch.triu_indices(first.shape[1], first.shape[1], 1, device=u.device)
    of_u = _standardised(torch.cat([waves(u), first[:, i] * first[:, j]], 1))
    of_residual = waves(residual)
    dependence = (of_u.T @ _standardised(of_residual) / n).square()
    shape = torch.cat([waves(v).mean(0).square(), of_residual.mean(0).square()])
    # apart, since the shape is found by far fewer functions and so against far less chance
    excesses, chances = zip(*(_excess(part, n) for part in (dependence, shape)), strict=True)
    return sum(excesses), max(chances)


def in_coordinates(x: Tensor, t: Tensor) -> float:
    """Nats left between the coordinates of x and those of t, each with its match alone.

    What many pairs hide a little of each, this finds: of so few functions chance is little.

    Args:
        x, t: normal scores, shapes (n, d_x) and (n, d_t).
    """
    n, x, t = len(x), x[:, :MOST_COORDINATES], t[:, :MOST_COORDINATES]
    covariance = x.T @ x / n
    covariance.diagonal().add_(RIDGE)
    residual = t - x @ torch.linalg.solve(covariance, x.T @ t / n)
    residual = _standardised(residual)
    i, j, _ = match_coordinates(x, t)
    of_x, of_residual = (_standardised(waves(v)).unflatten(1, (WAVES, -1)) for v in (x[:, i], residual[:, j]))
    dependence = (torch.einsum("nad,nbd->dab", of_x, of_residual) / n).square()
    excess, _ = _excess(dependence, n)
    return excess


def _excess(squares: Tensor, n: int) -> tuple[float, float]:
    """Half the sum of squared correlations above chance, or 0 within two standard deviations of it; and those."""
    chance = math.sqrt(2 * squares.numel()) / n
    excess = (float(squares.sum()) - squares.numel() / n) / 2
    return excess if excess > chance else 0.0, chance


def _standardised(values: Tensor) -> Tensor:
    centred = values - values.mean(0)
    return centred / centred.square().mean(0).sqrt().clamp(min=1e-9)


def waves(values: Tensor) -> Tensor:
    """Cosines of the distribution function, (n, d) to (n, waves d): mean 0, variance 1, uncorrelated under N(0, 1)."""
    return torch.cat([math.sqrt(2) * wave for wave in cosines(values, WAVES)], 1)
