"""Exact: I(X;T) and I(T;Y) where the inputs are finitely many and all are given, by counting.

Problem: a referee. If X is uniform over the n given inputs and T is discrete, all probabilities are known:

    I(X;T) = H(X) + H(T) - H(X,T) by counting rows,     I(T;Y) = H(T) + H(Y) - H(T,Y).

T counts as it is (`bits: null`: equal activations are equal) or quantised to 2^bits levels per unit between the
smallest and the largest activation of the layer, as in a network with quantised activations. With `noise_std` the
layer is T+N instead, N ~ N(0, noise_std^2 I), a mixture of n known Gaussians (z_i = t_i + noise):

    I(X;T+N) = mean_i [ ln p(z_i|t_i) - ln 1/n sum_j p(z_i|t_j) ],
    I(T+N;Y) = mean_i [ ln 1/n_y sum_{j: y_j = y_i} p(z_i|t_j) - ln 1/n sum_j p(z_i|t_j) ],

exact but for the random draws of z, whose standard error is the bar. Assumes that the rows are all of X, equally likely
(`inputs: all`). If they are a sample of more, H(T) and the mixture saturate: I(X;T) at ln n, I(T;Y) at H(Y), as soon as
rows differ; `saturated` then says so where I(X;T) is near ln n or more than a twentieth of the rows has a T of its own.
Cost O(e n d log n) to count, O(e n^2 d draws) with noise, memory of blocks.

References: Lorenzen, Igel & Nielsen (2022), arXiv:2106.12912, on quantised activations; Goldfeld et al. (2019) on T+N.
"""

import math
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.information import (
    NO_NOISE,
    OTHER_NOISE,
    SATURATED,
    Comparable,
    Information,
    Noise,
    is_saturated,
    join_flags,
    sample_ceiling,
)
from infoplane.numerics import check_activations, entropy_of_counts, label_entropy, row_ids, squared_distances
from infoplane.row_blocks import by_blocks

MEASURES_XT = "I(X;T) by counting"
MEASURES_TY = "I(T;Y) by counting"

