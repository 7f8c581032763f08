"""How far off a value may be that is trusted, and whether an error is more than that. All in nats."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Tolerance(NamedTuple):
    """How far off a value may be: so many nats, or a share of the value where that is more.

    Attributes:
        nats: what matters where the value is small.
        share: of the value, what matters where it is large.
    """

    nats: float
    share: float

    def at(self, mi: ArrayLike) -> np.ndarray:
        """The largest error, in nats, that values mi may have; of the shape of mi."""
        return np.maximum(self.nats, self.share * np.asarray(mi))

    def is_exceeded_by(self, error: ArrayLike, mi: ArrayLike) -> np.ndarray:
        """Whether an error, of either sign, is more than values mi may have; bool of their shape."""
        return np.abs(error) > self.at(mi)


TOLERANCE = Tolerance(nats=0.1, share=0.1)
"""A value without a flag is trusted to be this near to the truth."""
OF_LABELS = 0.2
"""Share of H(Y) that takes the place of .1 nats for I(T;Y), if it is less: labels that hold .05 nats would else be told
from none by nothing."""
BIAS = Tolerance(nats=0.06, share=0.06)
"""What a check behind the flag `biased` may find before the flag is raised."""


def is_beyond_tolerance(error: ArrayLike, mi: ArrayLike) -> np.ndarray:
    """Whether an error of this size, of either sign, is more than an unflagged value may have; of their shape."""
    return TOLERANCE.is_exceeded_by(error, mi)


def label_tolerance(h_y: float) -> Tolerance:
    """How far an unflagged value of I(T;Y) may be off where labels have the entropy h_y."""
    return Tolerance(min(TOLERANCE.nats, OF_LABELS * h_y), TOLERANCE.share)


def is_changed_by_half(change: np.ndarray, mi: np.ndarray, n: int) -> np.ndarray:
    """Whether an estimate from half of the n samples differs from that of all by more than chance, shape (e,) of bool.

    Args:
        change: estimate from all samples less that from half of them, shape (e,).
        mi: estimate from all samples, shape (e,).
    """
    # half the samples vary by 1 / sqrt(n) or so by chance alone
    return np.abs(change) > BIAS.at(mi) + 3 / math.sqrt(n)
