"""Which epochs are recorded: every one, every k-th, n log-spaced ones, or a list. Epoch 0 is before training."""

from infoplane.errors import UserError
from infoplane.named import PARAMS

RECORDED_EPOCHS = r"all|(every|log) [1-9][0-9]{0,5}"


def recorded_epochs(chosen: str | list[int], last: int) -> list[int]:
    """The recorded epochs in ascending order.

    Args:
        chosen: `all`; `every k`: 0, k, 2k, ... and the last; `log n`: n epochs or all if there are fewer, 0, 1 and the
            last among them, the others spaced as evenly in their logarithm as whole numbers can be; or a list of
            epochs.
        last: the last epoch of training.

    Raises:
        ValueError: fewer log-spaced epochs than the two ends.
    """
    if isinstance(chosen, list):
        return sorted(chosen)
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


def places(chosen: str, count: int) -> list[int]:
    """Which of so many checkpoints are taken, counted from 0, by `all`, `every k` or `log n`.

    Raises:
        UserError: as `recorded_epochs` raises a ValueError.
    """
    try:
        return recorded_epochs(chosen, count - 1)
    except ValueError as error:
        raise UserError(f"{PARAMS}: record.epochs = {chosen!r}: {error}") from error
