"""Effective rank: how many directions a layer uses, by the entropy of its singular values.

    erank(T) = exp( - sum_k p_k ln p_k ),        p_k = s_k / sum_j s_j,

s_k the singular values of the n x d matrix T, here less the mean over samples, so that where the layer lies does not
count (`centre: false` for the matrix as it is). It is 1 where all samples lie on a line, d where the units are
uncorrelated and of one variance. No unit: it is a number of dimensions. Cost O(n d min(n, d)).

References: Roy & Vetterli (2007), The effective rank: a measure of effective dimensionality, EUSIPCO.
"""

import torch
from torch import Tensor

from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import inner_products

LABEL = "effective rank"


def measure(t: Tensor, y: Tensor, *, centre: bool = True) -> Tensor:
    """The effective rank of each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: not used.
        centre: less the mean over samples.

    Returns: float64, shape (e,), from 1 to min(n, d); NaN where T is 0, as a constant layer is without its mean.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    return torch.stack([_of_one(each, centre) for each in t]).cpu()


def _of_one(t: Tensor, centre: bool) -> Tensor:
    singular = inner_products.eigenvalues(inner_products.smaller(t, centre=centre)).sqrt()
    p = singular / singular.sum()
    return torch.special.entr(p).sum().exp()
