"""Distances of all pairs, and exponentials of them."""

import math

import torch
from torch import Tensor


def exp_(exponents: Tensor) -> Tensor:
    """e to each exponent, in place, less twice what is next to the smallest normal number, and 0 below that.

    Where results underflow, `torch.exp` takes thirty times as long on a CPU.
    """
    smallest = -87.0 if exponents.dtype == torch.float32 else -700.0
    return exponents.clamp_(min=smallest).exp_().sub_(2 * math.exp(smallest)).clamp_(min=0)


def squared_distances(rows: Tensor, others: Tensor) -> Tensor:
    """Squared Euclidean distances between two sets of points, by one matrix product; never below 0.

    Rounding leaves about 1e-16 (float64) or 1e-7 (float32) of the squared norms: centre the points first, and do not
    compare the result with 0.

    Args:
        rows: shape (a, d), or (e, a, d). others: shape (b, d), or (e, b, d).
    Returns: shape (a, b), or (e, a, b).
    """
    multiply = torch.addmm if rows.ndim == 2 else torch.baddbmm
    products = multiply(others.square().sum(-1)[..., None, :], rows, others.mT, alpha=-2)
    return products.add_(rows.square().sum(-1, keepdim=True)).clamp_(min=0)
