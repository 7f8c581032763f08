"""Which epochs are recorded: every one, every k-th, n log-spaced ones, a list, or what a user's function chooses.

Epoch 0 is before training.
"""

from collections.abc import Iterable

from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS, Named, is_own, own

RECORDED_EPOCHS = r"all|(every|log) [1-9][0-9]{0,5}"


def recorded_epochs(chosen: str | list[int], last: int) -> list[int]:
    """The recorded epochs in ascending order.

    Args:
        chosen: `all`; `every k`: 0, k, 2k, ... and the last; `log n`: n epochs or all if there are fewer, 0, 1 and the
            last among them, the others spaced as evenly in their logarithm as whole numbers can be; `module:function`
            (`chosen_by_own`); or a list of epochs.
        last: the last epoch of training.

    Raises:
        ValueError: fewer log-spaced epochs than the two ends.
        UserError: as `chosen_by_own` does.
    """
    if isinstance(chosen, list):
        return sorted(chosen)
    if is_own(chosen):
        return chosen_by_own(chosen, range(last + 1))
    if chosen == "all":
        return list(range(last + 1))
    if last == 0:
        return [0]
    spacing, number = chosen.split()
    if spacing == "every":
        return sorted({*range(0, last + 1, int(number)), last})
    n = min(int(number), last + 1)
    if n < 2:
        raise ValueError("at least 2 log-spaced epochs are needed, the first and the last")
    if n == 2:
        return [0, last]
    epochs = [0, 1]
    for left in range(n - 2, 0, -1):
        # Small epochs would coincide when rounded, so each step is at least one and the rest is spaced anew.
        step = epochs[-1] * (last / epochs[-1]) ** (1 / left)
        epochs.append(max(epochs[-1] + 1, round(step)))
    return epochs


def own_function(chosen: str | list[int]) -> Named | None:
    """The function of the user's own that chooses epochs, not imported; None where there is none."""
    return own("record.epochs", chosen, "function {}") if isinstance(chosen, str) and is_own(chosen) else None


def chosen_by_own(chosen: str, epochs: Iterable[int]) -> list[int]:
    """Those of the epochs for which a function of the user's own is true, at least one.

    Raises:
        UserError: there is no such function, it fails, or it chooses none.
    """
    named = own("record.epochs", chosen, "function {}")
    function = named.load()
    try:
        found = [epoch for epoch in epochs if function(epoch)]
    except Exception as error:  # whatever the user's function does
        raise UserError(
            f"{PARAMS}: record.epochs = {chosen!r}: cannot be called as {named.attribute}(epoch): {in_one_line(error)}"
        ) from error
    if not found:
        raise UserError(f"{PARAMS}: record.epochs = {chosen!r}: {named.attribute}(epoch) is true for no epoch")
    return found


def places(chosen: str, count: int) -> list[int]:
    """Which of so many checkpoints are taken, counted from 0, by `all`, `every k` or `log n`.

    Raises:
        UserError: as `recorded_epochs` raises a ValueError.
    """
    try:
        return recorded_epochs(chosen, count - 1)
    except ValueError as error:
        raise UserError(f"{PARAMS}: record.epochs = {chosen!r}: {error}") from error
