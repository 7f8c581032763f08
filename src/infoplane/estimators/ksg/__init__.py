"""KSG: I(X;T) and I(T;Y) from the distances to nearest neighbours.

Problem: entropies of continuous variables without a density model. On a network layer T is a function of X, so that the
true I(X;T) is infinite; the value then says how smooth the map is at the distance of k neighbours, up to psi(n) -
psi(k). I(T;Y) is finite and meant literally.

    I(X;T) = psi(k) + psi(n) - mean_i[ psi(n_x + 1) + psi(n_t + 1) ]        (variant 1)
    I(T;Y) = psi(k) + psi(n) - mean_i[ psi(n_y) + psi(m) ]

with counts n_x, n_t, m within the distance of the k-th neighbour in (X, T), or among samples of the same class: in
full, with variant 2 and the treatment of ties, in `parts.neighbours`. Distances are those of normal scores, so that
monotone maps of a unit change nothing. `nonuniformity` corrects variant 1 for a density that is thin across a
direction.

Assumes a density that is uniform as far as the k-th neighbour. Cost O(e n^2 (d_x + d_t)), n log n if both are 1-D.
It lies low in many dimensions and where dependence is strong, and cannot know by itself. So the same code is run on
samples of known information that resemble the data (`control`), and on half of the samples. Its error there is
subtracted from I(X;T) (a control variate: on such data the bias vanishes, elsewhere about what resembles it), but not
near the ceiling. `biased`: that error is large, half the samples
give another value, or in more than three dimensions much of the dependence is not Gaussian.

References: Kraskov, Stoegbauer & Grassberger (2004), Estimating mutual information, Physical Review E 69,
doi:10.1103/PhysRevE.69.066138; eqs. 8 and 9. Ross (2014), Mutual information between discrete and continuous data sets,
PLoS ONE 9, doi:10.1371/journal.pone.0087357. Gao, Kannan, Oh & Viswanath (2017), Estimating mutual information for
discrete-continuous mixtures, NeurIPS, arXiv:1709.06212, on ties. Gao, Ver Steeg & Galstyan (2015), Efficient estimation
of mutual information for strongly dependent variables, AISTATS, arXiv:1411.2003, on `nonuniformity`.
"""

import math
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.ksg.control import FEW_DIMENSIONS, Inputs, Neighbours, resembled
from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.counts import label_entropy, repeated_entropy, row_ids
from infoplane.estimators.parts.folds import random_half
from infoplane.estimators.parts.gaussian_checks import in_coordinates
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import centred
from infoplane.estimators.parts.neighbours import kraskov, psi, ross
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.estimators.parts.second_reader import is_missed, read_inputs, read_labels
from infoplane.flags import BIASED, FEW_SAMPLES, MISSED, SATURATED, join_flags
from infoplane.information import Information, is_saturated
from infoplane.tolerance import BIAS, Tolerance, is_beyond_tolerance, is_changed_by_half

MEASURES_XT = "I(X;T), k neighbours"
COMPARES_X = True
MEASURES_TY = "I(T;Y), k neighbours"

