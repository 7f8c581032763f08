"""In which plane one side looks turned by its radius, as what it shares with the other side shows.

Problem: in many dimensions a twist that is trained from random planes (`twisting`) meets chance before it meets the
plane. Moments point to it. Let u and v be white sides with E[u v'] = K, before u is turned in a plane by an angle that
grows with |u|^2 at the rate s. To first order in s, and with J = p q' - q p' of the plane (p, q),

    E[(|u|^2 u)_ v'] = c s J K,   c > 0,

where ( )_ is what is left beside u itself. So the antisymmetric part of that moment times K' shows J in directions that
the sides share: zero where nothing is turned, and else of two equal singular values with the plane in their vectors.
"""

import math

import torch
from torch import Tensor

from infoplane.estimators.parts.linear_algebra import white_and_back


def turned_plane(x: Tensor, t: Tensor) -> tuple[Tensor, bool]:
    """The plane in which x looks turned most, shape (d_x, 2), and whether by more than chance.

    Args:
        x, t: shapes (n, d_x), d_x at least 2, and (n, d_t).
    """
    u, whitening = _white(x)
    v, _ = _white(t)
    n = len(u)
    none = torch.eye(x.shape[1], 2).to(x)
    if u.shape[1] < 2 or not v.shape[1]:
        return none, False
    left, rho, right = torch.linalg.svd(u.T @ v / n, full_matrices=False)
    # beyond what correlates two white sides of n samples that are independent
    seen = rho > (math.sqrt(u.shape[1]) + math.sqrt(v.shape[1])) / math.sqrt(n)
    if not bool(seen.any()):
        return none, False
    shared = (left * torch.where(seen, rho, 0.0)) @ right
    cubes = u * u.square().sum(1, keepdim=True)
    cubes = cubes - u @ (u.T @ cubes / n)
    cubes = cubes / cubes.std(0).mean()
    moment = cubes.T @ v @ shared.T / n
    axes, sizes, _ = torch.linalg.svd((moment - moment.T) / 2)
    chance = float(rho[0]) * (math.sqrt(u.shape[1]) + math.sqrt(float(seen.sum()))) / (2 * math.sqrt(n))
    return (whitening @ axes[:, :2]).to(x), float(sizes[0]) > chance


def _white(values: Tensor) -> tuple[Tensor, Tensor]:
    """White coordinates in float64, shape (n, rank), and the map that leads to them, shape (d, rank)."""
    values = values.double()
    values = values - values.mean(0)
    whitening, _ = white_and_back(values.T @ values / len(values))
    return values @ whitening, whitening
