"""Difference of entropies: I(X;T) = h(T) + h(X) - h(X,T) by Gaussian mixtures, for information beyond ln n.

Problem: bounds that tell samples apart end at ln n; a difference of cross-entropies does not, since each is estimated
by itself. Units are made Gaussian first (`normal_scores`), canonical variates (u, v) of X and T follow, and

    I(X;T) = I_G + E[ r_K(u, v) - r_1(u, v) ],     r_K = ln q_K(u, v) - ln q_K(u) - ln q_K(v),

where I_G is the information of the Gaussian copula less its known bias, q_K a mixture of K Gaussians and q_1 one of
them, fitted to the other folds and averaged over samples they have not seen. On Gaussians nothing but the closed form
is left and costs no variance; elsewhere the mixture adds what it finds. K doubles as long as the density of unseen
samples grows.

    I(T;Y) >= H(Y) - mean_i[ -ln q(y_i|t_i) ],     q(y|t) ~ p(y) q_K(t|y), one mixture a class, held out.

Assumes a density that a few Gaussians describe; on a network layer, where T is a function of X, h(T|X) is -infinity
and the value says how sharply the mixtures see it. Cost O(e folds K iterations n p^2), p <= 2 variates. It lies on
thin curved supports and in many dimensions that depend non-linearly. I(T;Y) sees the first 2 `variates` principal
components of T. The flags:

    saturated    T holds an exact linear function of X.
    unconverged  The last doubling of K, or the one turned down, moved I(X;T) by more than .04 nats and 4 % (.016 and
                 1.6 % near the largest K), or I(T;Y) would still grow.
    overfit      On training samples the correction is larger by more than .1 nats and 10 %.
    partial      The correction is above .15 nats and 15 % with two variates a side, .1 and 10 % with more, or half of
                 that with more than `variates`; or pairs of units hold .04 nats and 4 % more than it.
    few samples  Not more samples than units, so that I_G keeps its bias.
    discrete     A tenth of the samples share values of a canonical variate.

References: McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, AISTATS,
arXiv:1811.04251; section 4. Misra, Singh & Demchuk (2005), Estimation of the entropy of a multivariate normal
distribution, Journal of Multivariate Analysis 92, doi:10.1016/j.jmva.2003.10.003, on the bias of log-determinants.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.doe.correction import NOTHING, SAMPLES_A_PARAMETER, Divided, Fitting, correct
from infoplane.estimators.doe.mixtures import fit_mixture
from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.canonical import fit_copula
from infoplane.estimators.parts.counts import label_entropy, repeated_entropy
from infoplane.estimators.parts.folds import numbered
from infoplane.estimators.parts.gaussian_checks import in_coordinates
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import whiten
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.estimators.parts.second_reader import ATOMS, is_missed, read_inputs, read_labels, share_of_equals
from infoplane.flags import FEW_SAMPLES, MISSED, OVERFIT, SATURATED, UNCONVERGED, WIDE, join_flags
from infoplane.information import Information
from infoplane.tolerance import Tolerance, is_beyond_tolerance

MEASURES_XT = "I(X;T), mixtures"
COMPARES_X = True
MEASURES_TY = "I(T;Y), mixtures"

PARTIAL = "partial"
"""The correction is large, and in more variates than a few Gaussians describe well or than were given to them."""
DISCRETE = "discrete"
"""Many samples share a value, so that there is no density, and mixtures only grow narrower on it."""
STEP = Tolerance(nats=0.04, share=0.04)
"""How much the last doubling of the mixtures may move I(X;T), and what pairs of units may know beside it."""
GAP = Tolerance(nats=0.1, share=0.1)
"""How much larger the correction may be on training samples, and how large it may be itself."""
UNSEEN = Tolerance(nats=0.01, share=0.01)
"""How much mixtures miss besides, on tasks of known information where nothing is flagged: bars are as much longer."""
CLASS_COMPONENTS = (1, 2, 4, 8)
"""Numbers of Gaussians a class that are tried."""
CLASS_STEP = 0.02
"""Nats that the last of them may add before I(T;Y) counts as unconverged."""


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    folds: Annotated[int, Field(ge=2, le=20)] = 3,
    components: Annotated[int, Field(ge=1, le=256)] = 32,
    variates: PositiveInt = 12,
    iterations: PositiveInt = 40,
) -> Information:
    """I(X;T) and I(T;Y) as differences of held-out cross-entropies.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of folds and first means, the same at each epoch.
        folds: parts of the samples, each seen by no mixture that it judges.
        components: largest number K of Gaussians.
        variates: canonical variates of either side that mixtures describe; all of them enter the closed form.
        iterations: of expectation maximisation.

    Returns: Information in nats, arrays of shape (e,); no ceiling for I(X;T), H(Y) for I(T;Y). mi_xt_low and mi_xt_high
        are two standard errors over samples away, and .01 nats or 1 % more. Diagnostics: `gaussian_xt` (the
        closed form) and `components`.

    Raises:
        ValueError: an activation is not finite, or n is below 8 samples a fold.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 8 * folds:
        raise ValueError(f"{n} samples are too few for {folds} folds; at least {8 * folds} are needed")
    divided = Divided(numbered(n, folds, torch.Generator().manual_seed(seed), t.device), folds)
    fitting = Fitting(components, iterations, seed)
    labels = torch.unique(y, return_inverse=True)[1]
    h_y = label_entropy(y)
    scores_x = normal_scores(x)
    white_x = whiten(scores_x)
    copulas, corrections, classes = [], [], []
    for each in t:
        scores_t = normal_scores(each)
        white_t = whiten(scores_t)
        copula = fit_copula(white_x, white_t)
        left, _, right, is_exact = copula.canonical
        u, v = white_x @ left[:, :variates], white_t @ right[:, :variates]
        found = NOTHING
        if u.shape[1] and v.shape[1] and not is_exact and not copula.is_short:
            found = correct(u, v, divided, fitting)
        units = max(white_x.shape[1], white_t.shape[1])
        corrections.append(found)
        copulas.append(
            _Copula(
                copula.information,
                stderr=math.hypot(copula.stderr, found.stderr),
                missed=in_coordinates(scores_x, scores_t) - found.correction if units > 2 else 0.0,
                part=0.5 if units > variates else {1: math.inf, 2: 1.5}.get(units, 1.0),
                equals=share_of_equals(torch.cat([u, v], 1)),
                is_exact=is_exact,
                is_short=copula.is_short,
            )
        )
        classes.append(_classify(white_t[:, : 2 * variates], labels, h_y, divided, fitting))
    copulas, corrections, classes = (side_by_side(each) for each in (copulas, corrections, classes))
    mi_xt = copulas.information + corrections.correction
    bar = 2 * copulas.stderr + UNSEEN.at(mi_xt)
    missed_xt = is_missed(read_inputs(x, t, seed), mi_xt, n)
    missed_ty = is_missed(read_labels(t, y, seed), classes.mi, n)
    is_near_largest = corrections.components * 4 > components
    moves = corrections.step > np.where(is_near_largest, 0.4, 1.0) * STEP.at(mi_xt)
    is_large = np.abs(corrections.correction) > copulas.part * GAP.at(mi_xt)
    return Information(
        mi_xt=mi_xt,
        mi_ty=classes.mi,
        mi_xt_low=mi_xt - bar,
        mi_xt_high=mi_xt + bar,
        ceiling_ty=np.full(epochs, h_y),
        flag_xt=join_flags(
            {
                # of repeated inputs nothing can know more than which they are
                SATURATED: copulas.is_exact | (mi_xt > repeated_entropy(x)),
                FEW_SAMPLES: copulas.is_short,
                UNCONVERGED: moves,
                DISCRETE: copulas.equals > ATOMS,
                OVERFIT: corrections.gap > GAP.at(mi_xt),
                PARTIAL: is_large | (copulas.missed > STEP.at(mi_xt)),
                WIDE: is_beyond_tolerance(bar, mi_xt),
                MISSED: missed_xt,
            }
        ),
        flag_ty=join_flags({UNCONVERGED: classes.is_growing, MISSED: missed_ty}),
        diagnostics={
            "gaussian_xt": copulas.information,
            "components": corrections.components,
            "last_step": corrections.step,
        },
    )


