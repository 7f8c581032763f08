"""The methods without critics as the plain loop: one epoch at a time, in NumPy, a sample at a time where papers do so.

Each computes what its section of docs/estimators.md says, without the shortcuts of infoplane.
"""

import math
from collections import Counter

import numpy as np
from scipy.special import digamma, logsumexp


def dropout(t: np.ndarray, std: float, z: np.ndarray, centres: np.ndarray) -> float:
    """I(X;Z) of Z = T + N(0, std^2 I): ln p(z|x) - ln p(z), p(z) a mixture over some of the samples.

    Args:
        t: shape (n, d). z: noisy samples of the first m of them, shape (m, d). centres: indices, shape (k,).
    Returns: nats.

    References: Adilova, Geiger & Fischer (2023), section 3.
    """
    terms = []
    for own, sample in zip(t, z, strict=False):
        of_centres = -np.square((sample - t[centres]) / std).sum(1) / 2
        terms.append(-np.square((sample - own) / std).sum() / 2 - logsumexp(of_centres) + math.log(len(centres)))
    return float(np.mean(terms))


def binning(t: np.ndarray, y: np.ndarray, bins: int) -> tuple[float, float]:
    """H(bin T) and I(bin T;Y) at one epoch, a class at a time, with bins between the ends of this epoch.

    Args:
        t: shape (n, d). y: shape (n,).
    Returns: nats.

    References: Saxe et al. (2018), whose code counts rows like this.
    """
    cut = np.floor((t.astype(float) - t.min()) / (t.max() - t.min()) * bins).clip(0, bins - 1)
    h_t, given_y = _row_entropy(cut), 0.0
    for label in np.unique(y):
        given_y += np.mean(y == label) * _row_entropy(cut[y == label])
    return h_t, h_t - given_y


def edge(x: np.ndarray, t: np.ndarray, *, seed: int, dims: int = 3, hashes: int = 4, occupancy: float = 16.0) -> float:
    """I(X;T) by hash tables, which are Python's, as in the authors' code; widths, regression as in infoplane.

    Args:
        x: shape (n, d_x). t: shape (n, d_t).
    Returns: nats.

    References: Noshad, Zeng & Hero (2019), algorithm 1.
    """
    rng = np.random.default_rng(seed)
    intercepts = []
    for _ in range(hashes):
        sides = []
        for side in (x, t):
            directions = np.linalg.qr(rng.normal(size=(side.shape[1], min(dims, side.shape[1]))))[0]
            projected = (side / side.std(0)) @ directions
            sides.append(projected / projected.std(0))
        offsets = [rng.random(side.shape[1]) for side in sides]
        widths, values, width = [], [], 6.0
        while True:
            of_x, of_t = (
                [tuple(row) for row in np.floor(side / width + offset).astype(int)]
                for side, offset in zip(sides, offsets, strict=True)
            )
            joint = Counter(zip(of_x, of_t, strict=True))
            if len(x) / len(joint) < occupancy:
                break
            widths.append(width)
            values.append(_entropy(Counter(of_x)) + _entropy(Counter(of_t)) - _entropy(joint))
            width /= 2**0.25
        intercepts.append(np.polyfit(np.square(widths[-6:]), values[-6:], 1)[1])
    return float(np.mean(intercepts))


def ksg(x: np.ndarray, t: np.ndarray, k: int, samples: int) -> float:
    """I(X;T) by nearest neighbours, from the distances of one sample at a time to all others, maximum norm.

    Args:
        x: shape (n, d_x). t: shape (n, d_t).
        samples: of the n, over which the mean is taken.
    Returns: nats.

    References: Kraskov, Stoegbauer & Grassberger (2004), eq. 8.
    """
    total = 0.0
    for i in range(samples):
        from_x, from_t = np.abs(x - x[i]).max(1), np.abs(t - t[i]).max(1)
        # the sample itself, at distance 0, is the 0th neighbour, and makes up for the + 1 of eq. 8
        radius = np.partition(np.maximum(from_x, from_t), k)[k]
        total += digamma((from_x < radius).sum()) + digamma((from_t < radius).sum())
    return float(digamma(k) + digamma(len(x)) - total / samples)


def _row_entropy(rows: np.ndarray) -> float:
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    return float(-np.sum(counts / len(rows) * np.log(counts / len(rows))))


def _entropy(counts: Counter) -> float:
    """Less the bias from small counts, (cells - 1) / 2n (Miller 1955)."""
    n = sum(counts.values())
    return -sum(count / n * math.log(count / n) for count in counts.values()) + (len(counts) - 1) / (2 * n)
