"""Exact: I(X;T) and I(T;Y) where the inputs are finitely many and all are given, by counting.

Problem: a referee. If X is uniform over the n given inputs and T is discrete, all probabilities are known:

    I(X;T) = H(X) + H(T) - H(X,T) by counting rows,     I(T;Y) = H(T) + H(Y) - H(T,Y).

T counts as it is (`bits: null`: equal activations are equal) or quantised to 2^bits levels per unit between the
smallest and the largest activation of the layer, as in a network with quantised activations. With `noise_std` the
layer is T+N instead, N ~ N(0, noise_std^2 I), a mixture of n known Gaussians, whose information is exact but for the
random draws of N (`parts.channel_information`, which also follows it to more inputs than are given).

Counting assumes that the rows are all of X, equally likely: `inputs: all`, or a split that was recorded whole. If they
are a sample of more, H(T) saturates: I(X;T) at ln n, I(T;Y) at H(Y), as soon as rows differ; `saturated` then says so
where I(X;T) is near ln n or more than a twentieth of the rows has a T of its own. `few samples`: a value may be off by
.1 nats and 10 % before that, by what a sample leaves out (`unseen_entropy` of T, of X or Y, and of both together, and
rows that are alone in their T). Cost O(e n d log n) to count, O(e n^2 d draws) with noise, memory of blocks.

References: Lorenzen, Igel & Nielsen (2022), Information bottleneck: exact analysis of (quantized) neural networks,
ICLR, arXiv:2106.12912, on quantised activations; Goldfeld et al. (2019), Estimating information flow in deep neural
networks, ICML, arXiv:1810.05728, on T+N; Chao, Wang & Jost (2013), Entropy and the species accumulation curve, Methods
in Ecology and Evolution 4, doi:10.1111/2041-210X.12108, on entropies of samples.
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.channel_rows import noisy
from infoplane.estimators.parts.channels import channels_information
from infoplane.estimators.parts.counts import (
    entropy_of_counts,
    label_entropy,
    row_ids,
    row_ids_of_blocks,
    unseen_entropy,
)
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.streamed import Rows, Streamed, ends, row_blocks
from infoplane.flags import FEW_SAMPLES, NO_NOISE, OTHER_NOISE, SATURATED, join_flags
from infoplane.information import Comparable, Information, Noise, is_saturated, sample_ceiling
from infoplane.population import Inputs, population_size
from infoplane.tolerance import is_beyond_tolerance

MEASURES_XT = "I(X;T) by counting; X: {inputs}"
MEASURES_TY = "I(T;Y) by counting"
SAME_T = True
STREAMS = True

ALONE = 0.05
"""Share of rows with a T of their own above which counts of a sample say little about what it was drawn from."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Additive noise is taken as the layer's own; without noise, rows are counted."""
    if noise is None:
        return Comparable({"noise_std": None})
    return None if noise.isotropic_std is None else Comparable({"noise_std": "injected"})


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    bits: Annotated[int, Field(ge=1, le=24)] | None = None,
    noise_std: Annotated[float, Field(gt=0, le=1e6)] | Literal["injected"] | None = None,
    draws: PositiveInt = 1,
    split_size: int | None = None,
    inputs: Inputs = "split",
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
        split_size: of the split of which the samples are a part; filled in by the pipeline.
        inputs: over what X is uniform: `split`, `all` that are given, a number of inputs, or a `population` without
            end; `sample` is an older name of the last.

    Returns: Information in nats, arrays of shape (e,). Ceilings H(X) of the rows, at most ln n, and H(Y). With noise,
        bars and flags as `parts.channel_information` has them.

    Raises:
        ValueError: an activation is not finite, or more samples than `inputs`.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if noise_std == "injected":
        if noise is None:
            return Information(flag=[NO_NOISE] * epochs)
        if noise.isotropic_std is None:
            return Information(flag=[OTHER_NOISE] * epochs)
        noise_std = noise.isotropic_std
    population = population_size(inputs, split_size, n)
    if noise_std is not None:
        std = torch.full((1, 1), noise_std, dtype=torch.float64, device=t.device)
        channels = (noisy(each, std, lambda values: values) for each in t)
        return channels_information(channels, y, population, seed, draws)
    rows = _rows(x, None)
    h_x, h_y = float(entropy_of_counts(torch.bincount(rows))), label_entropy(y)
    ceiling = np.minimum(sample_ceiling(n, epochs), h_x)
    values = side_by_side([_count(_rows(t[i], bits), rows, y) for i in range(epochs)])
    saturated = is_saturated(values.mi_xt, sample_ceiling(n, epochs)) | (values.alone > ALONE)
    few_xt, few_ty = (
        is_beyond_tolerance(doubt, mi)
        for doubt, mi in ((values.doubt_xt, values.mi_xt), (values.doubt_ty, values.mi_ty))
    )
    sample = population > n
    return Information(
        mi_xt=values.mi_xt,
        mi_ty=values.mi_ty,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, h_y),
        flag_xt=join_flags({SATURATED: saturated & sample, FEW_SAMPLES: few_xt & sample}),
        flag_ty=join_flags({FEW_SAMPLES: few_ty & sample}),
        diagnostics={"share_alone": values.alone},
    )


def _rows(values: Tensor | Rows, bits: int | None) -> Tensor:
    """Numbers that are alike where samples, quantised to 2^bits levels, are equal, shape (n,)."""
    low, high = (0.0, 0.0) if bits is None else ends(values)

    def levels(part: Tensor) -> Tensor:
        if bits is None or low == high:
            return part if bits is None else torch.zeros_like(part, dtype=torch.int64)
        return ((part.double() - low) / (high - low) * (2**bits - 1)).round().long()

    if isinstance(values, Tensor):
        return row_ids(levels(values))
    return row_ids_of_blocks(values.shape, ((rows, slice(None), levels(part)) for rows, part in row_blocks(values)))


class _Values(NamedTuple):
    """One epoch, in nats.

    Attributes:
        doubt_xt, doubt_ty: how far off each value may be if the rows are a sample of more.
        alone: share of the samples with a T of their own.
    """

    mi_xt: float
    mi_ty: float
    doubt_xt: float
    doubt_ty: float
    alone: float


def _count(patterns: Tensor, rows: Tensor, y: Tensor) -> _Values:
    of_t, of_x = _Counted.of(patterns), _Counted.of(rows)
    information, doubt = [], []
    for other in (rows, y):
        of_other, both = _Counted.of(other), _Counted.of(torch.stack([patterns, other], 1))
        information.append(of_other.entropy + of_t.entropy - both.entropy)
        doubt.append(abs(of_other.unseen + of_t.unseen - both.unseen))
        # where X is seen to determine T, its rows that are alone are no reason to doubt that
        if other is y or both.patterns > of_x.patterns:
            doubt[-1] += of_t.alone * of_other.entropy + of_other.alone * of_t.entropy
    return _Values(information[0], information[1], doubt[0], doubt[1], of_t.alone)


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
