"""Data sets of Hugging Face's package `datasets`: saved to a folder, a folder of Parquet files, or by name on the hub.

The package is optional (`make extras`). It maps its files into memory: samples are read when they are asked for.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from infoplane import inputs
from infoplane.datasets.files.pictures import Pictures
from infoplane.datasets.files.raw_samples import Kind, Opened, Part, Raw
from infoplane.datasets.files.tables import chosen_columns
from infoplane.datasets.reading import Reading
from infoplane.errors import UserError, in_one_line

CACHE = Path("data/raw/huggingface")
"""Where the package keeps what it has downloaded or converted."""
SAVED, SAVED_SPLITS = "dataset_info.json", "dataset_dict.json"
"""A file of what `save_to_disk` wrote: of a data set, and of one with splits."""
TRAIN, TEST = "train", ("test", "validation")


def folder_of(name: str, reading: Reading) -> Path | None:
    """The folder of this name below `inputs`; None where the name is one of the hub's."""
    try:
        path = inputs.located(reading.folder, name, "dataset")
    except UserError:
        return None
    return path if path.is_dir() else None


def opened(name: str, reading: Reading, place: str) -> Opened:
    """A data set of which no sample is read yet.

    Args:
        name: a folder below `inputs`, or a name on the hub; `name:configuration` where there are several.

    Raises:
        UserError: the package is missing, the data set cannot be read or downloaded, or columns do not fit.
    """
    try:
        import datasets
    except ImportError as error:
        raise UserError(f"{place}: the package `datasets` is missing: run `make extras`") from error
    datasets.disable_progress_bars()
    splits = _splits(datasets, name, reading, place)
    train, *test = (_Split(datasets, split, reading, place) for split in splits)
    for other in test:
        if (other.kind, other.x.shape[1:], other.names) != (train.kind, train.x.shape[1:], train.names):
            raise UserError(f"{place}: the splits for training and testing differ in shape or classes: set files.crop")

    def check() -> None:
        for split in (train, *test):
            split.check()

    of_test = Part(test[0].x, test[0].labels) if test else None
    return Opened(train.kind, Part(train.x, train.labels), of_test, train.names, train.columns, check)


def _splits(datasets: Any, name: str, reading: Reading, place: str) -> list[Any]:
    """The split for training and, where there is one, that for testing."""
    folder = folder_of(name, reading)
    try:
        if folder is not None and ((folder / SAVED).exists() or (folder / SAVED_SPLITS).exists()):
            found = datasets.load_from_disk(str(folder))
        elif folder is not None:
            found = datasets.load_dataset(str(folder), cache_dir=str(CACHE))
        else:
            repository, _, configuration = name.partition(":")
            found = datasets.load_dataset(repository, configuration or None, cache_dir=str(CACHE))
    except Exception as error:  # of many types, the hub's among them
        where = f"{reading.folder}/{name}" if folder else f"is no folder below {reading.folder}/, and on the hub it"
        raise UserError(f"{place}: {where} cannot be read: {in_one_line(error)}") from error
    if isinstance(found, datasets.Dataset):
        return [found]
    if TRAIN not in found and len(found) > 1:
        raise UserError(f"{place}: no split is called {TRAIN}; there are {', '.join(found)}")
    tests = [split for split in TEST if split in found and TRAIN in found]
    return [found[TRAIN if TRAIN in found else next(iter(found))], *(found[split] for split in tests[:1])]


class _Split:
    """One split: its samples and labels, and what kind they are."""

    def __init__(self, datasets: Any, split: Any, reading: Reading, place: str):
        options, features = reading.options, split.features
        if not len(split):
            raise UserError(f"{place}: a split holds no samples")
        pictures = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
        if options.columns is None and len(pictures) == 1 and options.label in features:
            self.columns: tuple[str, ...] = tuple(pictures)
        else:
            numeric = {name: _is_numeric(datasets, split, name) for name in features}
            self.columns = chosen_columns(numeric | dict.fromkeys(pictures, True), options, place)
        of_label = features[options.label]
        self.names = tuple(of_label.names) if isinstance(of_label, datasets.ClassLabel) else None
        self.labels = np.asarray(split.with_format(None)[options.label][:])
        if self.labels.dtype == object:
            raise UserError(f"{place}: labels are missing, or of several types, in the column {options.label}")
        self.check: Callable[[], None] = lambda: None
        self.kind: Kind
        self.x: Raw
        if set(self.columns) & set(pictures):
            if len(self.columns) > 1:
                raise UserError(f"{place}: files.columns: a column of images is x alone, not {', '.join(self.columns)}")
            name = next(iter(self.columns))
            column = split.cast_column(name, datasets.Image(decode=False)).with_format(None)
            self.x = Pictures(
                len(split),
                lambda i: _encoded(column[i][name]),
                lambda i: f"the image of sample {i}",
                options,
                place,
            )
            self.kind, self.check, self.columns = "images", self.x.check, ()
        else:
            self.x = _Numbers(split, self.columns, place)
            self.kind = self.x.kind


class _Numbers:
    """Columns of numbers, or one column of lists of as many numbers each, as raw samples."""

    def __init__(self, split: Any, columns: tuple[str, ...], place: str):
        self._split, self._columns, self._place = (
            split.select_columns(list(columns)).with_format("numpy"),
            columns,
            place,
        )
        first = self._read(np.array([0]))
        self.dtype = first.dtype
        self.kind: Kind = "images" if first.ndim > 2 else "vectors"
        if len(columns) == 1 and first.dtype == np.int64 and first.ndim == 2 and self._is_list:
            self.kind = "tokens"
        self.shape = (len(split), *first.shape[1:])

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return self._read(indices)

    @property
    def _is_list(self) -> bool:
        return np.ndim(self._split[0][self._columns[0]]) > 0

    def _read(self, indices: np.ndarray) -> np.ndarray:
        rows = self._split[indices]
        values = [np.asarray(rows[name]) for name in self._columns]
        if any(value.dtype == object for value in values):
            raise UserError(
                f"{self._place}: rows of {', '.join(self._columns)} differ in length, or lack a value: fill them up"
            )
        x = np.stack(values, 1) if len(values) > 1 or values[0].ndim == 1 else values[0]
        return x[:, None] if x.ndim == 3 else x


def _is_numeric(datasets: Any, split: Any, name: str) -> bool:
    """Whether a column holds numbers, or lists of numbers."""
    kind = split.features[name]
    while isinstance(kind, datasets.List | datasets.LargeList) or type(kind) is list:
        kind = kind[0] if isinstance(kind, list) else kind.feature
    value = getattr(kind, "dtype", "")
    return isinstance(value, str) and value.startswith(("int", "uint", "float", "bool"))


def _encoded(picture: dict[str, Any]) -> Path | bytes:
    return picture["bytes"] if picture["bytes"] is not None else Path(os.fspath(picture["path"]))
