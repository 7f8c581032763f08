"""Entropies of counts and labels, and equal rows counted alike, in nats."""

import math
from collections.abc import Iterable

import torch
from scipy.special import exp1
from torch import Tensor

MOST_OF_RARE = 3
"""Samples of a pattern that counts as rare."""
FROM_PAIRS = 0.75
"""Power that makes a share of disagreeing pairs one of entropy: .19 of pairs where one label in twenty is odd, and .29
of a bit."""


def entropy_of_counts(counts: Tensor) -> Tensor:
    """Plug-in entropy of the distribution with these counts along the last axis, in nats.

    Args:
        counts: non-negative counts, shape (..., k).
    """
    p = counts.double() / counts.sum(-1, keepdim=True)
    # not the negative, which is -0 where there is one pattern alone
    return 0.0 - torch.special.xlogy(p, p).sum(-1)


def unseen_entropy(counts: Tensor) -> float:
    """How much larger than the plug-in entropy of a sample's counts that of the distribution probably is, in nats.

    The bias of every pattern that was seen, and a lower bound of what those that were not seen add, from how many were
    seen once and twice. It is 0 or more; nothing in a sample bounds it from above.

    Args:
        counts: of the patterns that were seen, shape (k,).

    References: Chao, Wang & Jost (2013), Entropy and the species accumulation curve, Methods in Ecology and Evolution
    4, doi:10.1111/2041-210X.12108; eq. 7, less the plug-in entropy.
    """
    counts = counts[counts > 0].double()
    n, once, twice = (int(number) for number in (counts.sum(), (counts == 1).sum(), (counts == 2).sum()))
    log_less_psi = math.log(n) - float(torch.digamma(torch.tensor(n, dtype=torch.float64)))
    seen = float((counts / n * (counts.log() - torch.digamma(counts))).sum()) - log_less_psi
    if once + twice < 2 or not once:
        return seen
    # the mean probability of a pattern that was seen once
    rare = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    # the paper's sum from n to infinity of (1 - rare)^r / r, as an integral
    exponent = -math.log1p(-rare) * (n - 0.5)
    unseen = math.exp(exponent) * float(exp1(exponent)) if exponent < 50 else 1 / exponent
    return seen + once / n * unseen


def impurity_of_rare(pattern: Tensor, joint: Tensor, labels: Tensor) -> float:
    """Estimate of H(Y|pattern) in patterns that were seen two or three times, in nats, at most H(Y).

    From how often two samples of such a pattern have different labels, as a share of how often any two have. Two
    patterns of full disagreement are added, so that without any such pattern it is H(Y).

    Args:
        pattern, joint: number of each sample's pattern, and of its pattern with its label, shape (n,).
        labels: from 0, shape (n,).
    """
    counts, of_joint, shares = (torch.bincount(each).double() for each in (pattern, joint, labels))
    equal_pairs = torch.zeros_like(counts).index_add_(0, pattern, (of_joint[joint] - 1).double())
    differ = 1 - equal_pairs / (counts * (counts - 1)).clamp(min=1)
    rare = (counts > 1) & (counts <= MOST_OF_RARE)
    of_any = float(1 - (shares / shares.sum()).square().sum())
    mean = (float(differ[rare].sum()) + 2 * of_any) / (int(rare.sum()) + 2)
    return label_entropy(labels) * min(mean / of_any, 1.0) ** FROM_PAIRS if of_any else 0.0


def label_entropy(y: Tensor) -> float:
    """Plug-in entropy H(Y) of integer labels of shape (n,), in nats."""
    return float(entropy_of_counts(torch.bincount(y - y.min())))


REPEATED = 0.1
"""Share of samples that have the row of another from which on rows are taken for few that occur again and again."""


def repeated_entropy(rows: Tensor) -> float:
    """Entropy of rows that occur again and again, in nats, with what counts miss; infinite where they hardly do.

    What anything can know of a discrete X is at most H(X), where it may know any number of nats of a continuous one.

    Args:
        rows: shape (n, d).
    """
    counts = torch.unique(rows, dim=0, return_counts=True)[1]
    if len(counts) > (1 - REPEATED) * len(rows):
        return math.inf
    return float(entropy_of_counts(counts)) + unseen_entropy(counts)


def label_entropy_error(y: Tensor) -> float:
    """Standard error of `label_entropy` over samples: large against H(Y) where all but one class are rare."""
    p = torch.bincount(y - y.min()).double() / len(y)
    p = p[p > 0]
    surprise = -p.log()
    return math.sqrt(max(float((p * surprise.square()).sum() - (p * surprise).sum() ** 2), 0.0) / len(y))


def row_ids(codes: Tensor) -> Tensor:
    """Number equal rows alike.

    Rows are told apart by a random sum of their codes, modulo 2^64, and then compared: to sort rows takes longer.

    Args:
        codes: numbers, shape (n, d).
    Returns: int64 of shape (n,), from 0 to the number of distinct rows minus one.
    """
    whole = _bits(codes)
    sums = (whole * _weights(whole.shape[1])[0].to(whole.device)).sum(1)
    ids, one_of_each = _numbered(sums)
    if torch.equal(whole, whole[one_of_each[ids]]):
        return ids
    return torch.unique(codes, dim=0, return_inverse=True)[1]


def row_ids_of_blocks(shape: tuple[int, int], blocks: Iterable[tuple[slice, slice, Tensor]]) -> Tensor:
    """Number equal rows of codes alike that are never all in memory, as `row_ids` does.

    Rows are equal where two random sums are, modulo 2^64 each: of n rows, two that are not are taken for equal with
    a probability of n^2 / 2^129.

    Args:
        shape: (n, d) of all codes.
        blocks: rows, columns, and the codes there.
    """
    n, d = shape
    weights, sums = _weights(d), None
    for rows, columns, codes in blocks:
        if sums is None:
            sums = torch.zeros(2, n, dtype=torch.int64, device=codes.device)
        whole = _bits(codes)
        for total, weight in zip(sums, weights[:, columns].to(codes.device), strict=True):
            total[rows] += (whole * weight).sum(1)
    assert sums is not None
    ids, one_of_each = _numbered(sums[0])
    if torch.equal(sums[1], sums[1, one_of_each[ids]]):
        return ids
    return torch.unique(sums, dim=1, return_inverse=True)[1]


def _bits(codes: Tensor) -> Tensor:
    """Whole numbers that are equal where codes are."""
    if not codes.is_floating_point():
        return codes
    # by their bits, the two zeros made one
    wide = codes.dtype == torch.float64
    return ((codes if wide else codes.float()) + 0.0).view(torch.int64 if wide else torch.int32)


def _weights(d: int) -> Tensor:
    """Odd random numbers for two sums over d columns, shape (2, d)."""
    draw = torch.Generator().manual_seed(d)
    return torch.randint(-(2**62), 2**62, (2, d), generator=draw) * 2 + 1


def _numbered(sums: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers of equal sums, shape (n,), and the place of one of each."""
    values, ids = torch.unique(sums, return_inverse=True)
    places = torch.arange(len(ids), device=ids.device)
    return ids, torch.empty(len(values), dtype=torch.int64, device=ids.device).scatter_(0, ids, places)
