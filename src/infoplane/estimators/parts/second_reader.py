"""A second reader: a low estimate of I(X;T), or of I(T;Y), by other means than the estimate that it checks.

Problem: a value near 0 cannot be told from dependence that was not found. Three readers see what trained critics,
mixtures and Gaussians overlook, and neither is often above the truth:

    neighbours   Kraskov's estimate on all coordinates: any shape, if it is not finer than neighbours are apart; low in
                 many dimensions.
    pairs        sum_i I(x_i;t_i) - min(TC(X), TC(T)), a lower bound: many dimensions, if they depend in pairs. The
                 terms are Kraskov's; pairs are those of units, of canonical variates and of unmixed coordinates, and TC
                 is what the coordinates of one side know of each other.
    closed forms held-out critics of a few numbers, Gaussian or Student's, on sides that may be untwisted: scale that
                 both sides share, and spirals.

The bound: I(X;T) = sum_i I(x_i;T|x_<i) >= sum_i [ I(x_i;T) - I(x_i;x_<i) ], and I(x_i;T) >= I(x_i;t_i).

Time O(m^2 d) for m <= `MOST_SAMPLES`, and O(n log n) a pair. With shared values the coordinates of a side depend in
ways that this TC does not see, and neighbours read alone.

References: Kraskov, Stoegbauer & Grassberger (2004), Estimating mutual information, Physical Review E 69,
doi:10.1103/PhysRevE.69.066138. Watanabe (1960), Information theoretical analysis of multivariate correlation, IBM
Journal of Research and Development 4, on TC.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from infoplane.estimators.parts.canonical import decompose
from infoplane.estimators.parts.closed_forms.reading import read_closed_forms
from infoplane.estimators.parts.folds import random_half
from infoplane.estimators.parts.gaussian_classes import fit_classes
from infoplane.estimators.parts.linear_algebra import centred, whiten
from infoplane.estimators.parts.neighbours import kraskov, kraskov_1d, ross
from infoplane.estimators.parts.pairing import match_coordinates
from infoplane.estimators.parts.ranks import cosines, normal_scores
from infoplane.estimators.parts.streamed import Rows, Streamed
from infoplane.estimators.parts.unmixing import unmix
from infoplane.tolerance import Tolerance

NEIGHBOURS = 3
"""Few, since they are to see what is fine; of one unit and one input, only the nearest."""
MOST_SAMPLES = 2000
"""Whose distances are compared where there are several coordinates; of the pairs, `MOST_IN_PAIRS`."""
MOST_IN_PAIRS = 4000
LEAST_SAMPLES = 20
"""For each unit of either side, below which critics of closed forms are not fitted."""
MOST_COORDINATES = 32
"""Of either side, beyond which pairs are not looked for."""
ATOMS, EQUAL = 0.1, 1e-9
"""Share of samples that share a coordinate's value with another from which on it has no density."""
MORE = Tolerance(nats=0.05, share=0.05)
"""How far readings may be above a value, besides chance, before it is called missed."""
CHANCE = 2.0
"""Readings vary by about 1 / sqrt(n); so many times that is allowed."""
WAVES = 4


def is_missed(readings: ArrayLike, mi: np.ndarray, n: int) -> np.ndarray:
    """Whether readings are above estimates from n samples by more than readings err, shape (e,) of bool."""
    read = np.asarray(readings)
    return read - mi > MORE.at(read) + CHANCE / math.sqrt(min(n, MOST_IN_PAIRS))


def read_inputs(x: Tensor | Rows, t: Tensor | Streamed, seed: int) -> np.ndarray:
    """I(X;T) of each epoch in nats as the readers see it, the largest of all, shape (e,).

    Args:
        x: shape (n, d_x). t: shape (e, n, d_t).
    """
    some, few = (_some(x, most, seed) for most in (MOST_IN_PAIRS, MOST_SAMPLES))
    if x.shape[1] == t.shape[2] == 1:
        scores_x = normal_scores(x[some])
        return np.array([kraskov_1d(scores_x, normal_scores(each[some]), k=1) for each in t])
    near_x, near_t = (centred(normal_scores(side)) for side in (x[few], t[:, few]))
    near, side = kraskov(near_x, near_t, NEIGHBOURS, variant=1), _side(x[some])
    return np.maximum(near, [_read_coordinates(side, _side(each[some]), seed) for each in t])


class _Side(NamedTuple):
    """One side without constant units, shape (n, d), its normal scores, and the largest share of equal values."""

    values: Tensor
    scores: Tensor
    equals: float


