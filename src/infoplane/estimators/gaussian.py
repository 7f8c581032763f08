"""Gaussian: I(X;T) as if (X, T) were jointly Gaussian, I(T;Y) as if T were Gaussian within each class.

Problem: a reference that is immediate in any dimension. On a network layer it measures how much of T is a
linear function of X after each unit was made Gaussian (`normal_scores`): the information of the Gaussian
copula.

    I(X;T) = 1/2 ln( det C_x det C_t / det C ) = -1/2 sum_i ln(1 - rho_i^2),   rho_i the canonical
    correlations,

less the bias of log-determinants, which is known for Gaussian samples: E ln det S = ln det C + sum_{i<d}
psi((m-i)/2) - d ln(m/2), m = n - 1. With fewer samples than dimensions, or on request, C is shrunk instead.

    I(T;Y) >= H(Y) + mean_i ln p(y_i|t_i),   p(y|t) ~ p(y) N(t; mean_y, C_y), fitted without sample i's fifth,

the best of four on held-out data: units as they are or as normal scores, C_y its own or shared by the
classes.

Assumptions: as said. Exact on Gaussians after any monotone map of each unit; elsewhere neither bound for I(X;T), but
I(T;Y) is a lower bound whatever T is (but for the choice of the best of a few models). Cost O(e n d^2 + e d^3), d = d_x
+ d_t; I(T;Y) O(e n C d^2) for C classes. It lies when the dependence is not linear: parity, a radius, a saturated unit.
Then the residual of T given X still depends on X, or is not Gaussian; the information found in that is compared with
the estimate, and `not gaussian` flagged from .01 nats and 1 % on (I(T;Y): .02 and 2 %). It overlooks what shows in no
pair of canonical variates, no product of two, and no pair of units that belong together. `saturated`: T holds an exact
linear function of X. `few samples`: no more of them than units, or too few for that check.

References: Kay (1992), Feature discovery under contextual supervision; Misra, Singh & Demchuk (2005) on the
bias; Ledoit & Wolf (2004) on shrinkage; Foster & Grassberger (2011) on Gaussian reference values.
"""

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.gaussian_checks import in_coordinates, in_variates, waves
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import log_det_bias, whiten
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.information import FEW_SAMPLES, SATURATED, Information, Tolerance, join_flags

MEASURES_XT = "I(X;T), Gaussian copula"
MEASURES_TY = "I(T;Y), Gaussian classes"

NOT_GAUSSIAN = "not gaussian"
"""The residual of the Gaussian model holds information that the value leaves out, or the classes aren't
Gaussian.
"""
BLIND = Tolerance(nats=0.05, share=0.05)
"""Where chance alone leaves more than this in the residual, the check of it says nothing."""
MISFIT = Tolerance(nats=0.01, share=0.01)
"""Where more information than this is left in the residual, the model of (X, T) is called wrong."""
MISFIT_OF_CLASSES = Tolerance(nats=0.02, share=0.02)
"""Likewise for the model of T within each class."""
LARGEST_CORRELATION = 1 - 1e-10
"""Canonical correlations above are rounding: T holds an exact linear function of X, and I(X;T) is
infinite.
"""
FOLDS = 5
TEMPERATURES = (1.0, 0.7, 0.5, 0.3, 0.1, 0.0)
"""Powers of the likelihood; the last leaves the prior, so that the bound is not below 0."""


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    marginals: Literal["normal_scores", "raw"] = "normal_scores",
    covariance: Literal["unbiased", "ledoit_wolf"] = "unbiased",
) -> Information:
    """I(X;T) of the Gaussian copula and a lower bound of I(T;Y) by Gaussian classes.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of the division into folds, the same at each epoch.
        marginals: whether units are made Gaussian first, for I(X;T).
        covariance: `unbiased`: log-determinants less their bias. `ledoit_wolf`: shrunk, as always when n - 1
            is not above the number of units.

    Returns: Information in nats, arrays of shape (e,). mi_xt_low and mi_xt_high are two standard errors
    away, which
        are sqrt(sum rho_i^2 / n) for Gaussians. Constant units count for nothing, repeated ones once.
        Diagnostics: `left_in_residual` and `left_in_classes`, in nats.

    Raises:
        ValueError: an activation is not finite, or fewer than 4 samples.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 4:
        raise ValueError(f"{n} samples are too few for a covariance; at least 4 are needed")
    prepare = normal_scores if marginals == "normal_scores" else torch.Tensor.double
    fits = [_fit(prepare(x), prepare(t[i]), covariance) for i in range(epochs)]
    mi_xt, error, left_xt, chance, infinite, few = (np.array(column) for column in zip(*fits, strict=True))
    classes = [_classify(t[i], y, seed) for i in range(epochs)]
    mi_ty, left_ty = (np.array(column) for column in zip(*classes, strict=True))
    few |= chance > BLIND.at(mi_xt)
    misfit = left_xt > MISFIT.at(mi_xt)
    misfit |= left_ty > MISFIT_OF_CLASSES.at(mi_ty)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        mi_xt_low=mi_xt - 2 * error,
        mi_xt_high=mi_xt + 2 * error,
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag=join_flags({SATURATED: infinite, FEW_SAMPLES: few, NOT_GAUSSIAN: misfit}),
        diagnostics={"left_in_residual": left_xt, "left_in_classes": left_ty},
    )


def _fit(scores_x: Tensor, scores_t: Tensor, covariance: str) -> tuple[float, float, float, float, bool, bool]:
    """I(X;T), its standard error, what is left in the residual and by chance, is it infinite, too few
    samples.
    """
    x, t = whiten(scores_x), whiten(scores_t)
    n, d_x, d_t = len(x), x.shape[1], t.shape[1]
    if not d_x or not d_t:
        return 0.0, 0.0, 0.0, 0.0, False, False
    few = n - 1 <= d_x + d_t
    keep = 1.0
    if few or covariance == "ledoit_wolf":
        keep = 1 - _shrinkage(torch.cat([x, t], 1))
    left, rho, right = torch.linalg.svd(x.T @ t / n)
    rho = keep * rho.clamp(max=1.0)
    infinite = bool((rho > LARGEST_CORRELATION).any())
    rho = rho.clamp(max=LARGEST_CORRELATION)
    mi = -0.5 * float(torch.log1p(-rho.square()).sum())
    if keep == 1.0:
        mi -= 0.5 * (log_det_bias(d_x, n) + log_det_bias(d_t, n) - log_det_bias(d_x + d_t, n))
    error = math.sqrt(float(rho.square().sum()) / n)
    in_pairs, chance = in_variates(x @ left, t @ right.T, rho)
    return mi, error, max(in_pairs, in_coordinates(scores_x, scores_t)), chance, infinite, few


def _shrinkage(centred: Tensor) -> float:
    """Ledoit & Wolf's share of a covariance that is replaced by a multiple of the identity."""
    # Imported here, since every stage that checks params.yaml imports this file, and scikit-learn takes 2 s.
    from sklearn.covariance import ledoit_wolf_shrinkage

    return float(ledoit_wolf_shrinkage(centred.cpu().numpy(), assume_centered=True))


