"""Linear centred kernel alignment (CKA): how alike two layers arrange the same samples, up to rotation and scale.

    CKA = HSIC(K, L) / sqrt( HSIC(K, K) HSIC(L, L) ),      K = T T', L = U U', less their means over samples

    biased:    HSIC(K, L) = |T' U|^2
    unbiased:  HSIC(K, L) = |T' U|^2 - n/(n-2) sum_i k_i l_i + (sum_i k_i)(sum_i l_i) / ((n-1)(n-2)),    k_i = K_ii

but for factors that cancel, |.| the Frobenius norm. The biased one goes to 1 where layers are wide against n, whatever
they hold; the unbiased one is 0 on average where they are independent, and so may fall slightly below. From 0 to 1, 1
for a layer and any rotation and multiple of it; no unit. |T' U|^2 is that of units, d_t x d_u, where both layers are
narrower than the samples are many, else sum_ij K_ij L_ij. Cost O(n d_t d_u) a pair, or O(n^2).

References: Kornblith, Norouzi, Lee & Hinton (2019), Similarity of neural network representations revisited, ICML,
arXiv:1905.00414; eq. 4. Song, Smola, Gretton, Bedo & Borgwardt (2012), Feature selection via dependence maximization,
JMLR 13, for the unbiased HSIC; Nguyen, Raghu & Kornblith (2021), Do wide and deep networks learn the same things?,
ICLR, arXiv:2010.15327, for its use in CKA.
"""

import math
from typing import NamedTuple

from torch import Tensor

from infoplane.measures.parts import inner_products


class Prepared(NamedTuple):
    """One layer at one epoch, ready to be compared.

    Attributes:
        values: float64, less their means: activations of shape (n, d), or T T' of shape (n, n) for d > n.
        is_gram: whether it is T T'.
        sizes: the squared norm of each sample, shape (n,).
    """

    values: Tensor
    is_gram: bool
    sizes: Tensor

    def gram(self) -> Tensor:
        """T T', shape (n, n)."""
        return self.values if self.is_gram else self.values @ self.values.T


def prepared(t: Tensor) -> Prepared:
    """One layer at one epoch, t of shape (n, d); what is kept of it takes n min(n, d) numbers."""
    if t.shape[1] > len(t):
        gram = inner_products.of_samples(t, centre=True)
        return Prepared(gram, True, gram.diagonal())
    values = inner_products.centred(t)
    return Prepared(values, False, values.square().sum(1))


def linear_cka(one: Prepared, other: Prepared, *, unbiased: bool = True) -> float:
    """CKA of two layers on the same samples.

    Returns: NaN where one of them is constant, or, unbiased, where there are fewer than four samples.
    """
    n = len(one.sizes)
    if unbiased and n < 4:
        return math.nan
    both, first, second = (_hsic(*pair, unbiased) for pair in ((one, other), (one, one), (other, other)))
    return both / math.sqrt(first * second) if first > 0 and second > 0 else math.nan


def _hsic(one: Prepared, other: Prepared, unbiased: bool) -> float:
    """HSIC but for a factor that depends on n alone."""
    if one.is_gram or other.is_gram:
        aligned = (one.gram() * other.gram()).sum()
    else:
        aligned = (one.values.T @ other.values).square().sum()
    if not unbiased:
        return float(aligned)
    n = len(one.sizes)
    together = one.sizes @ other.sizes
    return float(aligned - n / (n - 2) * together + one.sizes.sum() * other.sizes.sum() / ((n - 1) * (n - 2)))
