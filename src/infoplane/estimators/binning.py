"""Binning: I(T;Y) and I(X;T) of activations that are cut into bins, by counting.

A bin makes T discrete, and since T is a function of X, I(X; bin T) = H(bin T): the entropy of the bin patterns over
samples. It says as much about the bins as about the network: finer bins give more, up to ln n, where each sample
has a pattern of its own. I(bin T; Y) = H(bin T) - H(bin T | Y). Plug-in entropies, biased downwards by about
(patterns - 1) / 2n (Miller 1955), so that I(bin T; Y) is biased upwards when patterns are nearly as many as samples.

Equal-width bins: `width`, or `bins` of them between the ends that `edges` chooses. Quantile bins: `quantile`, as many
samples in each of a unit's `bins`. Cost O(e n d log n), memory O(n d).

References: Shwartz-Ziv & Tishby (2017), arXiv:1703.00810, section 3.3; Saxe et al. (2018), section 2; Goldfeld et al.
(2019), section 3, on what binning measures in a deterministic network.
"""

from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor

from infoplane.information import SATURATED, Comparable, Information, Noise, is_saturated, join_flags, sample_ceiling
from infoplane.numerics import check_activations, entropy_of_counts, label_entropy, row_ids

MEASURES_XT = "H(bin T)"
MEASURES_TY = "I(bin T;Y)"


def comparable(noise: Noise | None) -> Comparable | None:
    """H(bin T) is the bins' own quantity, and no estimate of I(X;T) where X does not determine T."""
    return None if noise else Comparable(truths={"ty": "truth_ty"})


def estimate(
    x: Tensor,
    t: Tensor,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    extent: dict[str, tuple[float, float]] | None = None,
    bins: Annotated[int, Field(ge=2, le=65536)] = 30,
    edges: Literal["global", "layer", "epoch", "quantile"] = "epoch",
    width: PositiveFloat | None = None,
) -> Information:
    """I(X; bin T) = H(bin T) and I(bin T; Y) by counting patterns of bins.

    Args:
        x: inputs, shape (n, d_x); not used, since T is a function of X.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used: activations are recorded without noise.
        seed: not used: nothing is random.
        extent: the smallest and largest activation of the `layer` over all epochs and of all layers (`global`).
            Without it both are those of `t`.
        bins: number of bins of each unit.
        edges: equal-width bins between the smallest and the largest activation of all layers and epochs (`global`),
            of this layer over all epochs (`layer`), or of this layer at each epoch (`epoch`); or, at each epoch, a
            unit's own quantiles (`quantile`).
        width: fixed size of equal-width bins, in units of activation, with an edge at 0; `bins` and `edges` then
            have no effect.

    Returns: Information in nats, arrays of shape (e,). Ceilings ln n and H(Y). `saturated` where nearly every sample
        has a pattern of its own: then I(bin T;Y) is close to H(Y) whatever the network has learned.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    n, epochs = len(y), len(t)
    whole = (float(t.min()), float(t.max()))
    patterns = [
        row_ids(_cut(t[epoch], bins, edges, width, extent or {"layer": whole, "global": whole}))
        for epoch in range(epochs)
    ]
    counts = [torch.bincount(pattern) for pattern in patterns]
    h_t = torch.stack([entropy_of_counts(count) for count in counts])
    labels = torch.unique(y, return_inverse=True)[1]
    h_ty = torch.stack([entropy_of_counts(torch.bincount(row_ids(_pairs(pattern, labels)))) for pattern in patterns])
    h_y = label_entropy(y)
    mi_xt, mi_ty = h_t.cpu().numpy(), (h_t + h_y - h_ty).cpu().numpy()
    ceiling = sample_ceiling(n, epochs)
    return Information(
        mi_xt=mi_xt,
        mi_ty=mi_ty,
        ceiling_xt=ceiling,
        ceiling_ty=torch.full((epochs,), h_y).numpy(),
        flag=join_flags({SATURATED: is_saturated(mi_xt, ceiling)}),
        diagnostics={
            "patterns": torch.tensor([len(count) for count in counts]).numpy(),
            "samples_alone_in_their_pattern": torch.stack([(count == 1).sum() for count in counts]).cpu().numpy(),
        },
    )


def _cut(t: Tensor, bins: int, edges: str, width: float | None, extent: dict[str, tuple[float, float]]) -> Tensor:
    """The bin of each activation, integers of shape (n, d_t)."""
    if width is not None:
        return torch.floor(t.double() / width).long()
    if edges == "quantile":
        # The rank of a value among the distinct samples of its unit; equal values share the lowest of their ranks,
        # so that ties never fall into different bins.
        ordered = t.T.contiguous().sort(1).values
        ranks = torch.searchsorted(ordered, t.T.contiguous(), right=False).T
        return ranks * bins // len(t)
    low, high = (float(t.min()), float(t.max())) if edges == "epoch" else extent[edges]
    if high <= low:
        return torch.zeros_like(t, dtype=torch.long)
    return ((t.double() - low) / (high - low) * bins).floor().long().clamp(0, bins - 1)


def _pairs(pattern: Tensor, labels: Tensor) -> Tensor:
    return torch.stack([pattern, labels], 1)
