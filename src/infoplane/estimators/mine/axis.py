"""One axis of the information plane, I(X;T) or I(T;Y), at one epoch: its estimate and what is known about it."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from infoplane.estimators.mine.fitting import History


@dataclass(frozen=True)
class Axis:
    """The estimate of one axis at one epoch, and what is known about it.

    Attributes:
        value: nats.
        stderr: its standard error.
        ceiling: the largest value that could have come out.
        history: of training.
        diagnostics: numbers by their name.
        more: what more samples would probably add; for I(X;T), to what twists of the sides show.
        left_out: for I(X;T), nats that are probably in directions that critics do not see.
        doubtful: for I(X;T), fitting a closed form has lost more than can be made up for, or tails are heavy and
            networks learn much besides; for I(T;Y), far below 0 or below what held-out samples said, found by
            neighbours alone, or H(Y) is uncertain.
        gap_by_fitting: how much of the gap between training and held-out samples a fitted closed form explains.
        saturated: in a fold, too much of dv lies in pairs so rare that no other pair could have shown it to be wrong.
    """

    value: float
    stderr: float
    ceiling: float
    history: History
    diagnostics: dict[str, float]
    saturated: bool = False
    more: float = 0.0
    left_out: float = 0.0
    doubtful: bool = False
    gap_by_fitting: float = 0.0


def by_epoch(values: Tensor, epochs: int) -> np.ndarray:
    """Numbers of critics, shape (critics,), as (epochs, folds)."""
    return values.unflatten(0, (epochs, -1)).cpu().numpy()
