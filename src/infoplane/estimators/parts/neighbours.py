"""Information from nearest neighbours: the formulas of Kraskov et al. and of Ross, on samples as they are given.

Problem: I(X;T) of continuous pairs and I(T;Y) for labels without a density model; `estimators.ksg` says when to trust
it.

    variant 1: I(X;T) = psi(k) + psi(n) - mean_i[ psi(n_x + 1) + psi(n_t + 1) ],
        n_x, n_t: samples nearer than the k-th neighbour's max(|x - x_i|, |t - t_i|)
    variant 2: I(X;T) = psi(k) - 1/k + psi(n) - mean_i[ psi(n_x) + psi(n_t) ],
        n_x, n_t: samples not beyond the k neighbours' largest |x - x_i|, and |t - t_i|, each on its own
    I(T;Y) = psi(n) + mean_i[ psi(k) - psi(n_y) - psi(m) ],
        m: samples not beyond the k-th neighbour of the same class, n_y: size of the class

Distances are Euclidean within X and within T. Where more than k samples are as near as the k-th, counts of closed balls
take over, psi(m_xt) + psi(n) - psi(m_x) - psi(m_t), each with sample i itself: for discrete variables that is counting.
Time O(n^2 (d_x + d_t)) by blocks of distances, O(n log n) where both are 1-D.

References: Kraskov, Stoegbauer & Grassberger (2004), Estimating mutual information, Physical Review E 69,
doi:10.1103/PhysRevE.69.066138; eqs. 8 and 9. Ross (2014), Mutual information between discrete and continuous data sets,
PLoS ONE 9, doi:10.1371/journal.pone.0087357. Gao, Kannan, Oh & Viswanath (2017), Estimating mutual information for
discrete-continuous mixtures, NeurIPS, arXiv:1709.06212, on ties. Gao, Ver Steeg & Galstyan (2015), Efficient estimation
of mutual information for strongly dependent variables, AISTATS, arXiv:1411.2003, on `nonuniformity`.
"""

import math

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from infoplane.estimators.parts.by_epoch import epochs_together
from infoplane.estimators.parts.distances import squared_distances
from infoplane.estimators.parts.row_blocks import by_blocks

BLOCK = 1 << 22
"""Distances held at a time."""
EQUAL = 1e-13
"""Squared distances below this share of the largest squared norm are rounding: the samples count as equal."""


def kraskov(x: Tensor, t: Tensor, k: int, variant: int, nonuniformity: float | None = None) -> np.ndarray:
    """I(X;T) for each epoch.

    Args:
        x: shape (n, d_x), float64, centred. t: shape (e, n, d_t), likewise.
        k: neighbours, below n. variant: 1 or 2.
        nonuniformity: where the box of the neighbours along their principal axes has less than this share of the volume
            of the axis-parallel one, the ratio corrects variant 1; takes k above d_x + d_t.
    Returns: nats, shape (e,).
    """
    n = len(x)
    if x.shape[1] == t.shape[2] == 1 and variant == 1 and nonuniformity is None:
        return np.array([kraskov_1d(x, each, k) for each in t])
    terms_of = torch.empty(len(t), n, dtype=torch.float64)

    def count(block: slice, _: slice) -> None:
        start = block.start
        from_x = _distances(x[block], x)
        from_x.diagonal(start).fill_(0.0)
        for i, each in enumerate(t):
            from_t = _distances(each[block], each)
            from_t.diagonal(start).fill_(0.0)
            joint = torch.maximum(from_x, from_t)
            joint.diagonal(start).fill_(math.inf)
            radii, nearest = joint.topk(min(k + 1, n - 1), largest=False)
            radius, nearest = radii[:, k - 1 : k], nearest[:, :k]
            if variant == 1:
                terms = psi(k) - digamma(_count(from_x < radius)) - digamma(_count(from_t < radius))
            else:
                of_x, of_t = (side.gather(1, nearest).amax(1, keepdim=True) for side in (from_x, from_t))
                # a side on which the neighbours coincide has no boundary for one of them to lie on
                edge = ((of_x > 0) & (of_t > 0))[:, 0].double() / k
                terms = psi(k) - edge - digamma(_count(from_x <= of_x) - 1) - digamma(_count(from_t <= of_t) - 1)
            tied = (radius[:, 0] == 0) | (radii[:, k:] == radius).any(1)
            if tied.any():
                both, in_x, in_t = (_count(side[tied] <= radius[tied]) for side in (joint, from_x, from_t))
                # sample i itself is in all three balls, though its joint distance was made infinite
                terms[tied] = digamma(both + 1) - digamma(in_x) - digamma(in_t)
            if nonuniformity is not None:
                joined = torch.cat([x, each], 1)
                terms = terms + _thinness(joined[nearest] - joined[block, None], nonuniformity)
            terms_of[i, block] = terms.cpu()

    by_blocks(count, (0, n), columns=n, most=BLOCK, device=x.device)
    return psi(n) + terms_of.mean(1).numpy()


