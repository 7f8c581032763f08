"""I(T;Y) from below, as if T were Gaussian within each class.

    I(T;Y) >= H(Y) + mean_i ln p(y_i|t_i),   p(y|t) ~ p(y) N(t; mean_y, C_y), fitted without sample i's fifth,

the best of four models on held-out data: units as they are or as normal scores, C_y its own or shared by the classes.

References: Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, Journal of
Multivariate Analysis 88, doi:10.1016/S0047-259X(03)00096-4, on shrinkage.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts import folds
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.gaussian_checks import waves
from infoplane.estimators.parts.linear_algebra import whiten
from infoplane.estimators.parts.ranks import normal_scores

FOLDS = 5
"""Of the samples, each of which is classified by the model of the others."""
TEMPERATURES = (1.0, 0.7, 0.5, 0.3, 0.1, 0.0)
"""Powers of the likelihood; the last leaves the prior, so that the bound is not below 0."""
AT_ONCE = 1 << 22
"""Numbers of whitened samples of several classes that are held at a time, at least those of one."""
NO_SPREAD = 1e-30
"""Variance within classes in whose place a covariance may stand that is 0."""


class ClassesFit(NamedTuple):
    """The Gaussian model of T within each class at one epoch: I(T;Y), and by how much it fails, in nats."""

    mi: float
    left: float


def shrunk_share(centred: Tensor) -> float:
    """Ledoit & Wolf's share of a covariance that is replaced by a multiple of the identity."""
    # Imported here, since every stage that checks params.yaml imports this file, and scikit-learn takes 2 s.
    from sklearn.covariance import ledoit_wolf_shrinkage

    return float(ledoit_wolf_shrinkage(centred.cpu().numpy(), assume_centered=True))


def fit_classes(t: Tensor, y: Tensor, seed: int) -> ClassesFit:
    """H(Y) minus the held-out cross-entropy, and the information by which the classes fail to be Gaussian."""
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    white = [whiten(values) for values in (t.double(), normal_scores(t))]
    if len(counts) == 1 or not white[0].shape[1]:
        return ClassesFit(0.0, 0.0)
    held_out = folds.deal(len(y), FOLDS, torch.Generator().manual_seed(seed), t.device)
    log_prior = torch.log(counts / len(y))
    best = (-math.inf, 0.0)
    for values in white:
        for has_own_spread in (True, False):
            scores = torch.empty(len(y), len(counts), device=t.device, dtype=torch.float64)
            residual = torch.empty_like(values)
            for held in held_out:
                fitted = torch.ones(len(y), dtype=torch.bool, device=t.device)
                fitted[held] = False
                scores[held], residual[held] = _log_likelihoods(
                    values[fitted], labels[fitted], values[held], labels[held], len(counts), has_own_spread
                )
            # A temperature keeps an overconfident model from a bound far below 0; its one number costs nothing.
            bounds = [float(_held_out(power * scores + log_prior, labels)) for power in TEMPERATURES]
            shape = waves(residual).mean(0).square()
            not_normal = 0.5 * (float(shape.sum()) - 3 * len(shape) / len(y))
            best = max(best, (max(bounds), max(not_normal, max(bounds) - bounds[0])))
    return ClassesFit(label_entropy(y) + best[0], best[1])


def _held_out(scores: Tensor, labels: Tensor) -> Tensor:
    return -torch.nn.functional.cross_entropy(scores, labels)


def _log_likelihoods(
    values: Tensor, labels: Tensor, held: Tensor, held_labels: Tensor, classes: int, has_own_spread: bool
) -> tuple[Tensor, Tensor]:
    """ln N(t; mean_c, C_c) of held-out samples for each class, and their whitened residual within their own class.

    C_c is drawn towards the shared covariance as if that had been seen on d samples, or is the shared one.
    """
    n, d = values.shape
    counts = torch.bincount(labels, minlength=classes)
    sums = torch.zeros(classes, d, dtype=values.dtype, device=values.device).index_add_(0, labels, values)
    means = sums / counts.clamp(min=1)[:, None]
    within = values - means[labels]
    shared = within.T @ within / n
    share = shrunk_share(within) if n < 20 * d else 0.0
    identity = torch.eye(d, dtype=values.dtype, device=values.device)
    # of whitened units, so that 1 is large; classes may have no spread at all
    spread_of_all = shared.diagonal().mean().clamp(min=NO_SPREAD)
    shared = (1 - share) * shared + (share + 1e-9) * spread_of_all * identity
    if has_own_spread:
        of_class = within[labels.argsort(stable=True)].split(counts.tolist())
        scatters = torch.stack([members.T @ members for members in of_class])
        factors = torch.linalg.cholesky((scatters + d * shared) / (counts + d)[:, None, None])
    else:
        factors = torch.linalg.cholesky(shared)[None]
        held, means = (torch.linalg.solve_triangular(factors[0], each.T, upper=False).T for each in (held, means))
    log_dets = factors.diagonal(dim1=-2, dim2=-1).log().sum(-1).expand(classes)
    scores = torch.empty(len(held), classes, dtype=values.dtype, device=values.device)
    residual = torch.empty_like(held)
    for some in torch.arange(classes).split(max(1, AT_ONCE // max(held.numel(), 1))):
        first, last = int(some[0]), int(some[-1]) + 1
        white = (held - means[first:last, None]).mT  # (classes, d, held)
        if has_own_spread:
            white = torch.linalg.solve_triangular(factors[first:last], white, upper=False)
        scores[:, first:last] = (-0.5 * white.square().sum(1) - log_dets[first:last, None]).T
        own = ((held_labels >= first) & (held_labels < last)).nonzero()[:, 0]
        residual[own] = white[held_labels[own] - first, :, own]
    return scores, residual
