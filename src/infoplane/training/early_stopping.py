"""When a training is over before its last epoch: its scores so far decide, so that a resumed one stops where it would.

References: Prechelt (1998), Early stopping - but when?, doi:10.1007/3-540-49430-8_3.
"""

from collections.abc import Sequence

from infoplane.settings.sections import EarlyStopping
from infoplane.training.loop import Epoch


def is_over(epochs: Sequence[Epoch], rule: EarlyStopping | None) -> bool:
    """Whether no epoch of the last `patience` ones is better, by more than `min_delta`, than all before.

    Args:
        epochs: all that are finished, from 0.
    """
    return rule is not None and len(epochs) - 1 - _best(epochs, rule) >= rule.patience


def reason(epochs: Sequence[Epoch], rule: EarlyStopping | None) -> str:
    """In words, why a training ended where it did; empty where that was its last epoch."""
    if rule is None or not is_over(epochs, rule):
        return ""
    best = epochs[_best(epochs, rule)]
    return f"stopped early, since {rule.by} was best after epoch {best.number}, {rule.patience} epochs before"


def _best(epochs: Sequence[Epoch], rule: EarlyStopping) -> int:
    """The place of the last epoch that counts as better than all before; NaN is never better."""
    split, _, score = rule.by.partition("_")
    sign = 1 if score == "loss" else -1
    place, lowest = 0, float("inf")
    for i, epoch in enumerate(epochs):
        value = sign * getattr(getattr(epoch, split), score)
        if value < lowest - rule.min_delta:
            place, lowest = i, value
    return place
