"""Data sets of the user's own files: `files:<path below inputs>` or `huggingface:<name>` in params.yaml.

One file a format, which gives raw samples and labels without reading samples (`raw_samples.Opened`); what is the same
for all formats is here: classes, the split, and x as it is scaled.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from infoplane import inputs
from infoplane.datasets.dataset import Dataset, Split
from infoplane.datasets.files import arrays, image_folder, labels, scaling
from infoplane.datasets.files.raw_samples import Opened
from infoplane.datasets.reading import Reading
from infoplane.errors import UserError
from infoplane.named import PARAMS


class _Labelled(NamedTuple):
    """A data set with its classes.

    Attributes:
        y: of each part, training first, shape (n,), int64.
    """

    opened: Opened
    names: tuple[str, ...]
    y: list[np.ndarray]


def described(name: str, reading: Reading) -> tuple[tuple[int, ...], int, str]:
    """The shape of one x, the number of classes, and the type of x, float32 or int64, by headers and labels alone.

    Raises:
        UserError: as `check`.
    """
    found = _labelled(name, reading)
    dtype = "int64" if found.opened.kind == "tokens" else "float32"
    return tuple(found.opened.train.x.shape[1:]), len(found.names), dtype


def check(name: str, reading: Reading) -> None:
    """Whatever can be told before samples are read.

    Raises:
        UserError: a file is missing, cannot be read or has another form; names it.
    """
    found = _labelled(name, reading)
    scaling.check(found.opened.kind, found.opened.train.x, reading.options, _place(name))
    _splits(found, name, reading)
    found.opened.check()


def load(name: str, reading: Reading) -> Dataset:
    """The data set, whose x is read again, block by block, when it is sliced (`scaling.Rows`).

    Raises:
        UserError: as `check`, or a sample cannot be read or is not finite; names it.
    """
    found = _labelled(name, reading)
    opened = found.opened
    splits = _splits(found, name, reading)
    x, words, digest = scaling.scaled(splits, opened.kind, reading.options, opened.columns, _place(name))
    # Rows stand where an array is expected: prepare slices it, and np.asarray makes an array of it.
    train, test = (Split(cast(np.ndarray, rows), y) for rows, (_, _, y) in zip(x, splits, strict=True))
    return Dataset(name, train, test, len(found.names), words, digest, found.names)


def user_files(name: str, reading: Reading) -> list[Path]:
    """The files below `inputs` of which the data set is made; none for one of Hugging Face's hub.

    Raises:
        UserError: there are none of this name.
    """
    path = _path(name, reading)
    return [] if path is None else inputs.files(path)


def _path(name: str, reading: Reading) -> Path | None:
    source, _, path = name.partition(":")
    if source == "files":
        return inputs.located(reading.folder, path, "dataset", name)
    from infoplane.datasets.files import huggingface

    return huggingface.folder_of(path, reading)


@cache
def _labelled(name: str, reading: Reading) -> _Labelled:
    opened, place = _opened(name, reading), _place(name)
    parts = [part for part in (opened.train, opened.test) if part is not None]
    names, y = labels.classes_of([part.labels for part in parts], opened.names, place)
    return _Labelled(opened, names, y)


def _opened(name: str, reading: Reading) -> Opened:
    source, _, given = name.partition(":")
    place, options = _place(name), reading.options
    if not given:
        raise UserError(f"{place}: must be `{source}:<name>`, such as {source}:photos")
    if source == "huggingface":
        from infoplane.datasets.files import huggingface

        return huggingface.opened(given, reading, place)
    path = inputs.located(reading.folder, given, "dataset", name)
    tables_of = _tables(path)
    if tables_of is not None:
        from infoplane.datasets.files import tables  # pandas takes half a second

        return tables.opened(tables_of, options, place)
    if path.is_dir():
        is_arrays = any((path / f"{array}.npy").exists() for array in arrays.NAMES)
        return arrays.opened(path, place) if is_arrays else image_folder.opened(path, options, place)
    if path.suffix.lower() == ".npz":
        return arrays.opened(path, place)
    raise UserError(
        f"{place}: {path.as_posix()} must be a folder, .npz, .csv or .parquet; x.npy lies beside y.npy in a folder"
    )


TABLES = (".csv", ".parquet")


def _tables(path: Path) -> tuple[Path, Path | None] | None:
    """Tables for training and, perhaps, for testing: the file, or train.csv and test.csv of a folder; else None."""
    if path.is_file():
        return (path, None) if path.suffix.lower() in TABLES else None
    for ending in TABLES:
        train, test = path / f"train{ending}", path / f"test{ending}"
        if train.is_file():
            return train, test if test.is_file() else None
    return None


def _splits(found: _Labelled, name: str, reading: Reading) -> list[tuple]:
    """For training and for testing: raw samples, the indices of those in the split, ascending, and their y."""
    train, test, y = found.opened.train, found.opened.test, found.y
    if test is not None:
        for part in (train, test):
            if not len(part.labels):
                raise UserError(f"{_place(name)}: a split holds no samples")
        return [(part.x, np.arange(len(part.labels)), of) for part, of in zip((train, test), y, strict=True)]
    for_test = labels.drawn_for_testing(y[0], found.names, reading.options.test, reading.seed, _place(name))
    return [(train.x, np.flatnonzero(chosen), y[0][chosen]) for chosen in (~for_test, for_test)]


def _place(name: str) -> str:
    return f"{PARAMS}: dataset = {name!r}"
