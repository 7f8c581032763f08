"""Gaussian: I(X;T) as if (X, T) were jointly Gaussian, I(T;Y) as if T were Gaussian within each class.

Problem: a reference that is immediate in any dimension. On a network layer it measures how much of T is a linear
function of X after each unit was made Gaussian (`normal_scores`): the information of the Gaussian copula.

    I(X;T) = 1/2 ln( det C_x det C_t / det C ) = -1/2 sum_i ln(1 - rho_i^2),   rho_i the canonical correlations,

less the bias of log-determinants, which is known for Gaussian samples (`parts.canonical`). With fewer samples than
dimensions, or on request, C is shrunk instead.

    I(T;Y) >= H(Y) + mean_i ln p(y_i|t_i),   p(y|t) ~ p(y) N(t; mean_y, C_y), fitted without sample i's fifth,

the best of four models on held-out data: units as they are or as normal scores, C_y its own or shared by the classes.

Assumptions: as said. It is exact on Gaussians after any monotone map of each unit. Elsewhere it is neither bound for
I(X;T), but I(T;Y) is a lower bound whatever T is (but for the choice of the best of a few models). Cost O(e n d^2 + e
d^3), d = d_x + d_t; I(T;Y) O(e n C d^2) for C classes. It lies when the dependence is not linear: parity, a radius, a
saturated unit. Then the residual of T given X still depends on X, or is not Gaussian; the information found in that is
compared with the estimate, and `not gaussian` flagged from .01 nats and 1 % on (I(T;Y): .02 and 2 %). The check
overlooks what shows in no pair of canonical variates, no product of two, and no pair of units that belong together.
`saturated`: T holds an exact linear function of X. `few samples`: no more of them than units, or too few for that
check.

References: Kay (1992), Feature discovery under contextual supervision using mutual information, IJCNN; Misra, Singh &
Demchuk (2005), Estimation of the entropy of a multivariate normal distribution, Journal of Multivariate Analysis 92,
doi:10.1016/j.jmva.2003.10.003, on the bias; Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional
covariance matrices, Journal of Multivariate Analysis 88, doi:10.1016/S0047-259X(03)00096-4, on shrinkage; Foster &
Grassberger (2011), Lower bounds on mutual information, Physical Review E 83, 010101, on Gaussian reference values.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts import folds
from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.canonical import fit_copula
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.gaussian_checks import in_coordinates, in_variates, waves
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import whiten
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.information import FEW_SAMPLES, SATURATED, Information, Tolerance, join_flags

MEASURES_XT = "I(X;T), Gaussian copula"
MEASURES_TY = "I(T;Y), Gaussian classes"

NOT_GAUSSIAN = "not gaussian"
"""The residual of the Gaussian model holds information that the value leaves out, or the classes aren't Gaussian."""
BLIND = Tolerance(nats=0.05, share=0.05)
"""Where chance alone leaves more than this in the residual, the check of it says nothing."""
MISFIT = Tolerance(nats=0.01, share=0.01)
"""Where more information than this is left in the residual, the model of (X, T) is called wrong."""
MISFIT_OF_CLASSES = Tolerance(nats=0.02, share=0.02)
"""Likewise for the model of T within each class."""
FOLDS = 5
"""Of the samples, each of which is classified by the model of the others."""
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
        covariance: `unbiased`: log-determinants less their bias. `ledoit_wolf`: shrunk, as always when n - 1 is not
            above the number of units.

    Returns: Information in nats, arrays of shape (e,). mi_xt_low and mi_xt_high are two standard errors away, which are
        sqrt(sum rho_i^2 / n) for Gaussians. Constant units count for nothing, repeated ones once. Diagnostics:
        `left_in_residual` and `left_in_classes`, in nats.

    Raises:
        ValueError: an activation is not finite, or fewer than 4 samples.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 4:
        raise ValueError(f"{n} samples are too few for a covariance; at least 4 are needed")
    prepare = normal_scores if marginals == "normal_scores" else torch.Tensor.double
    x = prepare(x)
    pairs = side_by_side([_fit_pairs(x, prepare(each), covariance) for each in t])
    classes = side_by_side([_fit_classes(each, y, seed) for each in t])
    few = pairs.is_short | (pairs.chance > BLIND.at(pairs.mi))
    misfit = pairs.left > MISFIT.at(pairs.mi)
    return Information(
        mi_xt=pairs.mi,
        mi_ty=classes.mi,
        mi_xt_low=pairs.mi - 2 * pairs.stderr,
        mi_xt_high=pairs.mi + 2 * pairs.stderr,
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag_xt=join_flags({SATURATED: pairs.is_exact, FEW_SAMPLES: few, NOT_GAUSSIAN: misfit}),
        flag_ty=join_flags({NOT_GAUSSIAN: classes.left > MISFIT_OF_CLASSES.at(classes.mi)}),
        diagnostics={"left_in_residual": pairs.left, "left_in_classes": classes.left},
    )


