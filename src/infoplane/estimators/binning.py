"""Binning: I(T;Y) and I(X;T) of activations that are cut into bins, by counting.

A bin makes T discrete, and since T is a function of X, I(X; bin T) = H(bin T): the entropy of the bin patterns over
samples. It says as much about the bins as about the network: finer bins give more, up to ln n, where each sample
has a pattern of its own. I(bin T; Y) = H(bin T) - H(bin T | Y). Plug-in entropies, biased downwards: by about
(patterns - 1) / 2n where each pattern has many samples (Miller 1955), and by any amount where much is in patterns that
are rare, of which `parts.counts.unseen_entropy` is an estimate from those that were seen once and twice. I(bin T; Y) is
biased upwards: by up to H(Y) for a sample that is alone in its pattern. How far either still is from what more samples
would give is judged by what half of them give, and, for samples that are alone, by how far patterns of two or three
samples agree in their labels. `few samples` where either may matter.
If the samples are all inputs that there are (`inputs`: `all`, or a split that was recorded whole), nothing is
estimated, and nothing flagged.

Bins between given edges: `cuts`. Equal-width bins: `width`, or `bins` of them between the ends that `edges` chooses.
Quantile bins: `quantile`, as many samples in each of a unit's `bins`. Quantisation to b bits is `bits: b`, 2^b
equal-width bins. Cost O(e n d log n), memory O(n d), or O(n) where activations are read in blocks.

References: Shwartz-Ziv & Tishby (2017), Opening the black box of deep neural networks via information,
arXiv:1703.00810; section 3.3. Saxe et al. (2018), On the information bottleneck theory of deep learning, ICLR; section
2. Goldfeld et al. (2019), Estimating information flow in deep neural networks, ICML, arXiv:1810.05728; section 3, on
what binning measures in a deterministic network. Lorenzen, Igel & Nielsen (2022), Information bottleneck: exact
analysis of (quantized) neural networks, ICLR, arXiv:2106.12912, on 8 bits. Chao, Wang & Jost (2013), Entropy and the
species accumulation curve, Methods in Ecology and Evolution 4, doi:10.1111/2041-210X.12108, on what a sample leaves
out.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveFloat
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.counts import (
    entropy_of_counts,
    impurity_of_rare,
    label_entropy,
    row_ids,
    row_ids_of_blocks,
    unseen_entropy,
)
from infoplane.estimators.parts.folds import random_half
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.streamed import Rows, Streamed, column_blocks, ends, row_blocks
from infoplane.flags import FEW_SAMPLES, SATURATED, join_flags
from infoplane.information import Comparable, Information, Noise, is_saturated, sample_ceiling
from infoplane.population import Inputs, population_size
from infoplane.tolerance import is_beyond_tolerance, label_tolerance

STILL_MISSED_XT, STILL_MISSED_TY = 2.0, 3.0
"""Errors of H(bin T) and I(bin T;Y), in units of what the second half of the samples has changed; docs/log.md."""
OF_ALONE = 0.5
"""Share of the labels that a pattern with few samples leaves open which is counted for one with a single sample."""

MEASURES_XT = "H(bin T); X: {inputs}"
MEASURES_TY = "I(bin T;Y)"
SAME_T = True
STREAMS = True


def comparable(noise: Noise | None) -> Comparable | None:
    """H(bin T) is no estimate of I(X;T) where X does not determine T, and of a discrete T it is H(T)."""
    return None if noise else Comparable(truths={"xt": "entropy_t", "ty": "binned_ty"})


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    extent: dict[str, tuple[float, float]] | None = None,
    bins: Annotated[int, Field(ge=2, le=65536)] = 30,
    edges: Literal["global", "layer", "epoch", "quantile"] = "epoch",
    width: PositiveFloat | None = None,
    bits: Annotated[int, Field(ge=1, le=16)] | None = None,
    cuts: Annotated[list[float], Field(min_length=1)] | None = None,
    split_size: int | None = None,
    inputs: Inputs = "split",
) -> Information:
    """I(X; bin T) = H(bin T) and I(bin T; Y) by counting patterns of bins.

    Args:
        x: inputs, shape (n, d_x); not used, since T is a function of X.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used: activations are recorded without noise.
        seed: of the half of the samples by which the error is judged; values do not depend on it.
        extent: the smallest and largest activation of the `layer` over all epochs and of all layers (`global`).
            Without it both are those of `t`.
        bins: number of bins of each unit.
        edges: equal-width bins between the smallest and the largest activation of all layers and epochs (`global`),
            of this layer over all epochs (`layer`), or of this layer at each epoch (`epoch`); or, at each epoch, a
            unit's own quantiles (`quantile`).
        width: fixed size of equal-width bins, in units of activation, with an edge at 0; `bins` and `edges` then
            have no effect.
        bits: quantisation: 2^bits bins in place of `bins`.
        cuts: edges between bins, in units of activation, in any order: k of them make k + 1 bins, the outermost of
            which have no end; `bins`, `edges`, `width` and `bits` then have no effect. An activation on an edge is in
            the bin above it.
        split_size: of the split of which the samples are a part; filled in by the pipeline.
        inputs: over what X is uniform: `split`, `all` that are given, a number of inputs, or a `population` without
            end; `sample` is an older name of the last. No value is flagged where the samples are all inputs.

    Returns: Information in nats, arrays of shape (e,). Ceilings ln n and H(Y). `saturated` where nearly every sample
        has a pattern of its own: then I(bin T;Y) is close to H(Y) whatever the network has learned. `few samples`
        where H(bin T) may be too small, or I(bin T;Y) too large, by .1 nats and 10 % (`label_tolerance`).

    Raises:
        ValueError: an activation is not finite, or more samples than `inputs`.
    """
    check_activations(t)
    n, epochs = len(y), len(t)
    sample = population_size(inputs, split_size, n) > n
    bins = bins if bits is None else 2**bits
    if extent is None and edges in ("layer", "global"):
        lows, highs = zip(*(ends(each) for each in t), strict=True)
        extent = dict.fromkeys(("layer", "global"), (min(lows), max(highs)))
    patterns = [_patterns(t[epoch], bins, edges, width, extent, cuts) for epoch in range(epochs)]
    labels = torch.unique(y, return_inverse=True)[1]
    half = random_half(n, seed).to(t.device)
    found = side_by_side([_counted(pattern, labels, half) for pattern in patterns])
    h_y, ceiling = label_entropy(y), sample_ceiling(n, epochs)
    saturated = is_saturated(found.mi_xt, ceiling) & sample
    few_xt = is_beyond_tolerance(found.missed_xt, found.mi_xt) & sample
    # where nearly every sample is alone in its pattern nothing says which of their labels are chance
    few_ty = (label_tolerance(h_y).is_exceeded_by(found.missed_ty, found.mi_ty) | saturated) & sample
    return Information(
        mi_xt=found.mi_xt,
        mi_ty=found.mi_ty,
        ceiling_xt=ceiling,
        ceiling_ty=np.full(epochs, h_y),
        flag_xt=join_flags({SATURATED: saturated, FEW_SAMPLES: few_xt}),
        flag_ty=join_flags({FEW_SAMPLES: few_ty}),
        diagnostics={"patterns": found.patterns, "samples_alone_in_their_pattern": found.alone},
    )


class _Counted(NamedTuple):
    """What the counts of one epoch say, in nats: H(bin T), I(bin T;Y), and how far off either may be."""

    mi_xt: float
    mi_ty: float
    missed_xt: float
    missed_ty: float
    patterns: int
    alone: int


def _counted(pattern: Tensor, labels: Tensor, half: Tensor) -> _Counted:
    """Values, and their errors: from rare patterns, and from what half of the samples give."""
    n, counts = len(labels), torch.bincount(pattern)
    joint = row_ids(torch.stack([pattern, labels], 1))
    other = torch.ones(n, dtype=torch.bool, device=pattern.device).scatter_(0, half, False).nonzero()[:, 0]

    def values(rows: Tensor) -> tuple[float, float]:
        h_t, h_y, h_ty = (float(entropy_of_counts(torch.bincount(each[rows]))) for each in (pattern, labels, joint))
        return h_t, h_t + h_y - h_ty

    mi_xt, mi_ty = values(torch.arange(n, device=pattern.device))
    half_xt, half_ty = (sum(each) / 2 for each in zip(values(half), values(other), strict=True))
    alone = int((counts == 1).sum())
    of_alone = OF_ALONE * alone / n * impurity_of_rare(pattern, joint, labels)
    missed_xt = max(unseen_entropy(counts), STILL_MISSED_XT * (mi_xt - half_xt))
    return _Counted(mi_xt, mi_ty, missed_xt, max(of_alone, STILL_MISSED_TY * (half_ty - mi_ty)), len(counts), alone)


def cut_at(t: Tensor, cuts: Sequence[float]) -> Tensor:
    """The bin of each activation between given edges, integers of the shape of t."""
    return torch.bucketize(t.double(), torch.tensor(sorted(cuts), dtype=torch.float64, device=t.device), right=True)


Extent = dict[str, tuple[float, float]]


def _patterns(
    t: Tensor | Rows, bins: int, edges: str, width: float | None, extent: Extent | None, cuts: Sequence[float] | None
) -> Tensor:
    """The pattern of each sample of one epoch, numbered, shape (n,)."""
    blocks = _bins(t, bins, edges, width, extent, cuts)
    return row_ids(next(blocks)[2]) if isinstance(t, Tensor) else row_ids_of_blocks(t.shape, blocks)


def _bins(
    t: Tensor | Rows, bins: int, edges: str, width: float | None, extent: Extent | None, cuts: Sequence[float] | None
) -> Iterator[tuple[slice, slice, Tensor]]:
    """The bin of each activation, integers: rows, columns, and bins there; of a tensor those of all, (n, d_t)."""
    every = slice(None)
    if cuts is None and width is None and edges == "quantile":
        for columns, values in column_blocks(t):
            yield every, columns, _quantile_bins(values, bins)
        return
    low, high = (0.0, 0.0)
    if cuts is None and width is None:
        low, high = ends(t) if edges == "epoch" or extent is None else extent[edges]
    for rows, values in row_blocks(t):
        if cuts is not None:
            yield rows, every, cut_at(values, cuts)
        elif width is not None:
            yield rows, every, torch.floor(values.double() / width).long()
        elif high <= low:
            yield rows, every, torch.zeros_like(values, dtype=torch.long)
        else:
            yield rows, every, values.double().sub_(low).div_(high - low).mul_(bins).long().clamp_(0, bins - 1)


def _quantile_bins(values: Tensor, bins: int) -> Tensor:
    """By the rank of a value among the distinct samples of its unit; equal values share the lowest of their ranks, so
    that ties never fall into different bins."""
    columns = values.T.contiguous()
    ordered = columns.sort(1).values
    return torch.searchsorted(ordered, columns, right=False).T * bins // len(values)
