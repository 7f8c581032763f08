"""What the inputs are of which an estimator's samples are a part. Without torch, since params.yaml is checked by it."""

import math
from typing import Literal

from pydantic import PositiveInt

Inputs = Literal["split", "all", "population", "sample"] | PositiveInt
"""Over what X is uniform. `all`: the n samples that are given. A number M: so many inputs, of which the samples are a
part, drawn at random. `split`: as many as the recorded split has. `population`, or its older name `sample`: more than
anybody has counted."""


def population_size(inputs: Inputs, split_size: int | None, n: int) -> float:
    """M, the number of inputs that there are; infinite for a population.

    Args:
        split_size: of the split of which the n samples are a part; None: not known, and taken as a population.

    Raises:
        ValueError: fewer than n.
    """
    if inputs == "all":
        return n
    size = split_size if inputs == "split" else inputs
    if size is None or isinstance(size, str):
        return math.inf
    if size < n:
        raise ValueError(f"inputs = {size}: there are {n} samples, which cannot be a part of fewer")
    return size
