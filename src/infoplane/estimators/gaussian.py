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

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.canonical import fit_copula
from infoplane.estimators.parts.counts import label_entropy, repeated_entropy
from infoplane.estimators.parts.gaussian_checks import in_coordinates, in_variates
from infoplane.estimators.parts.gaussian_classes import fit_classes, shrunk_share
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import whiten
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.estimators.parts.second_reader import is_missed, read_inputs, read_labels
from infoplane.flags import FEW_SAMPLES, MISSED, SATURATED, WIDE, join_flags
from infoplane.information import Information
from infoplane.tolerance import Tolerance, is_beyond_tolerance

MEASURES_XT = "I(X;T), Gaussian copula"
COMPARES_X = True
MEASURES_TY = "I(T;Y), Gaussian classes"

NOT_GAUSSIAN = "not gaussian"
"""The residual of the Gaussian model holds information that the value leaves out, or the classes aren't Gaussian."""
BLIND = Tolerance(nats=0.05, share=0.05)
"""Where chance alone leaves more than this in the residual, the check of it says nothing."""
MISFIT = Tolerance(nats=0.01, share=0.01)
"""Where more information than this is left in the residual, the model of (X, T) is called wrong."""
UNSEEN = Tolerance(nats=0.005, share=0.005)
"""How much is off besides, where nothing is flagged and the truth is known: bars are as much longer."""
MISFIT_OF_CLASSES = Tolerance(nats=0.02, share=0.02)
"""Likewise for the model of T within each class."""


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
        sqrt(sum rho_i^2 / n) for Gaussians, and .005 nats or .5 % more. Constant units count for nothing, repeated ones
        once. Diagnostics: `left_in_residual` and `left_in_classes`, in nats.

    Raises:
        ValueError: an activation is not finite, or fewer than 4 samples.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 4:
        raise ValueError(f"{n} samples are too few for a covariance; at least 4 are needed")
    prepare = normal_scores if marginals == "normal_scores" else torch.Tensor.double
    scores_x = prepare(x)
    white_x = whiten(scores_x)
    pairs = side_by_side([_fit_pairs(scores_x, white_x, prepare(each), covariance) for each in t])
    classes = side_by_side([fit_classes(each, y, seed) for each in t])
    few = pairs.is_short | (pairs.chance > BLIND.at(pairs.mi))
    misfit = pairs.left > MISFIT.at(pairs.mi)
    bar = 2 * pairs.stderr + UNSEEN.at(pairs.mi)
    missed_xt, missed_ty = (
        is_missed(read_inputs(x, t, seed), pairs.mi, n),
        is_missed(read_labels(t, y, seed), classes.mi, n),
    )
    return Information(
        mi_xt=pairs.mi,
        mi_ty=classes.mi,
        mi_xt_low=pairs.mi - bar,
        mi_xt_high=pairs.mi + bar,
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag_xt=join_flags(
            {
                # of repeated inputs nothing can know more than which they are
                SATURATED: pairs.is_exact | (pairs.mi > repeated_entropy(x)),
                FEW_SAMPLES: few,
                NOT_GAUSSIAN: misfit,
                WIDE: is_beyond_tolerance(bar, pairs.mi),
                MISSED: missed_xt,
            }
        ),
        flag_ty=join_flags({NOT_GAUSSIAN: classes.left > MISFIT_OF_CLASSES.at(classes.mi), MISSED: missed_ty}),
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


def _fit_pairs(scores_x: Tensor, x: Tensor, scores_t: Tensor, covariance: str) -> _PairsFit:
    """The fit to scores of both sides, x those of the first whitened."""
    t = whiten(scores_t)
    n, d_x, d_t = len(x), x.shape[1], t.shape[1]
    if not d_x or not d_t:
        return _PairsFit(0.0, 0.0, 0.0, 0.0, is_exact=False, is_short=False)
    kept = 1.0
    if n - 1 <= d_x + d_t or covariance == "ledoit_wolf":
        kept = 1 - shrunk_share(torch.cat([x, t], 1))
    fit = fit_copula(x, t, kept)
    left, rho, right, is_exact = fit.canonical
    in_pairs, chance = in_variates(x @ left, t @ right, rho)
    in_residual = max(in_pairs, in_coordinates(scores_x, scores_t))
    return _PairsFit(fit.information, fit.stderr, in_residual, chance, is_exact, fit.is_short)
