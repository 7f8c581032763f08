"""What whoever makes activations writes beside them: sizes, weights, curves and scores."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from infoplane.settings.params import Params
from infoplane.storage.csv_files import write_table
from infoplane.storage.objects import Objects
from infoplane.training.loop import Epoch
from infoplane.training.score_tables import final_scores, gradients, scores

ACTIVATIONS, LAYERS = Path("data/activations.zarr"), Path("data/layers.json")
WEIGHTS = Path("data/weights.safetensors")
SCORES, GRADIENTS, FINAL = Path("plots/training.csv"), Path("plots/gradients.csv"), Path("metrics/train.json")

SECONDS = 1.0
"""Between two writings of the curves of a training that goes on."""


def on_disk(chosen: Params, entries: int) -> int:
    """Of so many entries, such as epochs, how many are on this disk at a time, at most."""
    if chosen.record.shard_epochs is not None:
        return 2 * entries  # as they were recorded, and put together
    return entries if chosen.record.store is None else 1


def objects(chosen: Params) -> Objects | None:
    """Where activations go that are not to lie in data/activations.zarr: `record.store`.

    Raises:
        UserError: there is no such place.
    """
    return None if chosen.record.store is None else Objects(chosen.record.store)


def live_curves() -> Callable[[list[list[Epoch]]], None]:
    """A function that writes plots/training.csv of the epochs so far, once in a while, for who watches the training."""
    written_at = -SECONDS

    def write_curves(repetitions: list[list[Epoch]]) -> None:
        nonlocal written_at
        if time.monotonic() - written_at >= SECONDS:
            write_table(scores(repetitions), SCORES)
            written_at = time.monotonic()

    return write_curves


def write(
    samples: Mapping[str, int], units: Mapping[str, int], weights: dict[str, Tensor], repetitions: list[list[Epoch]]
) -> dict[str, float]:
    """Write data/layers.json, data/weights.safetensors, plots/training.csv, plots/gradients.csv, metrics/train.json.

    Args:
        samples: how many of each split were recorded.
        units: of each layer.
        weights: by name; none where activations were made elsewhere.
        repetitions: the epochs of each repetition, with what scores there are.

    Returns: the scores after the last epoch.
    """
    WEIGHTS.write_bytes(save(weights))
    LAYERS.write_text(json.dumps({"samples": samples, "units": units}, indent=2) + "\n")
    curves = scores(repetitions)
    write_table(curves, SCORES)
    write_table(gradients(repetitions), GRADIENTS)
    final = final_scores(curves)
    FINAL.parent.mkdir(parents=True, exist_ok=True)
    FINAL.write_text(json.dumps(final, indent=2) + "\n")
    return final
