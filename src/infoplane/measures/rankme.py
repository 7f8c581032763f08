"""RankMe: the effective rank of embeddings as they are, which goes with how well a linear reader does on them.

    RankMe(T) = exp( - sum_k p_k ln p_k ),        p_k = s_k / sum_j s_j + 1e-7,

s_k the min(n, d) singular values of the n x d matrix T, with its mean. It is `effective_rank` but for two things: the
mean counts, so that a layer far from 0 seems of fewer dimensions, and 1e-7 keeps the logarithm finite, which moves the
value by less than 1e-4 of it. No unit: it is a number of dimensions. Cost O(n d min(n, d)).

References: Garrido, Balestriero, Najman & LeCun (2023), RankMe: assessing the downstream performance of pretrained
self-supervised representations by their rank, ICML, arXiv:2210.02885; eq. 1.
"""

import torch
from torch import Tensor

from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import inner_products

LABEL = "RankMe"

EPSILON = 1e-7
"""The paper's, of single precision."""


def measure(t: Tensor, y: Tensor) -> Tensor:
    """RankMe of each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: not used.

    Returns: float64, shape (e,), from 1 to min(n, d), but for the 1e-7; NaN where T is 0.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    return torch.stack([_of_one(each) for each in t]).cpu()


def _of_one(t: Tensor) -> Tensor:
    singular = inner_products.eigenvalues(inner_products.smaller(t, centre=False)).sqrt()
    p = singular / singular.sum() + EPSILON
    return torch.special.entr(p).sum().exp()
