"""Sliced mutual information: KSG in one dimension, averaged over random projections. Another quantity than I(X;T).

Problem: neighbours mean nothing in wide layers. Sliced information asks how much a random direction of T knows about a
random direction of X (or about Y), and can be estimated as fast and as well as in one dimension:

    SI(X;T) = E I(a'X; b'T),   a, b uniform on the unit spheres,        SI(T;Y) = E I(b'T; Y).

It is 0 only if X and T are independent, and SI(T;Y) <= I(T;Y); but SI(X;T) can grow where I(X;T) falls, since a layer
may make what it knows easier to find. In d dimensions it is small: a random direction of X and one of T rarely meet, so
that for d pairs of correlation rho it tends to rho^2 / (2 d). Compare layers of one width, not of several. Not a
substitute for I(X;T), though equal to it where both are 1-D; invariant under rotations, not under maps of units,
whence units are taken as they are, or each divided by its standard deviation.

Assumes what KSG does, in 1-D. Cost O(e projections n (d + log n)). The bar is two standard errors over projections;
`few projections`: it is above .02 nats and 10 %. `saturated`: near psi(n) - psi(k), as for T = X in 1-D. `biased`: half
of the samples give another value on the first projections, as where X has one unit and T traces a curve: SI(X;T) is
then infinite, and the value says how finely n samples resolve the curve.

References: Goldfeld & Greenewald (2021), Sliced mutual information: a scalable measure of statistical dependence,
NeurIPS, arXiv:2110.05279; for the estimates in one dimension see `parts.neighbours`.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.folds import random_half
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.neighbours import kraskov_1d, psi, ross_1d
from infoplane.flags import BIASED, SATURATED, join_flags
from infoplane.information import Comparable, Information, Noise, is_saturated
from infoplane.tolerance import Tolerance, is_changed_by_half

MEASURES_XT = "SI(X;T), sliced"
COMPARES_X = True
MEASURES_TY = "SI(T;Y), sliced"

FEW_PROJECTIONS = "few projections"
"""The mean over projections is still uncertain."""
BAR = Tolerance(nats=0.02, share=0.1)
"""How long half a bar may be."""
HALVED = 32
"""Projections that half of the samples are tried on: the change of a mean, much less spread than the values."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Sliced information has truths of its own."""
    return None if noise else Comparable(truths={"xt": "sliced_xt", "ty": "sliced_ty"})


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    k: PositiveInt = 5,
    projections: PositiveInt = 128,
    units: Literal["raw", "standardised"] = "raw",
) -> Information:
    """Sliced information of X and T, and of T and Y.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of the directions, the same at each epoch, and of the half of the samples. One direction if a side has one
            unit.
        k: neighbours of KSG.
        projections: pairs of directions. Where both sides have one unit there is one pair.
        units: as they are, or each divided by its standard deviation.

    Returns: Information in nats, arrays of shape (e,), not clipped at 0, with bars of two standard errors over
        projections. Ceilings psi(n) - psi(k) and H(Y). Diagnostics: `half_sample_change_xt`, `_ty`.

    Raises:
        ValueError: an activation is not finite, or n <= k.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n <= k:
        raise ValueError(f"{n} samples are too few for k = {k} neighbours")
    scale = _standardised if units == "standardised" else torch.Tensor.double
    x, t = (scale(v) - scale(v).mean(-2, keepdim=True) for v in (x, t))
    count = 1 if x.shape[1] == t.shape[2] == 1 else projections
    draw = torch.Generator().manual_seed(seed)
    of_x, of_t = (_directions(v.shape[-1], count, draw).to(v.device) for v in (x, t))
    slices_x = x @ of_x
    half = random_half(n, seed, least=k + 1).to(t.device)
    rows = []
    for each in t:
        slices_t = each @ of_t
        # with one unit all directions are the same
        labelled = slices_t if t.shape[2] > 1 else slices_t[:, :1]
        of_all = _slices(slices_x, slices_t, labelled, y, k)
        of_half = _slices(slices_x[half, :HALVED], slices_t[half, :HALVED], labelled[half, :HALVED], y[half], k)
        changes = [float(np.mean(a[: len(b)]) - np.mean(b)) for a, b in zip(of_all, of_half, strict=True)]
        rows.append(_Row(*_mean_and_error(of_all[0]), *_mean_and_error(of_all[1]), *changes))
    mi_xt, error_xt, mi_ty, error_ty, change_xt, change_ty = side_by_side(rows)
    ceiling = np.full(epochs, psi(n) - psi(k))
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        mi_xt_low=mi_xt - 2 * error_xt,
        mi_xt_high=mi_xt + 2 * error_xt,
        mi_ty_low=mi_ty - 2 * error_ty,
        mi_ty_high=mi_ty + 2 * error_ty,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag_xt=join_flags(
            {
                SATURATED: is_saturated(mi_xt, ceiling),
                FEW_PROJECTIONS: BAR.is_exceeded_by(2 * error_xt, mi_xt),
                BIASED: is_changed_by_half(change_xt, mi_xt, n),
            }
        ),
        flag_ty=join_flags(
            {
                FEW_PROJECTIONS: BAR.is_exceeded_by(2 * error_ty, mi_ty),
                BIASED: is_changed_by_half(change_ty, mi_ty, n),
            }
        ),
        diagnostics={"half_sample_change_xt": change_xt, "half_sample_change_ty": change_ty},
    )


class _Row(NamedTuple):
    """One epoch, in nats: means over projections, their standard errors, and how half of the samples change them."""

    mi_xt: float
    stderr_xt: float
    mi_ty: float
    stderr_ty: float
    change_xt: float
    change_ty: float


def _slices(x: Tensor, t: Tensor, labelled: Tensor, y: Tensor, k: int) -> tuple[list[float], list[float]]:
    """I of each direction of x with that of t, and of each of `labelled` with y; shapes (n, projections)."""
    xt = [kraskov_1d(x[:, i : i + 1], t[:, i : i + 1], k) for i in range(x.shape[1])]
    return xt, [ross_1d(labelled[:, i], y, k) for i in range(labelled.shape[1])]


def _standardised(values: Tensor) -> Tensor:
    spread = values.double().std(-2, correction=0, keepdim=True)
    return values.double() / torch.where(spread > 0, spread, 1.0)


def _directions(d: int, count: int, draw: torch.Generator) -> Tensor:
    """Unit vectors, shape (d, count)."""
    vectors = torch.randn(d, count, generator=draw, dtype=torch.float64)
    return vectors / vectors.norm(dim=0)


def _mean_and_error(values: list[float]) -> tuple[float, float]:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return float(np.mean(values)), spread / math.sqrt(len(values))
