"""Which layer is read out, and whether the splits that this takes are recorded."""

from collections.abc import Sequence
from difflib import get_close_matches

from infoplane.errors import UserError
from infoplane.named import PARAMS

LAST_HIDDEN = "last_hidden"
"""In place of a name: the last recorded layer but the output."""
LEARNED_FROM, NEEDED = "train", ("train", "test")
"""The split on which classifiers are trained; those without which memory cannot be told from knowledge."""
INPUT = "_pre"
"""How the name of what goes into a layer's activation function ends (record.pre_activation)."""
OUTPUT = "output"
"""What networks of ours call the logits; of others only the store knows it."""


def check(layer: str | None, splits: Sequence[str], layers: Sequence[str]) -> None:
    """Whether params.yaml's `readout.layer` can be read out, before anything is recorded.

    Args:
        layer: None: nothing is asked.
        splits, layers: those that will be recorded.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    if layer is not None:
        require_splits(splits)
        chosen_layer(layer, layers, OUTPUT)


def chosen_layer(layer: str, layers: Sequence[str], output: str | None) -> str:
    """The name of the layer that `readout.layer` asks for.

    Args:
        layer: a name, or `last_hidden`.
        layers: the recorded ones, in the network's order.
        output: the one that gives the logits; None if it is not recorded.

    Raises:
        UserError: there is no such layer; names the nearest.
    """
    if layer != LAST_HIDDEN:
        if layer not in layers:
            near = get_close_matches(layer, layers, n=3, cutoff=0.4) or list(layers)[:12]
            raise _refused(layer, f"is not recorded: did you mean {', '.join(near)}, or {LAST_HIDDEN}?")
        return layer
    inputs = {f"{name}{INPUT}" for name in layers}
    hidden = [name for name in layers if name != output and name not in inputs]
    if not hidden:
        raise _refused(layer, f"of the recorded layers ({', '.join(layers)}) none comes before the output")
    return hidden[-1]


def require_splits(splits: Sequence[str]) -> None:
    """Raise a UserError unless the training and the test split are recorded."""
    if not set(NEEDED) <= set(splits):
        raise UserError(
            f"{PARAMS}: readout needs record.splits = [{', '.join(NEEDED)}], not [{', '.join(splits)}]: classifiers "
            f"learn from {LEARNED_FROM} and are measured on both"
        )


def _refused(layer: str, why: str) -> UserError:
    return UserError(f"{PARAMS}: readout.layer = {layer!r}: {why}")
