"""The samples that `train.fraction` and `record` choose: what a network is trained on, and what is recorded."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from infoplane.datasets.dataset import Dataset, Split
from infoplane.settings.params import Params
from infoplane.storage.stored_rows import StoredRows


class TrainingSamples(NamedTuple):
    """What a network is trained and scored on, the samples to record of each split, and its size if it has more."""

    train: Split
    test: Split
    recorded: dict[str, Split]
    split_sizes: Mapping[str, int] = MappingProxyType({})
    class_names: tuple[str, ...] = ()


def choose_samples(dataset: Dataset, chosen: Params) -> TrainingSamples:
    """The samples of a training; the split `all` is the whole data set."""
    count = max(1, round(chosen.train.fraction * len(dataset.train.y)))
    train_split = dataset.train.draw(count, chosen.seed)
    recorded, sizes = _recorded(dataset, {"train": train_split}, chosen, np.concatenate)
    return TrainingSamples(train_split, dataset.test, recorded, sizes, dataset.class_names)


def stored_samples(dataset: Dataset, chosen: Params) -> tuple[dict[str, Split], dict[str, int]]:
    """The samples to record of each split, whose x stays on the disk, and the sizes of the splits."""
    return _recorded(dataset, {}, chosen, StoredRows.joined)


def _recorded(
    dataset: Dataset, given: Mapping[str, Split], chosen: Params, join: Callable[[Sequence[Any]], Any]
) -> tuple[dict[str, Split], dict[str, int]]:
    splits = {"train": dataset.train, "test": dataset.test, **given}
    if "all" in chosen.record.splits:
        parts = dataset.train, dataset.test
        splits["all"] = Split(join([part.x for part in parts]), np.concatenate([part.y for part in parts]))
    recorded = {split: splits[split] for split in chosen.record.splits}
    sizes = {name: len(split.y) for name, split in recorded.items()}
    if chosen.record.samples is not None:
        recorded = {name: split.draw(chosen.record.samples, chosen.seed) for name, split in recorded.items()}
    return recorded, sizes
