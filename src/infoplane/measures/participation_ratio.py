"""Participation ratio: over how many directions a layer's variance is spread.

    PR(T) = ( sum_k l_k )^2 / sum_k l_k^2 = (tr C)^2 / tr C^2,

l_k the eigenvalues of the covariance C of the units. It is 1 where one direction holds all variance, d where it is
spread evenly, and smaller than the effective rank, as it weighs variances and not their roots. Both traces come without
eigenvalues. No unit: it is a number of dimensions. Cost O(n d min(n, d)).

References: Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy & Ganguli (2017), A theory of multineuronal dimensionality,
dynamics and measurement, bioRxiv, doi:10.1101/214262.
"""

import torch
from torch import Tensor

from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import inner_products

LABEL = "participation ratio"


def measure(t: Tensor, y: Tensor) -> Tensor:
    """The participation ratio of each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: not used.

    Returns: float64, shape (e,), from 1 to min(n - 1, d); NaN where the layer is constant.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    return torch.stack([_of_one(each) for each in t]).cpu()


def _of_one(t: Tensor) -> Tensor:
    # the factors 1 / n of the covariance cancel, and T T' has the traces of T' T
    products = inner_products.smaller(t, centre=True)
    return products.trace().square() / products.square().sum()
