"""EDGE: I(X;T) and I(T;Y) by hashing samples into cells, in time linear in n.

Problem: neighbour searches cost n^2. Hashing makes cells instead: units become normal scores, more than a few of them
are projected to `dims` random directions, and a cell of width w is h(v) = floor((v + b) / w) with a random offset b.
The dependence graph between cells of X and cells of T has weights n_xt / n and n_x n_t / n^2, and its sum is a
divergence:

    I(w) = sum n_xt/n ln( n n_xt / (n_x n_t) ) = H(h X) + H(h T) - H(h X, h T)

with entropies less their bias from small counts (Grassberger), so that nothing needs a cap or a floor. Cells lose
detail in w^2; the ensemble of several widths is therefore regressed on w^2, and the value is the intercept, averaged
over `hashes` random hashes. The smallest width is the one that leaves `occupancy` samples a cell of (X, T). I(T;Y)
alike, with labels as the cells of Y.

Assumes a density that is smooth at the smallest width. Cost O(e hashes n (d dims + widths log n)), memory O(n d), or
O(n hashes dims) where samples are read in blocks.
It lies in many dimensions: `projected`, where a side has more than `dims` units, so that what random directions cannot
see is left out (too low, often nearly 0); `coarse`, where over the widths of the ensemble the value moves by more
than .06 nats and 6 %, so that it rests on the extrapolation; `few collisions`, where even cells of 2.5 standard
deviations hold too few samples (such a hash counts as 0). On a network layer, where T is a function of X, it is finite
only by its widths.

References: Noshad, Zeng & Hero (2019), Scalable mutual information estimation using dependence graphs, ICASSP,
arXiv:1801.09125; eqs. 4-8. Grassberger (2003), Entropy estimates from insufficient samplings, arXiv:physics/0307138;
eq. 35.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor

from infoplane.estimators.edge.hashed_cells import Cells, Labels, grassberger_terms, information
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.ranks import normal_scores
from infoplane.estimators.parts.second_reader import is_missed, read_inputs, read_labels
from infoplane.estimators.parts.streamed import Rows, Streamed, column_blocks
from infoplane.flags import MISSED, WIDE, join_flags
from infoplane.information import Information, sample_ceiling
from infoplane.tolerance import Tolerance, is_beyond_tolerance

MEASURES_XT = "I(X;T), hashed"
COMPARES_X = True
STREAMS = True
MEASURES_TY = "I(T;Y), hashed"

PROJECTED = "projected"
"""More units than hashed directions: information that the directions do not see is missing."""
COARSE = "coarse"
"""The value rests on extrapolating from cells that are too wide."""
FEW_COLLISIONS = "few collisions"
"""Samples are nearly alone in their cells at every width, and counts say nothing."""
STEEP = Tolerance(nats=0.06, share=0.06)
"""How much the value may change between the widest and the narrowest cells of the ensemble."""
UNSEEN = Tolerance(nats=0.05, share=0.05)
"""How much the extrapolation errs besides, where nothing is flagged and the truth is known: bars are as much longer."""
WIDTHS = 6.0 * 2.0 ** (-np.arange(64) / 4)
"""Widths to choose from, in standard deviations: from a cell that holds nearly all of a Gaussian to 1e-4."""
FIRST = 8
"""The width that is tried first, 1.5 standard deviations: near that for thousands of samples."""
ENSEMBLE = 6
"""Widths that are regressed; the largest is 2.4 times the smallest."""


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    dims: PositiveInt = 3,
    hashes: PositiveInt = 4,
    occupancy: PositiveFloat = 16.0,
) -> Information:
    """I(X;T) and I(T;Y) from the counts of hashed cells.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of directions and offsets, the same at each epoch.
        dims: random directions to which a side with more units is projected.
        hashes: random hashes that are averaged.
        occupancy: mean number of samples in an occupied cell of (X, T) at the smallest width.

    Returns: Information in nats, arrays of shape (e,), not clipped at 0. mi_xt_low to mi_ty_high are two standard
        errors over hashes away, and .05 nats or 5 % more. Ceilings ln n and H(Y).

    Raises:
        ValueError: an activation is not finite, or fewer than 8 samples.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 8:
        raise ValueError(f"{n} samples are too few to share cells; at least 8 are needed")
    terms = grassberger_terms(n, t.device)
    of_y = Labels(y, terms)
    draw = torch.Generator().manual_seed(seed)
    lines, offsets = [], []
    for _ in range(hashes):
        lines.append([_directions(d, dims, draw).to(t.device) for d in (x.shape[1], t.shape[2])])
        offsets.append([torch.rand(len(each), generator=draw, dtype=torch.float64).to(t.device) for each in lines[-1]])
    # of all hashes at once, because reading the scores is what takes time
    on_x, on_t = (
        _projected(side, torch.cat(of_side)).unflatten(-2, (hashes, -1))
        for of_side, side in zip(zip(*lines, strict=True), (x, t), strict=True)
    )
    values = torch.empty(epochs, hashes, 4, dtype=torch.float64)
    near = np.full((epochs, 2), FIRST)
    for i in range(hashes):
        of_x = Cells(on_x[i], offsets[i][0], terms)
        for epoch in range(epochs):
            cells = Cells(on_t[epoch, i], offsets[i][1], terms)
            for axis, other in enumerate((of_x, of_y)):
                fit = _extrapolate(other, cells, occupancy, terms, near[epoch, axis])
                near[epoch, axis] = fit.smallest
                values[epoch, i, 2 * axis : 2 * axis + 2] = torch.tensor([fit.intercept, fit.rise])
    few_xt, few_ty = (torch.isnan(values[:, :, pair]).any(2).any(1).numpy() for pair in (slice(0, 2), slice(2, 4)))
    values = values.nan_to_num(0.0)
    mean = values.mean(1).numpy()
    error = (values.std(1, correction=0) / math.sqrt(max(hashes - 1, 1))).numpy()
    (mi_xt, rise_xt, mi_ty, rise_ty), bar_xt, bar_ty = mean.T, *(2 * error[:, [0, 2]].T)
    bar_xt, bar_ty = bar_xt + UNSEEN.at(mi_xt), bar_ty + UNSEEN.at(mi_ty)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        mi_xt_low=mi_xt - bar_xt,
        mi_xt_high=mi_xt + bar_xt,
        mi_ty_low=mi_ty - bar_ty,
        mi_ty_high=mi_ty + bar_ty,
        ceiling_xt=sample_ceiling(n, epochs),
        ceiling_ty=np.full(epochs, label_entropy(y)),
        flag_xt=join_flags(
            {
                PROJECTED: np.full(epochs, max(x.shape[1], t.shape[2]) > dims),
                COARSE: STEEP.is_exceeded_by(rise_xt, mi_xt),
                FEW_COLLISIONS: few_xt,
                WIDE: is_beyond_tolerance(bar_xt, mi_xt),
                MISSED: is_missed(read_inputs(x, t, seed), mi_xt, n),
            }
        ),
        flag_ty=join_flags(
            {
                PROJECTED: np.full(epochs, t.shape[2] > dims),
                COARSE: STEEP.is_exceeded_by(rise_ty, mi_ty),
                FEW_COLLISIONS: few_ty,
                WIDE: is_beyond_tolerance(bar_ty, mi_ty),
                MISSED: is_missed(read_labels(t, y, seed), mi_ty, n),
            }
        ),
        diagnostics={"rise_xt": rise_xt, "rise_ty": rise_ty},
    )


