"""The table of measures of layers beside their information."""

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, NamedTuple

import pandas as pd
from torch import Tensor
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.planes.sampling import Sampled
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal

COLUMNS = ("split", "repetition", "epoch", "layer", "n", "d", "measure", "value")


class Measure(NamedTuple):
    """A measure with its keywords.

    Attributes:
        function: `measure` of a file of infoplane.measures, or one of the user's own.
        keywords: all that it takes, but for `seed`.
        takes_seed: whether it takes that.
    """

    function: Callable[..., Tensor]
    keywords: Mapping[str, Any]
    takes_seed: bool

    def samples(self, n: int) -> int:
        """How many of n samples it looks at."""
        return min(n, self.keywords.get("samples", n))


def measures(
    sampled: Sampled, by_label: Mapping[str, Measure], *, seed: int, journal: Journal | NoJournal = NO_JOURNAL
) -> pd.DataFrame:
    """A row for each split, repetition, epoch, layer and measure; n samples, d units.

    The value is NaN where the measure is not defined, or the layer diverged.

    Args:
        by_label: the measures, by what the column `measure` calls them.
        seed: of folds.
        journal: to go on from where an interrupted run ended.

    Raises:
        UserError: a measure refuses its input, or returns something else; names the measure, split, layer and epoch.
    """
    rows = []
    places = list(product(sampled.series, sampled.epochs, sampled.activations.layers))
    for (split, repetition), epoch, layer in tqdm(places, desc="measures of layers", mininterval=0.5):

        def of_layer(split=split, repetition=repetition, epoch=epoch, layer=layer) -> list[Any]:
            t, y = sampled.layer(split, repetition, layer, epoch), sampled.labels(split)
            if t is None:
                return [None, {}]
            t = t[None]  # one tensor for all measures, some of which have work in common
            found = {}
            for label, measure in by_label.items():
                try:
                    found[label] = _value(measure, t, y, seed)
                except Exception as error:
                    raise UserError(
                        f"measures.which: {label}: layer {layer}, epoch {epoch} of {split}: {error}"
                    ) from error
            return [t.shape[2], found]

        d, found = journal.recall((split, repetition, epoch, layer), of_layer)
        n = len(sampled.labels(split))
        place = (split, repetition, epoch, layer)
        rows += [(*place, measure.samples(n), d, label, found.get(label)) for label, measure in by_label.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"d": "Int64", "value": float})


def _value(measure: Measure, t: Tensor, y: Tensor, seed: int) -> float | None:
    """Of t of shape (1, n, d); None where it is not defined."""
    keywords = dict(measure.keywords) | ({"seed": seed} if measure.takes_seed else {})
    values = measure.function(t, y, **keywords)
    if getattr(values, "shape", None) != (1,):
        raise ValueError(f"it returns {type(values).__name__} {getattr(values, 'shape', '')}, not values of shape (1,)")
    value = float(values[0])
    if math.isinf(value):
        raise ValueError("its value is infinite")
    return None if math.isnan(value) else value