class _PairsFit(NamedTuple):
    """The Gaussian model of (X, T) at one epoch, in nats.

    Attributes:
        mi: I(X;T).
        stderr: its standard error.
        left: information found in the residual of T given X.
        chance: as much as chance leaves there.
        is_exact: whether T holds an exact linear function of X.
        is_short: whether the samples are too few for the covariance.
    """

    mi: float
    stderr: float
    left: float
    chance: float
    is_exact: bool
    is_short: bool


class _ClassesFit(NamedTuple):
    """The Gaussian model of T within each class at one epoch: I(T;Y), and by how much it fails, in nats."""

    mi: float
    left: float


def _fit_pairs(scores_x: Tensor, scores_t: Tensor, covariance: str) -> _PairsFit:
    x, t = whiten(scores_x), whiten(scores_t)
    n, d_x, d_t = len(x), x.shape[1], t.shape[1]
    if not d_x or not d_t:
        return _PairsFit(0.0, 0.0, 0.0, 0.0, is_exact=False, is_short=False)
    kept = 1.0
    if n - 1 <= d_x + d_t or covariance == "ledoit_wolf":
        kept = 1 - _shrinkage(torch.cat([x, t], 1))
    fit = fit_copula(x, t, kept)
    left, rho, right, is_exact = fit.canonical
    in_pairs, chance = in_variates(x @ left, t @ right, rho)
    in_residual = max(in_pairs, in_coordinates(scores_x, scores_t))
    return _PairsFit(fit.information, fit.stderr, in_residual, chance, is_exact, fit.is_short)


def _shrinkage(centred: Tensor) -> float:
    """Ledoit & Wolf's share of a covariance that is replaced by a multiple of the identity."""
    # Imported here, since every stage that checks params.yaml imports this file, and scikit-learn takes 2 s.
    from sklearn.covariance import ledoit_wolf_shrinkage

    return float(ledoit_wolf_shrinkage(centred.cpu().numpy(), assume_centered=True))


def _fit_classes(t: Tensor, y: Tensor, seed: int) -> _ClassesFit:
    """H(Y) minus the held-out cross-entropy, and the information by which the classes fail to be Gaussian."""
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    white = [whiten(values) for values in (t.double(), normal_scores(t))]
    if len(counts) == 1 or not white[0].shape[1]:
        return _ClassesFit(0.0, 0.0)
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
    return _ClassesFit(label_entropy(y) + best[0], best[1])


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
    shrinkage = _shrinkage(within) if n < 20 * d else 0.0
    identity = torch.eye(d, dtype=values.dtype, device=values.device)
    shared = (1 - shrinkage) * shared + (shrinkage + 1e-9) * shared.diagonal().mean() * identity
    scores = torch.empty(len(held), classes, dtype=values.dtype, device=values.device)
    residual = torch.empty_like(held)
    for c in range(classes):
        spread = shared
        if has_own_spread:
            members = within[labels == c]
            spread = (members.T @ members + d * shared) / (len(members) + d)
        factor = torch.linalg.cholesky(spread)
        white = torch.linalg.solve_triangular(factor, (held - means[c]).T, upper=False).T
        scores[:, c] = -0.5 * white.square().sum(1) - factor.diagonal().log().sum()
        residual[held_labels == c] = white[held_labels == c]
    return scores, residual