class _Copula(NamedTuple):
    """The Gaussian copula at one epoch, and what else bears on the correction to it; nats.

    Attributes:
        information: I(X;T) in closed form.
        stderr: of the copula and of the correction together.
        missed: what pairs of units have beside a Gaussian dependence, and mixtures of all variates did not find.
        part: of the usual tolerance that the correction may have, in as many dimensions.
        equals: the largest share, over variates, of samples that have the value of another.
        is_exact: whether T holds an exact linear function of X.
        is_short: whether the samples are too few for the copula's bias to be subtracted.
    """

    information: float
    stderr: float
    missed: float
    part: float
    equals: float
    is_exact: bool
    is_short: bool


class _Classes(NamedTuple):
    """I(T;Y) in nats, and whether more Gaussians a class might still add to it."""

    mi: float
    is_growing: bool


def _classify(t: Tensor, labels: Tensor, h_y: float, divided: Divided, fitting: Fitting) -> _Classes:
    """H(Y) minus the held-out cross-entropy, at least 0, of the best number of Gaussians a class."""
    classes = int(labels.max()) + 1
    if classes == 1 or not t.shape[1]:
        return _Classes(0.0, is_growing=False)
    best, step = 0.0, 0.0
    for k in CLASS_COMPONENTS:
        scores = torch.empty(len(t), classes, dtype=torch.float64, device=t.device)
        for fold in range(divided.folds):
            held = divided.fold == fold
            for c in range(classes):
                members = t[~held & (labels == c)]
                if len(members) < SAMPLES_A_PARAMETER * max(t.shape[1], 1) * k:
                    return _Classes(best, is_growing=k == 1 or step > CLASS_STEP)
                mixture = fit_mixture(members, k, fitting.iterations, fitting.seed)
                scores[held, c] = mixture.log_density(t[held]) + math.log(len(members) / float((~held).sum()))
        value = h_y - float(torch.nn.functional.cross_entropy(scores, labels))
        if value <= best:
            return _Classes(best, is_growing=False)
        best, step = value, value - best
    return _Classes(best, is_growing=step > CLASS_STEP)
