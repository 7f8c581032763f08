"""Matrix-based Renyi entropy: how many groups of alike samples a layer shows, by a kernel and without a density.

    S_a(A) = 1 / (1 - a) ln tr A^a,      S_1(A) = - tr(A ln A),      A_ij = K_ij / n,

K_ij = exp(-|t_i - t_j|^2 / 2 w^2) a Gaussian kernel, `alpha` = a. With a = 1, the limit, it is the entropy of von
Neumann; a = 2 takes no eigenvalues: S_2 = -ln sum_ij A_ij^2. It is ln m for m groups of equal size, each of equal
samples and far from the others: from 0 to ln n. In nats; the paper has bits. Cost O(n^2 d), and O(n^3) but for a = 2:
of the first `samples` samples alone.

The kernel's `width` w, unless it is given, is

    w = s n^(-1 / (4 + d)),      s^2 the sum of the variances of units, d of which vary:

Silverman's rule, in the size of the whole layer, so that its scale does not count, and its number of units hardly. Ten
tight groups that are equally far apart then have nearly ln 10. With a given width the value falls as a layer shrinks.

References: Sanchez Giraldo, Rao & Principe (2015), Measures of entropy from data using infinitely divisible kernels,
IEEE Transactions on Information Theory 61(1), arXiv:1211.2459. Tapia & Estevez (2020), On the information plane of
autoencoders, IJCNN, arXiv:2005.07783, for the width, there of units that are standardised. Silverman (1986), Density
estimation for statistics and data analysis, Chapman & Hall, for its exponent.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from infoplane.estimators.parts.distances import exp_
from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import inner_products

LABEL = "Rényi entropy, α = {alpha:g} [nats]"


def measure(
    t: Tensor,
    y: Tensor,
    *,
    alpha: Annotated[float, Field(gt=0, le=1000)] = 2.0,
    width: Annotated[float, Field(gt=0)] | None = None,
    samples: Annotated[int, Field(ge=2, le=20_000)] = 500,
) -> Tensor:
    """The matrix-based Renyi entropy of each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: not used.
        alpha: the order.
        width: of the kernel, in units of activation; None: by the rule above, at each epoch.
        samples: how many to look at, at most; the first.

    Returns: nats, float64, shape (e,), from 0, which a constant layer has, to the logarithm of the samples looked at.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    return torch.stack([_of_one(each[:samples], alpha, width) for each in t]).cpu()


def _of_one(t: Tensor, alpha: float, width: float | None) -> Tensor:
    squares = inner_products.squared_distances(t)
    if not squares.any():
        return squares.new_zeros(())
    variance = _silverman(t, squares) if width is None else width**2
    kernel = exp_(squares / (-2 * variance)).fill_diagonal_(1.0).div_(len(t))
    if alpha == 2:
        return -kernel.square().sum().log()
    shares = inner_products.eigenvalues(kernel)
    if alpha == 1:
        return torch.special.entr(shares).sum()
    return (shares**alpha).sum().log() / (1 - alpha)


def _silverman(t: Tensor, squares: Tensor) -> Tensor:
    """The squared width of the kernel, from the squared distances of all pairs, of which half the mean is s^2."""
    varying = int((t != t[:1]).any(0).sum())
    return squares.mean() / 2 * len(t) ** (-2 / (4 + varying))
