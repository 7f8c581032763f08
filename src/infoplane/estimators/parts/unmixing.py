"""Coordinates of x and of t that depend on each other in pairs, though both sides were rotated.

Problem: d pairs (x_i, t_i), each independent of the others, are easy to learn pair by pair. Once either side is
rotated, every coordinate holds a little of each. Canonical variates find the pairs where correlations differ; of
uncorrelated pairs, or equally correlated ones, second moments say nothing. Fourth ones do. For white x and t

    K_ab,cd = E[x_a x_b t_c t_d] - E[x_a x_b] E[t_c t_d] - E[x_a t_c] E[x_b t_d] - E[x_a t_d] E[x_b t_c]

is 0 for Gaussians, and sum_i k_i p_i p_i' (x) q_i q_i' where the pairs lie along p_i and q_i. Its leading singular
matrices are mixtures of the p_i p_i' (of the q_i q_i'), and one rotation makes all of them diagonal.

Before that each sample is drawn to the radius that a Gaussian of its rank has, along its own direction: fourth moments
of heavy tails are those of a few samples.

References: Cardoso & Souloumiac (1993), Blind beamforming for non-Gaussian signals, IEE Proceedings F 140, for
cumulant matrices that are made diagonal together, there of one side. Cardoso & Souloumiac (1996), Jacobi angles for
simultaneous diagonalization, SIAM Journal on Matrix Analysis and Applications 17, for the rotation.
"""

import math

import numpy as np
import torch
from scipy.stats import chi
from torch import Tensor

from infoplane.estimators.parts.linear_algebra import white_and_back

MOST_UNITS = 32
"""Of either side: the number of moments grows with its fourth power, and so does their chance."""
CLEARLY = 1.25
"""How many times chance the largest singular value must be: products of Gaussians have heavy tails."""
SWEEPS = 12
SMALLEST_ANGLE = 1e-3


def unmix(x: Tensor, t: Tensor, train: Tensor) -> tuple[Tensor, Tensor] | None:
    """x and t in the coordinates that depend in pairs, each of variance 1 or so, float64; None where none are found.

    Sides of one unit, or with units that others determine, are left as they are.

    Args:
        x, t: shapes (n, d_x) and (n, d_t), finite.
        train: indices of the samples that decide.
    """
    if not 1 < min(x.shape[1], t.shape[1]) <= max(x.shape[1], t.shape[1]) <= MOST_UNITS:
        return None
    white_x, white_t = (_white(side.double(), train) for side in (x, t))
    if white_x.shape != x.shape or white_t.shape != t.shape:
        return None
    drawn_x, drawn_t = (_at_gaussian_radius(white[train]) for white in (white_x, white_t))
    (u, to_u), (v, to_v) = ((drawn @ (to := _whitening(drawn)), to) for drawn in (drawn_x, drawn_t))
    (of_x, pair_x), (of_t, pair_t) = (_products(side) for side in (u, v))
    n, crossed = len(train), u.T @ v / len(train)
    (a, b, weight_x), (c, d, weight_t) = pair_x, pair_t
    gaussian = crossed[a][:, c] * crossed[b][:, d] + crossed[a][:, d] * crossed[b][:, c]
    cumulants = of_x.T @ of_t / n - gaussian * weight_x[:, None] * weight_t
    left, strength, right = torch.linalg.svd(cumulants, full_matrices=False)
    # what a matrix of chance alone has as its largest singular value: entries of standard deviation 2 / sqrt(n)
    if float(strength[0]) < CLEARLY * 2 * (math.sqrt(len(a)) + math.sqrt(len(c))) / math.sqrt(n):
        return None
    count = min(u.shape[1], v.shape[1])
    x_axes, t_axes = (
        _axes(vectors[:, :count] * strength[:count], pair) for vectors, pair in ((left, pair_x), (right.T, pair_t))
    )
    # a linear function of a sample that was drawn nearer is as much nearer: the same axes serve the samples as they are
    return white_x @ to_u @ x_axes, white_t @ to_v @ t_axes


def _axes(vectors: Tensor, pair: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The rotation that makes symmetric matrices most diagonal, given by their weighted entries, a column each."""
    i, j, weight = pair
    d = int(j.max()) + 1
    matrices = vectors.new_zeros(vectors.shape[1], d, d)
    matrices[:, i, j] = (vectors / weight[:, None]).T
    matrices[:, j, i] = matrices[:, i, j]
    return torch.from_numpy(diagonal_together(matrices.cpu().numpy())).to(vectors.device)


def diagonal_together(matrices: np.ndarray) -> np.ndarray:
    """The rotation V, shape (d, d), that makes V' M V of all symmetric matrices M, shape (r, d, d), most diagonal."""
    matrices, d = matrices.copy(), matrices.shape[-1]
    axes = np.eye(d)
    for _ in range(SWEEPS):
        largest = 0.0
        for i in range(d - 1):
            for j in range(i + 1, d):
                spread, shared = matrices[:, i, i] - matrices[:, j, j], 2 * matrices[:, i, j]
                on, off = spread @ spread - shared @ shared, 2 * spread @ shared
                angle = 0.5 * math.atan2(off, on + math.hypot(on, off))
                largest = max(largest, abs(angle))
                if abs(angle) < SMALLEST_ANGLE:
                    continue
                turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
                matrices[:, :, [i, j]] = matrices[:, :, [i, j]] @ turn
                matrices[:, [i, j]] = turn.T @ matrices[:, [i, j]]
                axes[:, [i, j]] = axes[:, [i, j]] @ turn
        if largest < SMALLEST_ANGLE:
            break
    return axes


def _white(values: Tensor, train: Tensor) -> Tensor:
    centred = values - values[train].mean(0)
    centred = centred / centred[train].square().mean(0).sqrt().clamp(min=1e-12)
    return centred @ _whitening(centred[train])


def _whitening(centred: Tensor) -> Tensor:
    return white_and_back(centred.T @ centred / len(centred))[0]


def _at_gaussian_radius(white: Tensor) -> Tensor:
    """Each sample at the radius that a Gaussian of its rank has, in its own direction; centred."""
    n, d = white.shape
    radius = white.norm(dim=1)
    quantiles = torch.from_numpy(chi(d).ppf((np.arange(n) + 0.5) / n)).to(white)
    drawn = torch.empty_like(radius)
    drawn[radius.argsort()] = quantiles
    drawn = white * (drawn / radius.clamp(min=1e-12))[:, None]
    return drawn - drawn.mean(0)


def _products(white: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """All products of two coordinates, less their means, and of which; mixed ones count twice, and so by sqrt 2."""
    i, j = torch.triu_indices(white.shape[1], white.shape[1], device=white.device)
    weight = torch.where(i == j, 1.0, math.sqrt(2)).to(white)
    products = white[:, i] * white[:, j] * weight
    return products - products.mean(0), (i, j, weight)
