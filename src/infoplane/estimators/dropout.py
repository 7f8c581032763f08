"""Dropout MI: I(X;Z) and I(Z;Y) of a layer that injects noise, whose density p(z|x) is therefore known.

With z = t * eps, eps ~ N(1, s^2), the layer is a real channel: p(z|x_i) = N(z; t_i, diag((s t_i)^2)), and I(X;Z) is
finite although T is a deterministic function of X. Nothing is trained: the samples' own densities bound I(X;Z) and
I(Z;Y) from both sides, and are followed to all inputs of which the samples are a part (`parts.channel_information`).

Assumes that the noise is independent between units and samples; that is how `dropout` injects it. Cost O(e n^2 d) time;
the n x n matrix of densities is never whole, nor is a layer that is read in blocks (`parts.channel_rows`).

References: Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, ICLR,
arXiv:2303.00596; section 3. Poole et al. (2019), On variational bounds of mutual information, ICML, arXiv:1905.06922;
section 2.4.
"""

import math
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor

from infoplane.estimators.parts import channel_rows
from infoplane.estimators.parts.channel_rows import StreamedChannel
from infoplane.estimators.parts.channels import channels_information
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.streamed import Rows, Streamed, row_blocks
from infoplane.flags import NO_NOISE
from infoplane.information import Comparable, Information, Noise
from infoplane.objectives.channel import Channel
from infoplane.population import Inputs, population_size

MEASURES_XT = "I(X;Z), Z = T with its dropout noise; X: {inputs}"
MEASURES_TY = "I(Z;Y)"
SAME_T = True
NEEDS_NOISE = True
STREAMS = True

FLOOR_STD = 1e-6
"""In units of a unit's root mean square: noise added where t = 0, so that p(z|x) is a density there; where z = 0 tells
t = 0, its size does not matter."""
HELD = 1 << 23
"""Numbers of the chosen samples, if there are more, they are read in blocks: 32 MiB."""
ZERO_STD = 1e-2
"""Of ln z where t = 0, so that z = 0 whatever the noise: far less than the distance to other activations in ln z, and
no less than double precision needs."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Any noise that a layer injects; without any there is nothing to measure."""
    return None if noise is None else Comparable()


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    split_size: int | None = None,
    centres: PositiveInt | None = None,
    draws: PositiveInt = 1,
    inputs: Inputs = "split",
) -> Information:
    """I(X;Z) and I(Z;Y) of the noisy channel, with bounds.

    Args:
        x: inputs, shape (n, d_x); not used: p(z|x) depends on x through t alone.
        t: activations at e epochs before the noise, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: what the layer injects; None gives no values and the flag `no noise`.
        seed: of the noise that is drawn, the same at each epoch, and of the choice of centres.
        split_size: of the split of which the samples are a part; filled in by the pipeline.
        centres: use this many of the samples alone, drawn at random, since time grows with their square; None: all.
        draws: of the noise for each sample, whose mean the value is.
        inputs: over what X is uniform: `split`, `all` that are given, a number of inputs, or a `population` without
            end; `sample` is an older name of the last.

    Returns: Information in nats, arrays of shape (e,), as `parts.channel_information` has them. Ceilings ln of the
        samples used and H(Y). `saturated`, `wide bounds`: the bar is longer than .1 nats and 10 % of the value, with
        nearly all samples told apart, or not. Diagnostics: `lower_bound_xt`, `_ty`, `upper_bound_xt`, `_ty`,
        `stderr_xt`, `_ty`, `left_out`, `gaussian_bound` and `h_z_given_x`.

    Raises:
        ValueError: an activation is not finite, fewer than 3 samples, more samples than `inputs`, or log-normal noise
            on negative activations.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise is None:
        return Information(flag=[NO_NOISE] * epochs)
    population = population_size(inputs, split_size, n)
    std = noise.std
    if not isinstance(std, Streamed):
        std = torch.as_tensor(std, device=t.device).expand(t.shape)
    chosen = torch.arange(n, device=t.device)
    if centres is not None and centres < n:
        chosen = torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:centres].to(t.device)
    if isinstance(t, Streamed) and len(chosen) * t.shape[2] > HELD:
        chosen = chosen.sort().values  # as files are read
    channels, h_z_given_x = [], []
    for epoch in range(epochs):
        channel, log_size = _channel(_of(t[epoch], chosen), _of(std[epoch], chosen), noise.kind)
        channels.append(channel)
        log_std = float(channel_rows.log_std(channel).mean())
        h_z_given_x.append(log_size + log_std + t.shape[2] / 2 * math.log(2 * math.pi * math.e))
    info = channels_information(channels, y[chosen], population, seed, draws)
    # the labels of all samples say what could have come out, also where some are left out
    ceiling_ty = np.full(epochs, label_entropy(y))
    diagnostics = {**info.diagnostics, "h_z_given_x": np.array(h_z_given_x)}
    return info.changed(ceiling_ty=ceiling_ty, diagnostics=diagnostics)


def _of(values: Tensor | Rows, chosen: Tensor) -> Tensor | Rows:
    """The chosen samples, read where they are few."""
    if isinstance(values, Rows) and len(chosen) * values.shape[1] > HELD:
        return values.chosen(chosen)
    return values[chosen]


class _Size(NamedTuple):
    """How large activations are.

    Attributes:
        peak: the largest absolute value.
        has_negative: whether some are below 0.
        of_units: root mean square of each unit, 1 where that is 0; shape (d,).
    """

    peak: float
    has_negative: bool
    of_units: Tensor

    @classmethod
    def of(cls, t: Tensor | Rows) -> "_Size":
        peak, has_negative, squares = 0.0, False, torch.zeros(t.shape[1], dtype=torch.float64, device=t.device)
        for _, block in row_blocks(t):
            values = block.double()
            peak, has_negative = max(peak, float(values.abs().max())), has_negative or bool((values < 0).any())
            squares += values.square().sum(0)
        size = (squares / len(t)).sqrt()
        return cls(peak, has_negative, torch.where(size > 0, size, 1.0))


def _channel(t: Tensor | Rows, std: Tensor | Rows, kind: str) -> tuple[Channel | StreamedChannel, float]:
    """The density of z, or of ln z, for each input, in units in which activations are of size 1, and ln of these."""
    size = _Size.of(t)
    if kind == "lognormal" and size.has_negative:
        raise ValueError("log-normal noise needs activations that are not negative")
    # information is the same in any units, rounding and the floor are not
    log_size = float(size.of_units.log().sum()) if kind == "gaussian" else 0.0
    of = partial(_of_rows, kind=kind, size=size)
    if isinstance(t, Tensor) and isinstance(std, Tensor):
        return of(t.double(), std.double()), log_size
    assert isinstance(t, Rows)
    return StreamedChannel(t, std, of), log_size


def _of_rows(t: Tensor, std: Tensor, *, kind: str, size: _Size) -> Channel:
    """The channel of some inputs."""
    if kind == "additive":
        return Channel(t, std.clamp(min=FLOOR_STD * max(size.peak, 1e-30)))
    t = t / size.of_units
    if kind == "gaussian":
        return Channel(t, (std * t).square().add(FLOOR_STD**2).sqrt())
    # The information is the same in ln z, where the noise is additive. But 0 times the noise is 0, and says nothing
    # about the size of the noise, which may depend on x.
    zero = t <= FLOOR_STD
    mean, std = t.clamp(min=FLOOR_STD).log(), std.clamp(min=FLOOR_STD)
    return Channel(mean.masked_fill(zero, math.log(FLOOR_STD)), std.masked_fill(zero, ZERO_STD))