def _classify(t: Tensor, y: Tensor, seed: int) -> tuple[float, float]:
    """H(Y) minus the held-out cross-entropy, and the information by which the classes fail to be Gaussian."""
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    white = [whiten(values) for values in (t.double(), normal_scores(t))]
    if len(counts) == 1 or not white[0].shape[1]:
        return 0.0, 0.0
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed)).to(t.device)
    log_prior = torch.log(counts / len(y))
    best = (-math.inf, 0.0)
    for values in white:
        for own in (True, False):
            scores = torch.empty(len(y), len(counts), device=t.device, dtype=torch.float64)
            residual = torch.empty_like(values)
            for fold in range(FOLDS):
                held = order[fold::FOLDS]
                fitted = torch.ones(len(y), dtype=torch.bool, device=t.device)
                fitted[held] = False
                scores[held], residual[held] = _log_likelihoods(
                    values[fitted], labels[fitted], values[held], labels[held], len(counts), own
                )
            # A temperature keeps an overconfident model from a bound far below 0; its one number costs
            # nothing.
            bounds = [float(_held_out(power * scores + log_prior, labels)) for power in TEMPERATURES]
            shape = waves(residual).mean(0).square()
            not_normal = 0.5 * (float(shape.sum()) - 3 * len(shape) / len(y))
            best = max(best, (max(bounds), max(not_normal, max(bounds) - bounds[0])))
    return label_entropy(y) + best[0], best[1]


def _held_out(scores: Tensor, labels: Tensor) -> Tensor:
    return -torch.nn.functional.cross_entropy(scores, labels)


def _log_likelihoods(
    values: Tensor, labels: Tensor, held: Tensor, held_labels: Tensor, classes: int, own: bool
) -> tuple[Tensor, Tensor]:
    """ln N(t; mean_c, C_c) of held-out samples for each class, and their whitened residual within their own
    class.

    C_c is drawn towards the shared covariance as if that had been seen on d samples, or is the shared one.
    """
    n, d = values.shape
    counts = torch.bincount(labels, minlength=classes)
    sums = torch.zeros(classes, d, dtype=values.dtype, device=values.device).index_add_(0, labels, values)
    means = sums / counts.clamp(min=1)[:, None]
    within = values - means[labels]
    shared = within.T @ within / n
    shrinkage = _shrinkage(within) if n < 20 * d else 0.0
    identity = torch.eye(d, dtype=values.dtype, device=values.device)
    shared = (1 - shrinkage) * shared + (shrinkage + 1e-9) * shared.diagonal().mean() * identity
    scores = torch.empty(len(held), classes, dtype=values.dtype, device=values.device)
    residual = torch.empty_like(held)
    for c in range(classes):
        spread = shared
        if own:
            mine = within[labels == c]
            spread = (mine.T @ mine + d * shared) / (len(mine) + d)
        factor = torch.linalg.cholesky(spread)
        white = torch.linalg.solve_triangular(factor, (held - means[c]).T, upper=False).T
        scores[:, c] = -0.5 * white.square().sum(1) - factor.diagonal().log().sum()
        residual[held_labels == c] = white[held_labels == c]
    return scores, residual