def _side(values: Tensor) -> _Side:
    values = values[:, values.amax(0) > values.amin(0)]
    if values.shape[1] > MOST_COORDINATES:
        return _Side(values, values, 0.0)
    scores = normal_scores(values)
    return _Side(values, scores, share_of_equals(scores))


def _read_coordinates(x: _Side, t: _Side, seed: int) -> float:
    """What pairs and closed forms see; 0 where there are too many units, or many samples share a value."""
    units = x.values.shape[1], t.values.shape[1]
    if not 0 < min(units) <= max(units) <= MOST_COORDINATES or max(x.equals, t.equals) > ATOMS:
        return 0.0
    pairs = _read_pairs(x.values, t.values, x.scores, t.scores)
    is_enough = len(x.values) >= LEAST_SAMPLES * sum(units)
    return max(pairs, read_closed_forms(x.values, t.values, seed)) if is_enough else pairs


def read_labels(t: Tensor | Streamed, y: Tensor, seed: int, *, by_classes: bool = True) -> np.ndarray:
    """I(T;Y) of each epoch in nats, shape (e,), as neighbours or Gaussian classes see it.

    Args:
        t: shape (e, n, d_t). y: labels, shape (n,).
        by_classes: whether Gaussian classes are asked, too; what starts from them itself learns nothing from that.
    """
    few = _some(y, MOST_SAMPLES, seed)
    t, y = t[:, few], y[few]
    near = ross(centred(normal_scores(t)), y, NEIGHBOURS)
    return np.maximum(near, [fit_classes(each, y, seed).mi for each in t]) if by_classes else near


def _some(values: Tensor | Rows, most: int, seed: int) -> Tensor:
    """Indices of all samples, or of so many drawn at random, on their device."""
    n = len(values)
    return (torch.arange(n) if n <= most else random_half(n, seed, least=most)[:most]).to(values.device)


def _read_pairs(x: Tensor, t: Tensor, scores_x: Tensor, scores_t: Tensor) -> float:
    """The largest lower bound from pairs of coordinates, in three systems of coordinates."""
    n, white_x, white_t = len(x), whiten(scores_x), whiten(scores_t)
    left, _, right, _ = decompose(white_x.T @ white_t / n)
    # canonical variates are turned towards chance: each squared correlation gains 1 / n, as many as there are
    chance = white_x.shape[1] * white_t.shape[1] / (2 * n)
    systems = [(scores_x, scores_t, 0.0), (white_x @ left, white_t @ right, chance)]
    if (unmixed := unmix(x, t, torch.arange(n, device=x.device))) is not None:
        systems.append((*unmixed, 0.0))
    return max(_sum_of_pairs(normal_scores(u), normal_scores(v)) - gained for u, v, gained in systems)


def _sum_of_pairs(u: Tensor, v: Tensor) -> float:
    i, j, _ = match_coordinates(u, v)
    u, v = u[:, i], v[:, j]
    terms = (kraskov_1d(u[:, [k]], v[:, [k]], NEIGHBOURS) for k in range(len(i)))
    # each term varies by about 1 / sqrt(n), and the largest of three systems is taken
    return sum(terms) - math.sqrt(len(i) / len(u)) - min(_total_correlation(u), _total_correlation(v))


def _total_correlation(values: Tensor) -> float:
    """What coordinates know of each other: as Gaussians, and what each knows of one before it beside that."""
    n, d = values.shape
    correlation = torch.corrcoef(values.T) if d > 1 else values.new_ones(1, 1)
    gaussian = -0.5 * float(torch.linalg.slogdet(correlation + 1e-9 * torch.eye(d).to(values))[1])
    gaussian -= d * (d - 1) / (4 * n)
    waves = torch.stack([math.sqrt(2) * (wave - wave.mean(0)) for wave in cosines(values, WAVES)], 1)
    squares = (torch.einsum("nad,nbe->deab", waves, waves) / n).square()
    squares[:, :, 0, 0] = 0
    beyond = squares.sum((2, 3)) / 2 - (WAVES**2 - 1) / (2 * n)
    beyond = torch.where(beyond > math.sqrt(2) * WAVES / n, beyond, 0.0).tril(-1)
    return max(gaussian, 0.0) + float(beyond.amax(1).sum())


def share_of_equals(values: Tensor) -> float:
    """The largest share, over coordinates, of samples that have the value of another; values of shape (n, d)."""
    if not values.shape[1]:
        return 0.0
    return float((values.sort(0).values.diff(dim=0) < EQUAL).double().mean(0).max())
