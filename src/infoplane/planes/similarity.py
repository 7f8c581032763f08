"""The table of how alike layers are: every two of an epoch, and every two epochs of a layer."""

from itertools import combinations

import pandas as pd
from tqdm import tqdm

from infoplane.planes.sampling import Sampled
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.similarity.linear_cka import Prepared, linear_cka, prepared

COLUMNS = ("split", "repetition", "epoch", "layer", "other_epoch", "other_layer", "n", "value")
Place = tuple[int, str]
"""Epoch and layer."""


def similarity(sampled: Sampled, *, unbiased: bool = True, journal: Journal | NoJournal = NO_JOURNAL) -> pd.DataFrame:
    """Linear CKA: a row for each two layers of an epoch, and for each two epochs of a layer, of each split, repetition.

    The value is NaN where a layer is constant or diverged. A pair stands there once, the earlier first.

    Args:
        unbiased: which CKA (`infoplane.similarity.linear_cka`).
        journal: to go on from where an interrupted run ended.
    """
    layers = sampled.activations.layers
    of_epochs = [[(epoch, layer) for layer in layers] for epoch in sampled.epochs]
    of_layers = [[(epoch, layer) for epoch in sampled.epochs] for layer in layers]
    groups = [(series, group) for series in sampled.series for group in of_epochs + of_layers if len(group) > 1]
    rows = []
    for (split, repetition), group in tqdm(groups, desc="similarity of layers", mininterval=0.5):

        def of_group(split=split, repetition=repetition, group=group) -> list[float | None]:
            # the layers of one group alone are in memory
            found = [_prepared(sampled, split, repetition, place) for place in group]
            return [_value(*pair, unbiased) for pair in combinations(found, 2)]

        values = journal.recall(("cka", split, repetition, group), of_group)
        n = len(sampled.labels(split))
        for (place, other), value in zip(combinations(group, 2), values, strict=True):
            rows.append((split, repetition, *place, *other, n, value))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": float})


def _prepared(sampled: Sampled, split: str, repetition: int, place: Place) -> Prepared | None:
    epoch, layer = place
    t = sampled.layer(split, repetition, layer, epoch)
    return None if t is None else prepared(t)


def _value(one: Prepared | None, other: Prepared | None, unbiased: bool) -> float | None:
    if one is None or other is None:
        return None
    value = linear_cka(one, other, unbiased=unbiased)
    return value if value == value else None