LEAST, CHANCE = 0.03, 1.0
"""How far below 0 a value may be, and how many times 1 / sqrt(n) chance may add to that."""
OF_DISTANCES = 0.5
"""Variance that distances to neighbours add to a sample's term: about that of independent pairs."""
CONTROL = Tolerance(nats=0.4, share=0.4)
"""How large an error may be that is subtracted from I(X;T): what is left of it is a fifth, where data are not alike."""


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    k: PositiveInt = 5,
    variant: Literal[1, 2] = 1,
    marginals: Literal["normal_scores", "raw"] = "normal_scores",
    nonuniformity: Annotated[float, Field(gt=0, lt=1)] | None = None,
    control: bool = True,
) -> Information:
    """I(X;T) by Kraskov's and I(T;Y) by Ross's estimator.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,). Classes of no more than k samples use as many neighbours as they have; a class of
            one sample is left out of I(T;Y).
        noise: not used.
        seed: of the checks.
        k: neighbours; more of them vary less and smooth more.
        variant: of Kraskov's estimator.
        marginals: units as normal scores, or as they are.
        nonuniformity: the correction of Gao et al., for variant 1 and raw marginals, where the volume of the principal
            box is below this share of the axis-parallel one; takes k above d_x + d_t.
        control: subtract from I(X;T) its error on Gaussian data, and run the checks behind the flag `biased`; takes
            more than twice as long. Without, this is the estimator of the references.

    Returns: Information in nats, arrays of shape (e,), not clipped at 0. Ceilings psi(n) - psi(k) and H(Y).
        Diagnostics: `gaussian_error_xt`, `_ty`, the error on Gaussian data, `half_sample_change_xt`, `_ty`.

    Raises:
        ValueError: an activation is not finite, n <= k, or other arguments that do not go with `nonuniformity`.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n <= k:
        raise ValueError(f"{n} samples are too few for k = {k} neighbours")
    if nonuniformity is not None and (variant == 2 or marginals != "raw" or k <= x.shape[1] + t.shape[2]):
        # ranks that agree for all neighbours would make the box infinitely thin
        raise ValueError(f"nonuniformity takes variant 1, raw marginals and k > d_x + d_t = {x.shape[1] + t.shape[2]}")
    prepare = normal_scores if marginals == "normal_scores" else torch.Tensor.double
    given_x, given_t = x, t
    x, t = centred(prepare(x)), centred(prepare(t))
    mi_xt, mi_ty = kraskov(x, t, k, variant, nonuniformity), ross(t, y, k)
    ceiling = np.full(epochs, psi(n) - psi(k))
    dims, diagnostics = given_x.shape[1] + t.shape[2], {}
    # without the control nothing else says how low neighbours are in many dimensions
    unchecked = np.full(epochs, not control and dims > FEW_DIMENSIONS)
    raised_xt, raised_ty = {SATURATED: is_saturated(mi_xt, ceiling), BIASED: unchecked}, {BIASED: unchecked}
    if control:
        # X of few values is to T what labels are, and its control then is that of classes
        of_x = row_ids(given_x) if math.isfinite(repeated_entropy(given_x)) else None
        half = random_half(n, seed, least=k + 1).to(t.device)
        inputs = Inputs(x, of_x)
        neighbours = Neighbours(k, variant, nonuniformity, marginals == "normal_scores")
        controls = side_by_side([resembled(inputs, each, y, neighbours, seed) for each in t])
        of_xt, of_ty = controls.of_xt, controls.of_ty
        half_xt = mi_xt - kraskov(x[half], t[:, half], k, variant, nonuniformity)
        half_ty = mi_ty - ross(t[:, half], y[half], k)
        # at the ceiling the error on Gaussian data is that of the ceiling, and no correction can lift it further
        mi_xt = np.where(raised_xt[SATURATED], mi_xt, np.minimum(mi_xt - of_xt, np.maximum(mi_xt, ceiling)))
        raised_xt[BIASED] = CONTROL.is_exceeded_by(of_xt, mi_xt) | is_changed_by_half(half_xt, mi_xt, n)
        raised_ty[BIASED] = BIAS.is_exceeded_by(of_ty, mi_ty) | is_changed_by_half(half_ty, mi_ty, n)
        if dims > FEW_DIMENSIONS:
            scores = normal_scores(x)
            left = np.array([in_coordinates(scores, normal_scores(each)) for each in t])
            raised_xt[BIASED] |= left - controls.left > BIAS.at(mi_xt)
        diagnostics = {
            "gaussian_error_xt": of_xt,
            "gaussian_error_ty": of_ty,
            "half_sample_change_xt": half_xt,
            "half_sample_change_ty": half_ty,
        }
    for raised, mi, readings in (
        (raised_xt, mi_xt, read_inputs(given_x, given_t, seed)),
        (raised_ty, mi_ty, read_labels(given_t, y, seed)),
    ):
        # information is not negative: what is below 0 by more than chance, is below the truth by more
        raised[BIASED] = raised[BIASED] | (mi < -LEAST - CHANCE / math.sqrt(n))
        raised[MISSED] = is_missed(readings, mi, n)
        # the variance of one Gaussian pair, rho^2 = 1 - e^-2I, and that of the neighbours' distances
        chance = np.sqrt((1 - np.exp(-2 * np.maximum(mi, 0)) + OF_DISTANCES) / n)
        raised[FEW_SAMPLES] = is_beyond_tolerance(2 * chance, mi)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag_xt=join_flags(raised_xt),
        flag_ty=join_flags(raised_ty),
        diagnostics=diagnostics,
    )