def _directions(d: int, dims: int, draw: torch.Generator) -> Tensor:
    """Orthonormal random directions, or the units themselves, shape (min(d, dims), d)."""
    if d <= dims:
        return torch.eye(d, dtype=torch.float64)
    return torch.linalg.qr(torch.randn(d, dims, generator=draw, dtype=torch.float64))[0].T


def _projected(side: Tensor | Rows | Streamed, lines: Tensor) -> Tensor:
    """Normal scores along so many lines, shape (lines, n), or (e, lines, n) of several epochs."""
    if isinstance(side, Tensor):
        return lines @ normal_scores(side).mT
    if isinstance(side, Streamed):
        found = lines.new_empty(len(side), len(lines), side.shape[1])
        for epoch, rows in enumerate(side):
            found[epoch] = _projected(rows, lines)
        return found
    found = lines.new_zeros(len(lines), len(side))
    for columns, values in column_blocks(side):
        found.addmm_(lines[:, columns], normal_scores(values).mT)
    return found


class Extrapolation(NamedTuple):
    """Information regressed on the squared width of cells.

    Attributes:
        intercept: at width 0, nats; NaN where cells are never full.
        rise: from the largest to the smallest width, likewise.
        smallest: index of the smallest width, which the next hash had better try first.
    """

    intercept: float
    rise: float
    smallest: int


def _extrapolate(one: Cells | Labels, other: Cells, occupancy: float, terms: Tensor, near: int) -> Extrapolation:
    """Regress the information between two sides on the width; `near` is the index of the width that is tried first."""
    n, at_width = len(terms) - 1, {}

    def crowded(index: int) -> bool:
        at_width[index], cells = information(one.at(WIDTHS[index]), other.at(WIDTHS[index]), terms)
        return n / cells >= occupancy

    # the smallest width that leaves enough samples a cell: steps that double from the one tried first, then bisection
    low, high, step = -1, len(WIDTHS), 1
    index = near
    while high - low > 1:
        if crowded(index):
            low, index = index, index + step
        else:
            high, index = index, index - step
        step *= 2
        if not low < index < high:
            index = (low + high) // 2
    low = max(low, 0)
    if low < ENSEMBLE - 1:
        return Extrapolation(math.nan, math.nan, low)
    chosen = range(low - ENSEMBLE + 1, low + 1)
    for index in chosen:
        if index not in at_width:
            crowded(index)
    values = [at_width[index] for index in chosen]
    _, intercept = np.polyfit(np.square(WIDTHS[chosen.start : chosen.stop]), values, 1)
    return Extrapolation(float(intercept), values[-1] - values[0], low)
