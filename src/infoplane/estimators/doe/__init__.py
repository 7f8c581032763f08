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
thin curved supports and in many dimensions that depend non-linearly. `saturated`: T holds an exact linear function of
X.
`unconverged`: the last doubling of K, or the one turned down, moved I(X;T) by more than .04 nats and 4 % (.016 and
1.6 % near the largest K), or I(T;Y) would still grow. `overfit`: on training samples the correction is larger by more
than .1 nats and 10 %. `partial`: the correction is above .15 nats and 15 % with two variates a side, .1 and 10 % with
more, or half of that with more than `variates`, or pairs of units hold .04 nats and 4 % more than it. `few samples`:
not more samples than units, so that I_G keeps its bias. `discrete`: a tenth of the samples share values of a canonical
variate. I(T;Y) sees the first 2 `variates` principal components of T.

References: McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, section 4; Misra,
Singh & Demchuk (2005) on the bias of log-determinants.
"""

import math
from typing import Annotated

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.doe.mixtures import fit_mixture
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.gaussian_checks import in_coordinates
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.linear_algebra import log_det_bias, whiten
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.information import FEW_SAMPLES, OVERFIT, SATURATED, UNCONVERGED, Information, Tolerance, join_flags

MEASURES_XT = "I(X;T), mixtures"
MEASURES_TY = "I(T;Y), mixtures"

PARTIAL = "partial"
"""The correction is large, and in more variates than a few Gaussians describe well or than were given to them."""
DISCRETE = "discrete"
"""Many samples share a value, so that there is no density, and mixtures only grow narrower on it."""
ATOMS, EQUAL = 0.1, 1e-9
"""Share of samples that share a value with another, and the difference that is rounding."""
LARGEST_CORRELATION = 1 - 1e-10
"""Canonical correlations above are rounding: I(X;T) is infinite."""
STEP = Tolerance(nats=0.04, share=0.04)
"""How much the last doubling of the mixtures may move I(X;T), and what pairs of units may know beside it."""
GAP = Tolerance(nats=0.1, share=0.1)
"""How much larger the correction may be on training samples, and how large it may be itself."""
CLASS_COMPONENTS = (1, 2, 4, 8)
"""Numbers of Gaussians a class; where the last still adds .02 nats, I(T;Y) is not converged."""
SAMPLES_A_PARAMETER = 4
"""Samples of a component for each of its dimensions, at least: fewer leave no covariance to fit."""


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
        are two standard errors over samples away. Diagnostics: `gaussian_xt` (the closed form) and `components`.

    Raises:
        ValueError: an activation is not finite, or n is below 8 samples a fold.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 8 * folds:
        raise ValueError(f"{n} samples are too few for {folds} folds; at least {8 * folds} are needed")
    held = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).to(t.device) % folds
    labels = torch.unique(y, return_inverse=True)[1]
    h_y = label_entropy(y)
    scores_x = normal_scores(x)
    white_x = whiten(scores_x)
    rows = []
    for each in t:
        scores_t = normal_scores(each)
        white_t = whiten(scores_t)
        closed_form, error, uv, p_u, infinite, few = _canonical(white_x, white_t, variates)
        found = (0.0, 0.0, 0.0, 0.0, 1)
        if p_u and not infinite and not few:
            found = _correction(uv, p_u, held, folds, components, iterations, seed)
        correction, spread, step, gap, chosen = found
        mi_xt = closed_form + correction
        units = max(white_x.shape[1], white_t.shape[1])
        share = 0.5 if units > variates else {1: math.inf, 2: 1.5}.get(units, 1.0)
        mi_ty, more_ty = _classified(white_t[:, : 2 * variates], labels, h_y, held, folds, iterations, seed)
        # what pairs of units have beside a Gaussian dependence, and mixtures of all variates did not find
        missed = in_coordinates(scores_x, scores_t) - correction if units > 2 else 0.0
        full = chosen * 4 > components
        tolerance = (0.4 if full else 1.0) * STEP.at(mi_xt)
        raised = (
            infinite,
            few,
            step > tolerance or more_ty,
            _atoms(uv) > ATOMS,
            gap > GAP.at(mi_xt),
            abs(correction) > share * GAP.at(mi_xt) or missed > STEP.at(mi_xt),
        )
        rows.append((mi_xt, math.hypot(error, spread), mi_ty, closed_form, chosen, step, *raised))
    mi_xt, error, mi_ty, closed_form, chosen, steps, *raised = map(np.array, zip(*rows, strict=True))
    names: tuple[str, ...] = (SATURATED, FEW_SAMPLES, UNCONVERGED, DISCRETE, OVERFIT, PARTIAL)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        mi_xt_low=mi_xt - 2 * error,
        mi_xt_high=mi_xt + 2 * error,
        ceiling_ty=np.full(epochs, h_y),
        flag=join_flags(dict(zip(names, raised, strict=True))),
        diagnostics={"gaussian_xt": closed_form, "components": chosen, "last_step": steps},
    )


def _canonical(x: Tensor, t: Tensor, variates: int) -> tuple[float, float, Tensor, int, bool, bool]:
    """The closed form and its error, the canonical variates side by side, how many are of x, infinite, too few."""
    n, d_x, d_t = len(x), x.shape[1], t.shape[1]
    left, rho, right = torch.linalg.svd(x.T @ t / n)
    infinite, few = bool((rho > LARGEST_CORRELATION).any()), n - 1 <= d_x + d_t
    rho = rho.clamp(max=LARGEST_CORRELATION)
    closed_form = -0.5 * float(torch.log1p(-rho.square()).sum())
    if not few:
        closed_form -= 0.5 * (log_det_bias(d_x, n) + log_det_bias(d_t, n) - log_det_bias(d_x + d_t, n))
    u, v = x @ left[:, :variates], t @ right[:variates].T
    error = math.sqrt(float(rho.square().sum()) / n)
    return closed_form, error, torch.cat([u, v], 1), u.shape[1] if v.shape[1] else 0, infinite, few


def _correction(
    uv: Tensor, p_u: int, held: Tensor, folds: int, components: int, iterations: int, seed: int
) -> tuple[float, float, float, float, int]:
    """E[r_K - r_1], its standard error, what the last doubling added, how much more it is on training samples, K."""
    sides = (slice(None, p_u), slice(p_u, None))
    n, p = uv.shape
    chosen, history = 1, [(torch.zeros(n, dtype=torch.float64, device=uv.device), 0.0)]
    single, best_density = None, -math.inf
    k = 1
    while k <= components and n * (folds - 1) / folds / k >= SAMPLES_A_PARAMETER * p:
        density, ratio = (torch.empty(n, dtype=torch.float64, device=uv.device) for _ in range(2))
        on_training = torch.empty(folds, n, dtype=torch.float64, device=uv.device)
        for fold in range(folds):
            own = held == fold
            mixture = fit_mixture(uv[~own], k, iterations, seed)
            joint = mixture.log_density(uv)
            ratios = joint - mixture.log_density(uv, sides[0]) - mixture.log_density(uv, sides[1])
            density[own], ratio[own] = joint[own], ratios[own]
            on_training[fold] = torch.where(own, 0.0, ratios)
        trained = float(on_training.sum() / (n * (folds - 1)))
        if single is None:
            single = (ratio, trained)
        else:
            history.append((ratio - single[0], trained - single[1]))
        if float(density.mean()) > best_density:
            best_density, chosen = float(density.mean()), k
        elif k > 2 * chosen:
            # two doublings in vain; one may only lack a partner, as two Gaussians for what takes four
            break
        k *= 2
    index = int(math.log2(chosen))
    gains, trained = history[index]
    correction = float(gains.mean())
    # the doubling that was turned down tells as much as the last one taken, where there was one
    neighbours = [history[i] for i in (index - 1, index + 1) if 0 <= i < len(history)]
    step = max((abs(correction - float(other[0].mean())) for other in neighbours[-1:]), default=0.0)
    return correction, float(gains.std()) / math.sqrt(n), step, trained - correction, chosen


def _atoms(uv: Tensor) -> float:
    """The largest share, over variates, of samples that have the value of another."""
    if not uv.shape[1]:
        return 0.0
    gaps = uv.sort(0).values.diff(dim=0)
    return float((gaps < EQUAL).double().mean(0).max())


def _classified(
    t: Tensor, labels: Tensor, h_y: float, held: Tensor, folds: int, iterations: int, seed: int
) -> tuple[float, bool]:
    """H(Y) minus the held-out cross-entropy, at least 0, and whether more components might still add to it.

    The mixtures, one a class, are of the size that does best.
    """
    classes = int(labels.max()) + 1
    if classes == 1 or not t.shape[1]:
        return 0.0, False
    best, step = 0.0, 0.0
    for k in CLASS_COMPONENTS:
        scores = torch.empty(len(t), classes, dtype=torch.float64, device=t.device)
        for fold in range(folds):
            own = held == fold
            for c in range(classes):
                members = t[~own & (labels == c)]
                if len(members) < SAMPLES_A_PARAMETER * max(t.shape[1], 1) * k:
                    return best, k == 1 or step > 0.02
                mixture = fit_mixture(members, k, iterations, seed)
                scores[own, c] = mixture.log_density(t[own]) + math.log(len(members) / float((~own).sum()))
        value = h_y - float(torch.nn.functional.cross_entropy(scores, labels))
        if value <= best:
            return best, False
        best, step = value, value - best
    return best, step > 0.02