ALONE = 0.05
"""Share of rows with a T of their own above which counts of a sample say little about what it was drawn from."""
BLOCK = 1 << 22
"""Densities held at a time."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Additive noise is taken as the layer's own; without noise, rows are counted."""
    if noise is None:
        return Comparable({"noise_std": None})
    return None if noise.isotropic_std is None else Comparable({"noise_std": "injected"})


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    bits: Annotated[int, Field(ge=1, le=24)] | None = None,
    noise_std: Annotated[float, Field(gt=0, le=1e6)] | Literal["injected"] | None = None,
    draws: PositiveInt = 1,
    inputs: Literal["sample", "all"] = "sample",
) -> Information:
    """I(X;T) and I(T;Y) of discrete activations, or of activations with Gaussian noise.

    Args:
        x: inputs, shape (n, d_x); only which rows are equal matters.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: what the layer injects; used where `noise_std` is `injected`; no value is given unless it is additive and
            of one size (`no noise`, `other noise`).
        seed: of the noise that is drawn, the same at each epoch.
        bits: levels are 2^bits per unit; None for the activations as they are. Not used with noise.
        noise_std: standard deviation of N per unit; None for no noise.
        draws: of the noise for each row.
        inputs: whether the n inputs are a sample, or all that there are.

    Returns: Information in nats, arrays of shape (e,). Ceilings H(X) of the rows, at most ln n, and H(Y). With noise,
        mi_xt_low to mi_ty_high are two standard errors of the draws away; they bound nothing else.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise_std == "injected":
        if noise is None:
            return Information(flag=[NO_NOISE] * epochs)
        if noise.isotropic_std is None:
            return Information(flag=[OTHER_NOISE] * epochs)
        noise_std = noise.isotropic_std
    rows = row_ids(x)
    h_x, h_y = float(entropy_of_counts(torch.bincount(rows))), label_entropy(y)
    ceiling = np.minimum(sample_ceiling(n, epochs), h_x)
    bars = {}
    if noise_std is None:
        counted = [_count(_levels(t[i], bits), rows, y, h_x, h_y) for i in range(epochs)]
        mi_xt, mi_ty, alone = (np.array(column) for column in zip(*counted, strict=True))
    else:
        mixtures = [_mixture(t[i], y, noise_std, draws, seed) for i in range(epochs)]
        mi_xt, error_xt, mi_ty, error_ty = (np.array(column) for column in zip(*mixtures, strict=True))
        # e^I is how many inputs T+N tells apart
        alone = np.exp(mi_xt) / n
        bars = {
            "mi_xt_low": mi_xt - 2 * error_xt,
            "mi_xt_high": mi_xt + 2 * error_xt,
            "mi_ty_low": mi_ty - 2 * error_ty,
            "mi_ty_high": mi_ty + 2 * error_ty,
        }
    saturated = is_saturated(mi_xt, sample_ceiling(n, epochs)) | (alone > ALONE)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        **bars,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, h_y),
        flag=join_flags({SATURATED: saturated & (inputs == "sample")}),
        diagnostics={"share_alone": alone},
    )


def _levels(t: Tensor, bits: int | None) -> Tensor:
    """Integers (or the activations themselves) that are equal where T is, shape (n, d_t)."""
    if bits is None:
        # the two zeros are one activation
        return t + 0.0
    low, high = t.min().double(), t.max().double()
    if low == high:
        return torch.zeros_like(t, dtype=torch.int64)
    return ((t.double() - low) / (high - low) * (2**bits - 1)).round().long()


def _count(levels: Tensor, rows: Tensor, y: Tensor, h_x: float, h_y: float) -> tuple[float, float, float]:
    """I(X;T), I(T;Y) and the share of samples with a T of their own."""
    patterns = row_ids(levels)
    counts = torch.bincount(patterns)
    h_t = float(entropy_of_counts(counts))
    h_xt, h_ty = (
        float(entropy_of_counts(torch.bincount(row_ids(torch.stack([patterns, other], 1))))) for other in (rows, y)
    )
    return h_x + h_t - h_xt, h_t + h_y - h_ty, float((counts == 1).sum()) / len(rows)


def _mixture(t: Tensor, y: Tensor, std: float, draws: int, seed: int) -> tuple[float, float, float, float]:
    """I(X;T+N) and I(T+N;Y), each with its standard error over the draws of N."""
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    order = torch.argsort(labels, stable=True)
    centres = t[order].double()
    centres = (centres - centres.mean(0)) / std
    n = len(centres)
    ends = [0, *torch.cumsum(counts, 0).tolist()]
    generator = torch.Generator().manual_seed(seed)
    gains_x, gains_y = (torch.empty(draws, n, dtype=torch.float64, device=t.device) for _ in range(2))
    for draw in range(draws):
        eps = torch.randn(t.shape, generator=generator, dtype=torch.float64).to(t.device)[order]
        gains_x[draw], gains_y[draw] = _gains(centres, eps, ends)
    results = []
    for gain in (gains_x, gains_y):
        # each input keeps its own mean over draws: only the noise is random, not the choice of inputs
        error = float(gain.std()) / math.sqrt(gain.numel())
        results += [float(gain.mean()), error]
    return results[0], results[1], results[2], results[3]


def _gains(centres: Tensor, eps: Tensor, ends: list[int]) -> tuple[Tensor, Tensor]:
    """ln p(z|x) - ln p(z) and ln p(z|y) - ln p(z) of z = centres + eps, both of shape (n, d); classes by their ends."""
    n, z, own = len(centres), centres + eps, -0.5 * eps.square().sum(1)
    of_x, of_y = torch.empty_like(own), torch.empty_like(own)

    def fill(block: slice, of_class: slice) -> None:
        log_p = squared_distances(z[block], centres).mul_(-0.5)
        # known exactly, where rounding could put the sample's own component outside the sum
        log_p.diagonal(block.start).copy_(own[block])
        log_p_z = log_p.logsumexp(1) - math.log(n)
        log_p_z_given_y = log_p[:, of_class].logsumexp(1) - math.log(of_class.stop - of_class.start)
        of_x[block] = own[block] - log_p_z
        of_y[block] = log_p_z_given_y - log_p_z

    by_blocks(fill, ends, columns=n, most=BLOCK, device=centres.device)
    return of_x, of_y
