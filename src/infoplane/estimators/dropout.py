"""Dropout MI: I(X;Z) and I(Z;Y) of a layer that injects noise, whose density p(z|x) is therefore known.

With z = t * eps, eps ~ N(1, s^2), the layer is a real channel: p(z|x_i) = N(z; t_i, diag((s t_i)^2)), and I(X;Z) is
finite although T is a deterministic function of X. p(z) is the mixture of p(z|x_j) over samples, which bounds I(X;Z)
from both sides without training anything (Poole et al. 2019, section 2.4):

    lower: mean_i ln p(z_i|x_i) - ln (1/K) sum_j p(z_i|x_j), the sample's own component among the K; at most ln K
    upper: the same with the sample's own component left out

and h(Z) is at most that of a Gaussian with Z's covariance, Cov(T) + diag(mean_i (s t_i)^2), while h(Z|X) is known in
closed form: a second upper bound, which is the better one in many dimensions.

I(Z;Y) = H(Y) - H(Y|Z) with p(y|z) from the same components, each sample's own left out: H(Y) minus the cross-entropy
of a prediction that has not seen the sample bounds I(Z;Y) from below. With its own component kept the prediction is
too good, which gives the upper end of the bar.

Assumes that the noise is independent between units and samples; that is how `dropout` injects it. Cost O(e n K d)
time, O(block) memory: the n x K matrix of densities is never whole.

References: Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, ICLR,
arXiv:2303.00596; section 3. Kolchinsky & Tracey (2017), Estimating mixture entropy with pairwise distances, Entropy 19,
arXiv:1706.02419. Poole et al. (2019), On variational bounds of mutual information, ICML, arXiv:1905.06922; eqs. 10, 13.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor

from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.distances import exp_
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.information import (
    NO_NOISE,
    SATURATED,
    WIDE,
    Comparable,
    Information,
    Noise,
    Tolerance,
    is_beyond_tolerance,
    is_saturated,
    join_flags,
)

MEASURES_XT = "I(X;Z), Z = T with its dropout noise"
MEASURES_TY = "I(Z;Y)"
NEEDS_NOISE = True

BLOCK = 1 << 24
"""Densities held at a time: 64 MiB in single precision."""
FLOOR_STD = 1e-6
"""Noise added where t = 0, so that p(z|x) is a density there; where z = 0 tells t = 0, its size does not matter."""
ZERO_STD = 1e-2
"""Of ln z where t = 0, so that z = 0 whatever the noise: far less than the distance to other activations in ln z, and
no less than double precision needs."""
SINGLE_PRECISION_UP_TO = 1e4
"""Largest squared distance, in standard deviations, whose rounding in single precision (1e-7 of it) is harmless."""
QUANTILE = 2.58
"""Standard errors by which the bounds are widened: the truth is outside in 1 of 100 cases, if they are normal."""
APART = Tolerance(nats=0.1, share=0.08)
"""How far apart the bounds of I(X;Z) may be."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Any noise that a layer injects; without any there is nothing to measure."""
    return None if noise is None else Comparable()


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    centres: PositiveInt | None = None,
) -> Information:
    """I(X;Z) and I(Z;Y) of the noisy channel, with bounds.

    Args:
        x: inputs, shape (n, d_x); not used: p(z|x) depends on x through t alone.
        t: activations at e epochs before the noise, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: what the layer injects; None gives no values and the flag `no noise`.
        seed: of the noise that is drawn, the same at each epoch, and of the choice of centres.
        centres: number of mixture components, drawn at random; None means all n.

    Returns: Information in nats, arrays of shape (e,). mi_xt is midway between its lower bound and its upper one, or
        ln K where that is less; mi_ty is its lower bound. mi_xt_low and mi_xt_high are the bounds widened by 2.58
        standard errors; mi_ty_low likewise. Ceilings ln(centres) and H(Y). `saturated`: the lower bound is near ln K
        and says little; `wide bounds`: they are further apart than 8 % of the estimate and .1 nats.

    Raises:
        ValueError: an activation is not finite, fewer than 3 samples, or log-normal noise on negative activations.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise is None:
        return Information(flag=[NO_NOISE] * epochs)
    if n < 3:
        raise ValueError(f"dropout MI needs at least 3 samples, there are {n}")
    h_y = label_entropy(y)
    rows = []
    std = torch.as_tensor(noise.std, device=t.device).expand_as(t)
    for epoch in range(epochs):
        generator = torch.Generator(t.device).manual_seed(seed)
        channel = _channel(t[epoch].double(), std[epoch].double(), noise.kind)
        rows.append(_bounds(channel, y, h_y, n if centres is None else min(centres, n), generator))
    column = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    low, high = column["lower"], column["upper"].clip(min=column["lower"])
    # n samples cannot show more than the ceiling, so a looser upper bound would only draw the estimate away.
    mi_xt = (low + np.minimum(high, np.maximum(low, column["ceiling"]))) / 2
    mi_xt_low = low - QUANTILE * column["stderr_lower"]
    mi_xt_high = high + QUANTILE * column["stderr_upper"]
    mi_ty_low = column["mi_ty"] - QUANTILE * column["stderr_ty"]
    mi_ty_high = column["resubstitution_ty"].clip(min=column["mi_ty"])
    ty_is_wide = is_beyond_tolerance(mi_ty_high - column["mi_ty"], column["mi_ty"])
    is_wide = APART.is_exceeded_by(mi_xt_high - mi_xt_low, mi_xt)
    return Information(
        mi_xt=mi_xt,
        mi_ty=column["mi_ty"],
        mi_xt_low=mi_xt_low,
        mi_xt_high=mi_xt_high,
        mi_ty_low=mi_ty_low,
        mi_ty_high=mi_ty_high,
        ceiling_xt=column["ceiling"],
        ceiling_ty=torch.full((epochs,), h_y, dtype=torch.float64).numpy(),
        flag_xt=join_flags({SATURATED: is_saturated(low, column["ceiling"]), WIDE: is_wide}),
        flag_ty=join_flags({WIDE: ty_is_wide}),
        diagnostics={name: column[name] for name in ("h_z_given_x", "mixture_bound", "gaussian_bound")},
    )


class _Channel(NamedTuple):
    """p(z|x_i) = N(z; mean_i, diag(std_i^2)), both of shape (n, d)."""

    mean: Tensor
    std: Tensor


def _channel(t: Tensor, std: Tensor, kind: str) -> _Channel:
    if kind == "gaussian":
        return _Channel(t, (std * t).square().add(FLOOR_STD**2).sqrt())
    if kind == "additive":
        return _Channel(t, std)
    if (t < 0).any():
        raise ValueError("log-normal noise needs activations that are not negative")
    # The information is the same in ln z, where the noise is additive. But 0 times the noise is 0, and says nothing
    # about the size of the noise, which may depend on x.
    zero = t <= FLOOR_STD
    mean, std = (t + FLOOR_STD).log(), std.clamp(min=FLOOR_STD)
    return _Channel(mean.masked_fill(zero, math.log(FLOOR_STD)), std.masked_fill(zero, ZERO_STD))


def _bounds(channel: _Channel, y: Tensor, h_y: float, centres: int, generator: torch.Generator) -> dict[str, float]:
    """Both bounds on I(X;Z), the Gaussian one, and I(Z;Y), with standard errors."""
    mean, std = channel
    n, d = mean.shape
    eps = torch.randn(n, d, generator=generator, device=mean.device, dtype=mean.dtype)
    order = torch.randperm(n, generator=generator, device=mean.device)[:centres]
    log_std = std.log().sum(1)
    log_own = -log_std - d / 2 * math.log(2 * math.pi) - eps.square().sum(1) / 2
    labels = torch.unique(y, return_inverse=True)[1]
    per_class = _leave_one_out(channel, mean + std * eps, order, labels)
    others, same_class = per_class.logsumexp(1), per_class.gather(1, labels[:, None])[:, 0]
    # A sample outside the chosen centres has one component more than one among them.
    is_centre = torch.zeros(n, dtype=torch.bool, device=mean.device).index_fill_(0, order, True)
    left = (centres - is_centre.double()).clamp(min=1)
    upper = log_own - (others - left.log())
    lower = log_own - (torch.logaddexp(others, log_own) - (left + 1).log())
    gained = _held_out_gain(per_class, labels, order)
    kept = torch.logaddexp(same_class, log_own) - torch.logaddexp(others, log_own) + h_y
    gaussian, influence = _gaussian_bound(channel, log_std)
    mixture = float(upper.mean())
    return {
        "lower": float(lower.mean()),
        "stderr_lower": _stderr(lower),
        "upper": min(mixture, gaussian),
        "stderr_upper": _stderr(upper) if mixture < gaussian else _stderr(influence),
        "mi_ty": float(gained.mean()) + h_y,
        "stderr_ty": _stderr(gained),
        "resubstitution_ty": min(float(kept.mean()), h_y),
        "ceiling": math.log(float((left + 1).min())),
        "h_z_given_x": float(log_std.mean()) + d / 2 * math.log(2 * math.pi * math.e),
        "mixture_bound": mixture,
        "gaussian_bound": gaussian,
    }


def _leave_one_out(channel: _Channel, z: Tensor, order: Tensor, labels: Tensor) -> Tensor:
    """ln sum_j p(z_i|x_j) over the centres j != i of each class, shape (n, classes)."""
    precision = channel.std[order].pow(-2)
    mean, d = channel.mean[order], z.shape[1]
    constant = -channel.std[order].log().sum(1) - d / 2 * math.log(2 * math.pi) - (mean.square() * precision).sum(1) / 2
    weights = torch.cat([-precision / 2, mean * precision], 1)
    single = float((mean.square() * precision).sum(1).max()) < SINGLE_PRECISION_UP_TO
    dtype = torch.float32 if single else torch.float64
    weights, constant = weights.to(dtype).T.contiguous(), constant.to(dtype)
    one_hot = torch.nn.functional.one_hot(labels[order]).to(dtype)
    position = torch.full((len(z),), -1, device=z.device)
    position[order] = torch.arange(len(order), device=z.device)
    smallest = torch.finfo(dtype).tiny
    result = z.new_empty(len(z), one_hot.shape[1])

    def sum_densities(rows: slice, _: slice) -> None:
        features = torch.cat([z[rows].square(), z[rows]], 1).to(dtype)
        log_density = torch.addmm(constant, features, weights)
        itself = (position[rows] >= 0).nonzero()[:, 0]
        log_density[itself, position[rows][itself]] = -torch.inf
        largest = log_density.amax(1, keepdim=True)
        per_class = exp_(log_density.sub_(largest)) @ one_hot
        result[rows] = per_class.clamp(min=smallest).log().double() + largest.double()

    by_blocks(sum_densities, (0, len(z)), columns=len(order), most=BLOCK, device=z.device)
    return result


def _held_out_gain(per_class: Tensor, labels: Tensor, order: Tensor) -> Tensor:
    """ln q(y_i|z_i) of the best calibrated prediction from the other samples' components, shape (n,).

    Where components hardly overlap the posterior is far too sure of its nearest neighbour; one temperature for all
    samples mends that (Guo et al. 2017, arXiv:1706.04599) and costs next to no bias, being a single parameter.
    """
    classes = per_class.shape[1]
    prior = torch.bincount(labels, minlength=classes).double() / len(labels)
    likelihood = per_class - torch.bincount(labels[order], minlength=classes).clamp(min=1).double().log()

    def log_prediction(temperature: float) -> Tensor:
        posterior = torch.softmax(likelihood * temperature + prior.log(), 1)
        # Never quite sure, or one outlier would cost any number of nats.
        smoothed = (posterior + prior / len(labels)) / (1 + 1 / len(labels))
        return smoothed.gather(1, labels[:, None])[:, 0].log()

    return max((log_prediction(0.5**power) for power in range(12)), key=lambda log_q: float(log_q.mean()))


def _gaussian_bound(channel: _Channel, log_std: Tensor) -> tuple[float, Tensor]:
    """h of a Gaussian with Z's covariance, minus h(Z|X), and each sample's influence on it, shape (n,)."""
    mean, std = channel
    n, d = mean.shape
    centred = mean - mean.mean(0)
    covariance = centred.T @ centred / (n - 1) + std.square().mean(0).diag()
    factor = torch.linalg.cholesky(covariance)
    # On average ln det of a sample covariance is too small by d(d+1)/2n: Cai, Liang & Zhou (2015), arXiv:1309.0482.
    log_det = 2 * factor.diagonal().log().sum() + d * (d + 1) / (2 * n)
    inverse = torch.cholesky_inverse(factor)
    distance = torch.linalg.solve_triangular(factor, centred.T, upper=False).square().sum(0)
    influence = (distance + std.square() @ inverse.diagonal()) / 2 - log_std
    return float(log_det / 2 - log_std.mean()), influence


def _stderr(values: Tensor) -> float:
    return float(values.std() / math.sqrt(len(values)))
