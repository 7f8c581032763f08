"""KDE: bounds on I(X;T+N) and I(T+N;Y) by the distances between activations, N Gaussian noise that is added.

Problem: T is a function of X, so I(X;T) is infinite or constant; with noise N ~ N(0, s^2 I) added, T+N is a mixture of
Gaussians at the activations, and I(X;T+N) says at which scale s the layer still tells its inputs apart. The noise is
part of the measure and not of the network, unless the network injects it (`noise_scale: injected`).

    I_D = -mean_i ln mean_j exp(-D_ij),
        D_ij = |t_i - t_j|^2 / (2 s^2)  (KL divergence): upper bound,
        D_ij = |t_i - t_j|^2 / (8 s^2)  (Bhattacharyya distance): lower bound.

They hold for the n inputs as the whole of X (`inputs: all`), where neither exceeds ln n. If the inputs are a sample of
more, the lower bound still holds on average, and the upper one with j = i left out; there the Gaussian of equal
covariance, 1/2 ln det(I + C / s^2), is a second upper bound. I(T+N;Y) = I(X;T+N) - sum_c p_c I(X;T+N|Y=c): its bounds
take the upper bound of one term and the lower of the other; the point is the mean of the two differences of like with
like, whose errors largely cancel.

Assumes nothing but Gaussian noise of one size in all units. Cost O(e n^2 d) time by matrix products, memory of blocks.
It lies at the sample size: where activations lie further apart than s (many units, little noise), all tends to ln n and
H(Y), whatever the layer knows: `saturated`. `wide bounds`: the value is further than .1 nats and 10 % from either bound
of I(X;T+N), or than half the distance of the two estimates of I(T+N;Y).

References: Kolchinsky & Tracey (2017), Estimating mixture entropy with pairwise distances, Entropy 19,
arXiv:1706.02419; eqs. 10-13. Saxe et al. (2018), On the information bottleneck theory of deep learning, ICLR, whose
values are `upper`.
"""

import math
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.distances import exp_, squared_distances
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.information import (
    NO_NOISE,
    OTHER_NOISE,
    SATURATED,
    VALUES,
    WIDE,
    Comparable,
    Information,
    Noise,
    is_beyond_tolerance,
    is_saturated,
    join_flags,
    sample_ceiling,
)

MEASURES_XT = "I(X;T+N)"
MEASURES_TY = "I(T+N;Y)"

BLOCK = 1 << 23
"""Distances held at a time: a few tens of MiB, small enough to stay fast in the processor's caches."""
SINGLE_PRECISION_UP_TO = 1e4
"""Largest squared norm, in units of the noise variance, whose rounding in single precision (1e-7 of it) is harmless."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Only T with noise of one size is what it measures."""
    return Comparable({"noise_scale": "injected"}) if noise is not None and noise.isotropic_std else None


class Sums(NamedTuple):
    """Per sample, sums over j of exp(-D_ij), over all samples and over those of the same class; shape (n,)."""

    kl: Tensor
    kl_class: Tensor
    bd: Tensor
    bd_class: Tensor


class Summary(NamedTuple):
    """One epoch, in nats: the points and their bounds.

    Attributes:
        is_wide_xt, is_wide_ty: whether the bounds are too far apart for the point to mean much.
        is_unresolved_xt, is_unresolved_ty: whether the sample size moves the value.
    """

    mi_xt: float = 0.0
    mi_xt_low: float = 0.0
    mi_xt_high: float = 0.0
    mi_ty: float = 0.0
    mi_ty_low: float = 0.0
    mi_ty_high: float = 0.0
    is_wide_xt: bool = False
    is_wide_ty: bool = False
    is_unresolved_xt: bool = False
    is_unresolved_ty: bool = False


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    noise_var: Annotated[float, Field(gt=0, le=1e12)] = 0.1,
    noise_scale: Literal["fixed", "relative", "injected"] = "fixed",
    point: Literal["middle", "upper", "lower"] = "middle",
    inputs: Literal["sample", "all"] = "sample",
) -> Information:
    """I(X;T+N) and I(T+N;Y) with upper and lower bounds.

    Args:
        x: inputs, shape (n, d_x); not used: T+N depends on x through t alone.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: what the layer injects, for `noise_scale: injected`; no value is given unless it is additive and of one
            size (`no noise`, `other noise`).
        seed: not used: nothing is random.
        noise_var: variance of N per unit.
        noise_scale: `fixed`: in units of activation squared, so that a layer that shrinks loses information.
            `relative`: times the mean variance of the layer's units at that epoch, so that it does not. `injected`:
            the layer's own noise, in place of `noise_var`.
        point: the middle of the bounds, or the upper (KL) or lower (Bhattacharyya) estimate.
        inputs: whether the n inputs are a sample, or all that there are.

    Returns: Information in nats, arrays of shape (e,). mi_xt_low, mi_xt_high, mi_ty_low and mi_ty_high are the bounds,
        ceilings ln n and H(Y). `saturated`: near ln n, or the sample size moves the value by more than .1 nats and 10 %
        (unless `inputs: all`).

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise_scale == "injected" and noise is None:
        return Information(flag=[NO_NOISE] * epochs)
    if noise_scale == "injected" and noise is not None and noise.isotropic_std is None:
        return Information(flag=[OTHER_NOISE] * epochs)
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    order = torch.argsort(labels)
    h_y = label_entropy(y)
    rows = []
    for i in range(epochs):
        values = t[i][order].double()
        values = values - values.mean(0)
        variance = _noise_variance(values, noise, noise_var, noise_scale)
        if variance is None:
            # relative noise of a constant layer: T+N is N alone
            rows.append(Summary())
            continue
        scaled = values / math.sqrt(variance)
        sums = _sums(scaled, labels[order], len(counts))
        rows.append(_summarise(scaled, sums, counts, h_y, point, inputs))
    found = side_by_side(rows)
    ceiling, sample = sample_ceiling(n, epochs), inputs == "sample"
    columns = {name: getattr(found, name) for name in VALUES if not name.startswith("ceiling")}
    saturated = is_saturated(found.mi_xt_low, ceiling) | found.is_unresolved_xt
    return Information(
        **columns,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, h_y),
        flag_xt=join_flags({SATURATED: saturated & sample, WIDE: np.asarray(found.is_wide_xt)}),
        flag_ty=join_flags(
            {SATURATED: np.asarray(found.is_unresolved_ty & sample), WIDE: np.asarray(found.is_wide_ty)}
        ),
    )


def _noise_variance(values: Tensor, noise: Noise | None, noise_var: float, noise_scale: str) -> float | None:
    if noise_scale == "fixed":
        return noise_var
    if noise_scale == "relative":
        spread = float(values.square().mean())
        return noise_var * spread if spread > 0 else None
    assert noise is not None
    assert noise.isotropic_std is not None
    return noise.isotropic_std**2


def _sums(scaled: Tensor, labels: Tensor, classes: int) -> Sums:
    """Sums of exp(-D) over all samples and over each sample's class; rows sorted by class, noise of variance 1."""
    n = len(scaled)
    norm = float(scaled.square().sum(1).max())
    points = scaled.float() if norm < SINGLE_PRECISION_UP_TO else scaled
    starts = torch.searchsorted(labels, torch.arange(classes + 1, device=labels.device)).tolist()
    sums = Sums(*(torch.ones(n, dtype=torch.float64, device=scaled.device) for _ in range(4)))

    def add(block: slice, of_class: slice) -> None:
        bd = exp_(squared_distances(points[block], points).mul_(-1 / 8))
        # sample i itself counts as exactly 1, not as what rounding makes of its distance
        bd.diagonal(block.start).zero_()
        kl = bd.square().square_()
        for of_all, of_same, kernel in ((sums.bd, sums.bd_class, bd), (sums.kl, sums.kl_class, kl)):
            of_all[block] = 1 + kernel.sum(1).double()
            of_same[block] = 1 + kernel[:, of_class].sum(1).double()

    by_blocks(add, starts, columns=n, most=BLOCK, device=scaled.device)
    return sums


