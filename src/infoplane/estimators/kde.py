"""KDE: bounds on I(X;T+N) and I(T+N;Y) by the distances between activations, N Gaussian noise that is added.

Problem: T is a function of X, so I(X;T) is infinite or constant; with noise N ~ N(0, s^2 I) added, T+N is a mixture of
Gaussians at the activations, and I(X;T+N) says at which scale s the layer still tells its inputs apart. The noise is
part of the measure and not of the network, unless the network injects it (`noise_scale: injected`).

    I_D = -mean_i ln mean_j exp(-D_ij),
        D_ij = |t_i - t_j|^2 / (2 s^2)  (KL divergence): upper bound,
        D_ij = |t_i - t_j|^2 / (8 s^2)  (Bhattacharyya distance): lower bound.

They hold for the n inputs as the whole of X (`inputs: all`), need no draws of N, and are what the field reports
(`point: upper`, `lower` or `middle`). I(T+N;Y) = I(X;T+N) - sum_c p_c I(X;T+N|Y=c), as the difference of like with
like, whose errors largely cancel. By default (`point: channel`) the value is that of the channel itself, whose density
is known, so that only a mean over draws of N is left, and what n inputs say of more (`parts.channel_information`); it
is also what the bars are about and what the other points are held to.

Assumes nothing but Gaussian noise of one size in all units. Cost O(e n^2 d) time by matrix products, memory of blocks.
`saturated`, `wide bounds`: the bar is longer than .1 nats and 10 %, with nearly all samples told apart, or not; `wide
bounds` also where a point of Kolchinsky & Tracey's is further than that from the channel's.

References: Kolchinsky & Tracey (2017), Estimating mixture entropy with pairwise distances, Entropy 19,
arXiv:1706.02419; eqs. 10-13. Saxe et al. (2018), On the information bottleneck theory of deep learning, ICLR, whose
values are `upper`.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.channel_rows import StreamedChannel, noisy
from infoplane.estimators.parts.channels import channels_information
from infoplane.estimators.parts.distances import exp_, squared_distances
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.estimators.parts.streamed import Rows, Streamed, held_rows, mean_row, row_blocks
from infoplane.flags import NO_NOISE, OTHER_NOISE, WIDE, join_flags, join_words
from infoplane.information import Comparable, Information, Noise
from infoplane.objectives.channel import Channel
from infoplane.population import Inputs, population_size
from infoplane.tolerance import is_beyond_tolerance

MEASURES_XT = "I(X;T+N); X: {inputs}"
MEASURES_TY = "I(T+N;Y)"
SAME_T = True
STREAMS = True

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


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    noise_var: Annotated[float, Field(gt=0, le=1e12)] = 0.1,
    noise_scale: Literal["fixed", "relative", "injected"] = "fixed",
    point: Literal["channel", "middle", "upper", "lower"] = "channel",
    draws: PositiveInt = 1,
    split_size: int | None = None,
    inputs: Inputs = "split",
) -> Information:
    """I(X;T+N) and I(T+N;Y) with upper and lower bounds.

    Args:
        x: inputs, shape (n, d_x); not used: T+N depends on x through t alone.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: what the layer injects, for `noise_scale: injected`; no value is given unless it is additive and of one
            size (`no noise`, `other noise`).
        seed: of the draws of N, the same at each epoch.
        noise_var: variance of N per unit.
        noise_scale: `fixed`: in units of activation squared, so that a layer that shrinks loses information.
            `relative`: times the mean variance of the layer's units at that epoch, so that it does not. `injected`:
            the layer's own noise, in place of `noise_var`.
        point: the value of the channel, or the upper (KL) or lower (Bhattacharyya) estimate, or their middle.
        draws: of N for each sample, whose mean the channel's value is.
        split_size: of the split of which the samples are a part; filled in by the pipeline.
        inputs: over what X is uniform: `split`, `all` that are given, a number of inputs, or a `population` without
            end; `sample` is an older name of the last.

    Returns: Information in nats, arrays of shape (e,). Bars, flags and diagnostics as `parts.channel_information` has
        them, ceilings ln n and H(Y).

    Raises:
        ValueError: an activation is not finite, or more samples than `inputs`.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise_scale == "injected" and noise is None:
        return Information(flag=[NO_NOISE] * epochs)
    if noise_scale == "injected" and noise is not None and noise.isotropic_std is None:
        return Information(flag=[OTHER_NOISE] * epochs)
    population = population_size(inputs, split_size, n)
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    order = torch.argsort(labels)
    channels, points = [], []
    one = torch.ones(1, 1, dtype=torch.float64, device=t.device)
    for each in t:
        if point != "channel" and isinstance(each, Rows):
            each = held_rows(each)  # distances are of samples that are sorted by class
        channel = _channel(each, one, noise, noise_var, noise_scale)
        channels.append(channel)
        if isinstance(channel, Channel) and point != "channel":
            points.append(_point(_sums(channel.mean[order], labels[order], len(counts)), counts, point))
    info = channels_information(channels, y, population, seed, draws)
    return info if point == "channel" else _moved(info, points)