def ross(t: Tensor, y: Tensor, k: int) -> np.ndarray:
    """I(T;Y) for each epoch.

    Classes of no more than k samples use as many neighbours as they have; a class of one sample is left out.

    Args:
        t: shape (e, n, d_t), float64, centred. y: labels, shape (n,). k: neighbours.
    Returns: nats, shape (e,).
    """
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    kept = counts[labels] > 1
    order = torch.argsort(labels[kept], stable=True)
    sizes = counts[counts > 1].tolist()
    if len(sizes) < 2:
        return np.zeros(len(t))
    t = t[:, kept][:, order]
    n, ends = t.shape[1], np.cumsum([0, *sizes]).tolist()
    terms_of = torch.empty(len(t), n, dtype=torch.float64)

    def count(block: slice, of_class: slice) -> None:
        size = of_class.stop - of_class.start
        near = min(k, size - 1)
        for first in range(0, len(t), together):
            chosen = slice(first, first + together)
            each = t[first] if together == 1 else t[chosen]
            distances = _distances(each[..., block, :], each)
            distances.diagonal(block.start, -2, -1).fill_(0.0)
            alike = distances[..., of_class]
            # the sample itself is the nearest of its class
            radius = alike.topk(near + 1, largest=False).values[..., -1:]
            within, inside = _count(distances <= radius), _count(alike <= radius)
            of_class_terms = torch.where(inside - 1 > near, digamma(inside), psi(near))
            # Ross counts the k-th neighbour and not the sample itself; with ties both sides count it
            others = torch.where(inside - 1 > near, within, within - 1)
            terms_of[chosen, block] = (of_class_terms - digamma(others) - psi(size)).cpu()

    together = min(len(t), epochs_together(BLOCK, t.device))
    by_blocks(count, ends, columns=n * together, most=BLOCK * together, device=t.device)
    return psi(n) + terms_of.mean(1).numpy()


def kraskov_1d(x: Tensor, t: Tensor, k: int) -> float:
    """Variant 1 for x and t of shape (n, 1): a tree for the pairs, sorting for the counts."""
    joined = torch.cat([x, t], 1).cpu().numpy()
    tree = KDTree(joined)
    radius = tree.query(joined, k + 1, p=math.inf)[0][:, -1]
    open_x, closed_x, open_t, closed_t = (count for column in joined.T for count in _counts_1d(column, radius))
    within = tree.query_ball_point(joined, np.nextafter(radius, math.inf), p=math.inf, return_length=True) - 1
    terms = psi(k) - digamma(open_x) - digamma(open_t)
    closed = digamma(torch.from_numpy(within) + 1) - digamma(closed_x) - digamma(closed_t)
    return psi(len(x)) + float(torch.where(torch.from_numpy((within > k) | (radius == 0)), closed, terms).mean())


def ross_1d(t: Tensor, y: Tensor, k: int) -> float:
    """I(T;Y) for t of shape (n,), by sorting; classes of one sample are left out, as by `ross`."""
    values, labels = t.cpu().numpy(), torch.unique(y, return_inverse=True)[1].cpu().numpy()
    counts = np.bincount(labels)
    if (counts > 1).sum() < 2:
        return 0.0
    kept = counts[labels] > 1
    values, labels = values[kept], labels[kept]
    radius = np.empty(len(values))
    near = np.minimum(k, counts[labels] - 1)
    for c in np.flatnonzero(counts > 1):
        members = values[labels == c, None]
        radius[labels == c] = KDTree(members).query(members, int(near[labels == c][0]) + 1)[0][:, -1]
    inside = np.empty(len(values), dtype=np.int64)
    for c in np.flatnonzero(counts > 1):
        inside[labels == c] = _counts_1d(values[labels == c], radius[labels == c], values)[1]
    within = _counts_1d(values, radius, values)[1].numpy()
    # Ross counts the k-th neighbour and not the sample itself; with ties both sides count it
    tied = inside - 1 > near
    alike, others = np.where(tied, inside, near), np.where(tied, within, within - 1)
    terms = digamma(torch.from_numpy(np.stack([alike, others, counts[labels]])))
    return psi(len(values)) + float((terms[0] - terms[1] - terms[2]).mean())


def _counts_1d(column: np.ndarray, radius: np.ndarray, scale: np.ndarray | None = None) -> tuple[Tensor, Tensor]:
    """Samples, itself among them, nearer than the radius (at least itself), and not beyond it."""
    ordered = np.sort(column)
    counts = []
    # far more than the rounding of column + radius, on which it depends whether the k-th neighbour counts itself
    margin = 1e-13 * np.abs(column if scale is None else scale).max()
    for r in (radius - margin, radius + margin):
        counts.append(ordered.searchsorted(column + r, "right") - ordered.searchsorted(column - r, "left"))
    return torch.from_numpy(np.maximum(counts[0], 1)), torch.from_numpy(counts[1])


def _thinness(offsets: Tensor, threshold: float) -> Tensor:
    """-ln of the principal box's share of the axis-parallel one, where it is below the threshold; (b, k, d) -> (b,)."""
    axes = torch.linalg.svd(offsets, full_matrices=False)[2]
    principal, parallel = ((each.abs().amax(1) + 1e-300).log().sum(1) for each in (offsets @ axes.mT, offsets))
    share = principal - parallel
    return torch.where(share < math.log(threshold), -share, 0.0)


def _count(marked: Tensor) -> Tensor:
    return torch.count_nonzero(marked, dim=-1)


def _distances(rows: Tensor, points: Tensor) -> Tensor:
    """Squared distances, equal samples at exactly 0."""
    if points.shape[-1] == 1:
        return (rows - points.mT).square_()
    distances = squared_distances(rows, points)
    largest = points.square().sum(-1).amax(-1)[..., None, None]
    return distances.masked_fill_(distances < EQUAL * largest, 0.0)


def digamma(counts: Tensor) -> Tensor:
    """psi of each count."""
    return torch.digamma(counts.double())


def psi(count: int) -> float:
    """psi of one count."""
    return float(torch.digamma(torch.tensor(count, dtype=torch.float64)))
