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
`few samples`: a value may be off by .1 nats and 10 % before that, by what a sample leaves out (`unseen_entropy` of T,
of X or Y, and of both together, and rows that are alone in their T), or, with noise, by leaving each row out of the
mixture that it is compared with. Cost O(e n d log n) to count, O(e n^2 d draws) with noise, memory of blocks.

References: Lorenzen, Igel & Nielsen (2022), Information bottleneck: exact analysis of (quantized) neural networks,
ICLR, arXiv:2106.12912, on quantised activations; Goldfeld et al. (2019), Estimating information flow in deep neural
networks, ICML, arXiv:1810.05728, on T+N; Chao, Wang & Jost (2013), Entropy and the species accumulation curve, Methods
in Ecology and Evolution 4, doi:10.1111/2041-210X.12108, on entropies of samples.
"""

import math
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.counts import entropy_of_counts, label_entropy, row_ids, unseen_entropy
from infoplane.estimators.parts.distances import squared_distances
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.information import (
    FEW_SAMPLES,
    NO_NOISE,
    OTHER_NOISE,
    SATURATED,
    Comparable,
    Information,
    Noise,
    is_beyond_tolerance,
    is_saturated,
    join_flags,
    sample_ceiling,
)

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
        mi_xt_low to mi_ty_high are two standard errors of the draws away, or more where `draws` is 1; they bound
        nothing else.

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
        values = side_by_side([_count(_levels(t[i], bits), rows, y) for i in range(epochs)])
    else:
        values = side_by_side([_mixture(t[i], y, noise_std, draws, seed) for i in range(epochs)])
        bars = {
            "mi_xt_low": values.mi_xt - 2 * values.stderr_xt,
            "mi_xt_high": values.mi_xt + 2 * values.stderr_xt,
            "mi_ty_low": values.mi_ty - 2 * values.stderr_ty,
            "mi_ty_high": values.mi_ty + 2 * values.stderr_ty,
        }
    saturated = is_saturated(values.mi_xt, sample_ceiling(n, epochs)) | (values.alone > ALONE)
    few_xt, few_ty = (
        is_beyond_tolerance(doubt, mi)
        for doubt, mi in ((values.doubt_xt, values.mi_xt), (values.doubt_ty, values.mi_ty))
    )
    sample = inputs == "sample"
    return Information(
        mi_xt=values.mi_xt,
        mi_ty=values.mi_ty,
        **bars,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, h_y),
        flag_xt=join_flags({SATURATED: saturated & sample, FEW_SAMPLES: few_xt & sample}),
        flag_ty=join_flags({FEW_SAMPLES: few_ty & sample}),
        diagnostics={"share_alone": values.alone},
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


class _Values(NamedTuple):
    """One epoch, in nats.

    Attributes:
        stderr_xt, stderr_ty: standard errors over the draws of N; 0 where rows are counted.
        doubt_xt, doubt_ty: how far off each value may be if the rows are a sample of more.
        alone: share of the samples with a T of their own, or, with noise, as much as e^I says.
    """

    mi_xt: float
    mi_ty: float
    stderr_xt: float
    stderr_ty: float
    doubt_xt: float
    doubt_ty: float
    alone: float


def _count(levels: Tensor, rows: Tensor, y: Tensor) -> _Values:
    patterns = row_ids(levels)
    of_t, of_x = _Counted.of(patterns), _Counted.of(rows)
    information, doubt = [], []
    for other in (rows, y):
        of_other, both = _Counted.of(other), _Counted.of(torch.stack([patterns, other], 1))
        information.append(of_other.entropy + of_t.entropy - both.entropy)
        doubt.append(abs(of_other.unseen + of_t.unseen - both.unseen))
        # where X is seen to determine T, its rows that are alone are no reason to doubt that
        if other is y or both.patterns > of_x.patterns:
            doubt[-1] += of_t.alone * of_other.entropy + of_other.alone * of_t.entropy
    return _Values(information[0], information[1], 0.0, 0.0, doubt[0], doubt[1], of_t.alone)


class _Counted(NamedTuple):
    """Patterns that were seen, their entropy and how much of it may be missing, and the share of samples alone."""

    patterns: int
    entropy: float
    unseen: float
    alone: float

    @classmethod
    def of(cls, codes: Tensor) -> "_Counted":
        counts = torch.bincount(row_ids(codes) if codes.ndim == 2 else codes - codes.min())
        counts = counts[counts > 0]
        alone = float((counts == 1).sum()) / len(codes)
        return cls(len(counts), float(entropy_of_counts(counts)), unseen_entropy(counts), alone)


def _mixture(t: Tensor, y: Tensor, std: float, draws: int, seed: int) -> _Values:
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    order = torch.argsort(labels, stable=True)
    centres = t[order].double()
    centres = (centres - centres.mean(0)) / std
    ends = [0, *torch.cumsum(counts, 0).tolist()]
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for _ in range(draws):
        eps = torch.randn(t.shape, generator=generator, dtype=torch.float64).to(t.device)[order]
        drawn.append(_gains(centres, eps, ends))
    gains = torch.stack(drawn, 1)
    means = gains.mean((1, 2)).tolist()
    errors = [_standard_error(gain) for gain in gains[:2]]
    # e^I is how many inputs T+N tells apart
    alone = float(np.exp(means[0])) / len(t)
    return _Values(means[0], means[1], errors[0], errors[1], means[2] - means[0], means[3] - means[1], alone)


def _standard_error(gains: Tensor) -> float:
    """Of the mean over draws and inputs, shape (draws, n), where the draws are random and the inputs are not."""
    # the spread between inputs cannot be told from that of a single draw, and makes its bar too wide
    variance = gains.var(0).mean() if len(gains) > 1 else gains.var()
    return math.sqrt(float(variance) / gains.numel())


def _gains(centres: Tensor, eps: Tensor, ends: list[int]) -> Tensor:
    """ln p(z|x) - ln p(z) and ln p(z|y) - ln p(z) of z = centres + eps, both of shape (n, d); classes by their ends.

    Returns: shape (4, n); the last two are the same with the sample itself left out of p(z) and p(z|y).
    """
    n, z, log_own = len(centres), centres + eps, -0.5 * eps.square().sum(1)
    gains = log_own.new_empty(4, n)

    def fill(block: slice, of_class: slice) -> None:
        size = of_class.stop - of_class.start
        log_p = squared_distances(z[block], centres).mul_(-0.5)
        # known exactly, where rounding could put the sample's own component outside the sum
        log_p.diagonal(block.start).copy_(log_own[block])
        # densities over the sample's own: what others add to 1
        every, alike = (part.logsumexp(1) - log_own[block] for part in (log_p, log_p[:, of_class]))
        gains[0, block] = math.log(n) - every
        gains[1, block] = math.log(n / size) + alike - every
        # a faint component that knows nothing, without which a sample far from all others would cost any number of nats
        others, others_alike = (part.clamp(0, 700).expm1() for part in (every, alike))
        gains[2, block] = math.log(n) - (others + 1 / n).log()
        gains[3, block] = math.log(n / size) + (others_alike + size / n**2).log() - (others + 1 / n).log()

    by_blocks(fill, ends, columns=n, most=BLOCK, device=centres.device)
    return gains