def _summarise(scaled: Tensor, sums: Sums, counts: Tensor, h_y: float, point: str, inputs: str) -> Summary:
    every, within = _information(scaled, sums.kl, sums.bd), _within_classes(scaled, sums, counts)
    bound, bound_given_y = (every.left_out, within.left_out) if inputs == "sample" else (every.upper, within.upper)
    upper, lower = (max(0.0, every.upper - within.upper), max(0.0, every.lower - within.lower))
    ty_low = min(h_y, max(0.0, every.lower - bound_given_y))
    ty_high = max(ty_low, min(h_y, bound - within.lower))
    mi_xt = {"middle": (every.lower + bound) / 2, "upper": every.upper, "lower": every.lower}[point]
    mi_ty = {"middle": (upper + lower) / 2, "upper": upper, "lower": lower}[point]
    mi_ty = min(max(mi_ty, ty_low), ty_high)
    # What the neighbours alone, without the sample itself, predict of its class: memorised labels are not in it.
    others, alike = (each.sub(1).clamp(min=1e-300) for each in (sums.bd, sums.bd_class))
    unseen = h_y + float((alike.log() - others.log()).mean())
    values = (mi_xt, mi_ty)
    is_wide = is_beyond_tolerance((max(bound - mi_xt, mi_xt - every.lower), (upper - lower) / 2), values)
    is_unresolved = is_beyond_tolerance((bound - every.upper, lower - unseen), values)
    return Summary(mi_xt, every.lower, bound, mi_ty, ty_low, ty_high, *map(bool, (*is_wide, *is_unresolved)))


class Bounds(NamedTuple):
    """Of I(X;T+N): for the n inputs as all of X, and from above for X of which they are a sample."""

    lower: float
    upper: float
    left_out: float


def _information(scaled: Tensor, kl: Tensor, bd: Tensor) -> Bounds:
    n = len(scaled)
    # rounding must not turn 0 into less, nor ln n into more
    upper, lower = (min(max(math.log(n) - float(each.log().mean()), 0.0), math.log(n)) for each in (kl, bd))
    if n < 2:
        return Bounds(lower, upper, upper)
    left_out = math.log(n - 1) - float(torch.log(kl - 1).mean())
    centred = scaled - scaled.mean(0)
    small = centred.T @ centred if scaled.shape[1] <= n else centred @ centred.T
    # a Gaussian has the largest entropy of all with this covariance
    gaussian = 0.5 * float(torch.log1p(torch.linalg.eigvalsh(small / n).clamp(min=0)).sum())
    return Bounds(lower, upper, max(upper, min(left_out, gaussian)))


def _within_classes(scaled: Tensor, sums: Sums, counts: Tensor) -> Bounds:
    """The same given Y: averaged over classes; rows sorted by class."""
    sizes = counts.tolist()
    parts = zip(scaled.split(sizes), sums.kl_class.split(sizes), sums.bd_class.split(sizes), strict=True)
    columns = zip(*(_information(*part) for part in parts), strict=True)
    return Bounds(
        *(sum(size * value for size, value in zip(sizes, column, strict=True)) / len(scaled) for column in columns)
    )
