"""The words that say why a value should not be trusted: a flag is none, one or more of them, joined by "; "."""

from collections.abc import Mapping
from itertools import compress

import numpy as np

SATURATED = "saturated"
"""The value is within reach of what this sample size can show at all; the truth may be far above it."""
OVERFIT = "overfit"
"""A trained estimator does much better on its training data than on held-out data."""
UNCONVERGED = "unconverged"
"""A trained estimator was still improving when its steps ran out."""
WIDE = "wide bounds"
"""The lower and the upper bound are too far apart for one number between them to mean much."""
FEW_SAMPLES = "few samples"
"""There are too few samples for what is counted or fitted: the sample and not the layer governs the value."""
BIASED = "biased"
"""On Gaussian data of known information the estimator was wrong, half the samples give another value, or there are many
dimensions that depend in another way than Gaussians do."""
MISSED = "missed"
"""A second reader, which works in another way, sees more dependence than the value says."""
NO_NOISE = "no noise"
"""The layer injects no noise, so that an estimator of noisy channels has nothing to say."""
OTHER_NOISE = "other noise"
"""The layer's noise is not of the kind that the estimator knows, so that it has nothing to say."""
DATA_PROCESSING = "data processing"
"""A later layer of the network seems to know more of the label than this one, or this one than an earlier."""
REDUCED = "reduced"
"""The reduction before the estimator keeps little of the variance: the value may be far below that of X and T."""
DIVERGED = "diverged"
"""The activations were not finite (record.allow_diverged): there is no value."""
AXIS_FLAGS = ("flag_xt", "flag_ty")
FLAGS = ("flag", *AXIS_FLAGS)
"""The columns of words: of either axis, and of each."""


def join_flags(raised: Mapping[str, np.ndarray]) -> list[str]:
    """One string per epoch that joins the words raised there.

    Args:
        raised: for each flag's word (such as `SATURATED`) a bool array of shape (e,).
    """
    return ["; ".join(compress(raised, row)) for row in zip(*raised.values(), strict=True)]


def join_words(*flags: str) -> str:
    """One flag with the distinct words of several, in order of appearance."""
    return "; ".join(dict.fromkeys(word for flag in flags for word in words_of(flag)))


def words_of(flag: str) -> list[str]:
    """The words of a flag."""
    return flag.split("; ") if flag else []