def _moved(info: Information, points: Sequence["Point"]) -> Information:
    """The estimates of the channel with other values, flagged where these are too far from it."""
    xt, ty = side_by_side(points)
    changes: dict[str, Any] = {}
    for name, value in (("xt", xt), ("ty", ty)):
        of_channel, low, high = (getattr(info, f"mi_{name}{end}") for end in ("", "_low", "_high"))
        far = join_flags({WIDE: is_beyond_tolerance(value - of_channel, of_channel)})
        changes |= {f"mi_{name}": value, f"mi_{name}_low": np.minimum(low, value)}
        changes[f"mi_{name}_high"] = np.maximum(high, value)
        flags = zip(getattr(info, f"flag_{name}"), far, strict=True)
        changes[f"flag_{name}"] = [join_words(*each) for each in flags]
    return info.changed(**changes)


def _channel(
    t: Tensor | Rows, one: Tensor, noise: Noise | None, noise_var: float, noise_scale: str
) -> Channel | StreamedChannel:
    """T+N of one epoch in units in which N has variance 1."""
    middle = mean_row(t)
    if noise_scale == "relative":
        squares = sum(float((block.double() - middle).square().sum()) for _, block in row_blocks(t))
        variance = noise_var * squares / (t.shape[0] * t.shape[1])
    else:
        variance = noise_var
    if noise_scale == "injected":
        assert noise is not None
        assert noise.isotropic_std is not None
        variance = noise.isotropic_std**2

    def scaled(values: Tensor) -> Tensor:
        # relative noise of a constant layer: T+N is N alone
        return (values - middle) / math.sqrt(variance) if variance > 0 else torch.zeros_like(values)

    return noisy(t, one, scaled)


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


class Point(NamedTuple):
    """I(X;T+N) and I(T+N;Y) of the n inputs as all of X at one epoch, in nats."""

    mi_xt: float
    mi_ty: float


def _point(sums: Sums, counts: Tensor, point: str) -> Point:
    """The chosen estimates; rows sorted by class."""
    chosen = {"upper": ["kl"], "lower": ["bd"], "middle": ["kl", "bd"]}[point]
    found = []
    for kernel in chosen:
        every = _information(getattr(sums, kernel))
        parts = getattr(sums, f"{kernel}_class").split(counts.tolist())
        within = sum(len(part) * _information(part) for part in parts) / len(sums.kl)
        found.append(Point(every, max(0.0, every - within)))
    return Point(*(sum(column) / len(found) for column in zip(*found, strict=True)))


def _information(sums: Tensor) -> float:
    """ln n less the mean log of sums of kernels, each with that of the sample itself, shape (n,)."""
    # rounding must not turn 0 into less, nor ln n into more
    n = len(sums)
    return min(max(math.log(n) - float(sums.log().mean()), 0.0), math.log(n))
