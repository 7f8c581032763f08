"""Where samples come from: one function a data set, from raw files (or nothing) to a `Dataset` of two splits.

params.yaml's `dataset` names one: a function of a file of this folder that is marked with `dataset.shaped`; as
`module:function`, one of the user's own in extensions/; or, as `files:path` and `huggingface:name`, files of the user's
own, which need no code (`files`).
"""

import dataclasses
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, get_args

from infoplane.datasets.conforming import conforming
from infoplane.datasets.dataset import Dataset, Loader, XType, shaped
from infoplane.datasets.reading import Reading
from infoplane.errors import UserError
from infoplane.named import PARAMS, Named, is_own, own
from infoplane.named import files as python_files  # `files` is a folder here
from infoplane.sources import Source

MARK = "shaped"
"""The decorator of a function that is a data set."""
OF_FILES = ("files:", "huggingface:")
"""What the names of data sets of the user's own files begin with."""

NO_FILES = Reading()


class Description(NamedTuple):
    """What is known of a data set before it is made.

    Attributes:
        shape: of one x.
        classes: their number.
        dtype: of x: float32, or int64 where it is tokens.
    """

    shape: tuple[int, ...]
    classes: int
    dtype: XType = "float32"


@cache
def _in_this_folder() -> dict[str, Named]:
    sources = [Source(path, f"infoplane.datasets.{name}") for name, path in python_files(Path(__file__).parent).items()]
    return {name: Named("dataset", name, source, name) for source in sources for name in source.decorated(MARK)}


def names() -> list[str]:
    """The names of our own data sets."""
    return list(_in_this_folder())


def named(name: str) -> Named:
    """The function of the data set `name`, one of `names()` or `module:function`, without importing it.

    Of `files:path` and `huggingface:name` it is the one that reads them.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    if is_of_files(name):
        return Named("dataset", name, Source(Path(__file__).parent / "files/__init__.py", f"{__name__}.files"), "load")
    return own("dataset", name, "function {}") if is_own(name) else _in_this_folder()[name]


def is_of_files(name: str) -> bool:
    """Whether the data set is one of the user's own files."""
    return name.startswith(OF_FILES)


def _of_files(function: str) -> Any:
    """A function of `files`, which only stages that read the user's files import: see `settings.stage_code`."""
    return named(OF_FILES[0]).source.load(function)


def described(name: str, reading: Reading = NO_FILES) -> Description:
    """What is known of the data set before it is made, without importing it or reading its samples.

    Args:
        reading: of data sets of the user's own files.

    Raises:
        UserError: a file of the user's cannot be read, or has no such function that is marked with `shaped`.
    """
    if is_of_files(name):
        return Description(*_of_files("described")(name, reading))
    data_set = named(name)
    by_place, by_name = data_set.mark(MARK)
    try:
        stated = signature(shaped).bind(*by_place, **by_name).arguments
        described = Description(**stated)
        shape, classes, dtype = described
        sides_are_whole = isinstance(shape, tuple) and all(type(side) is int and side > 0 for side in (*shape, classes))
        if sides_are_whole and shape and dtype in get_args(XType):
            return described
    except TypeError:
        pass
    raise UserError(
        f"{PARAMS}: dataset = {name!r}: @{MARK} takes the shape of one x, a tuple of at least one side, the number of "
        f"classes and, as dtype, one of {', '.join(get_args(XType))}"
    )


def shape_and_classes(name: str, reading: Reading = NO_FILES) -> tuple[tuple[int, ...], int]:
    """The shape of one x and the number of classes (`described`)."""
    return described(name, reading)[:2]


def check(name: str, reading: Reading) -> None:
    """Whatever can be told of the user's own code or files before samples are read.

    Raises:
        UserError: a file is missing, cannot be read, or holds something else; names it.
    """
    if is_of_files(name):
        _of_files("check")(name, reading)
    elif is_own(name):
        find(name)


def user_files(name: str, reading: Reading) -> list[Path]:
    """The user's own files of which the data set is made; none where it comes from elsewhere.

    Raises:
        UserError: there are none of this name.
    """
    return _of_files("user_files")(name, reading) if is_of_files(name) else []


def find(name: str) -> Loader:
    """The data set `name`, one of `names()` or `module:function`.

    Raises:
        UserError: the module cannot be imported, or has no such function that is marked with `shaped`.
    """
    data_set = named(name)
    loader = data_set.load()
    if not isinstance(loader, Loader):
        raise data_set.unmarked(MARK)
    return loader


def load(name: str, raw: Path, reading: Reading = NO_FILES) -> Dataset:
    """The data set of this name; x of one of the user's own files is read when it is sliced.

    Args:
        raw: the folder of raw files.
        reading: of data sets of the user's own files.

    Raises:
        UserError: files are missing, cannot be read, or hold something else than its `shaped` says; names the folder.
    """
    if is_of_files(name):
        return _of_files("load")(name, reading)
    loader, place = find(name), f"dataset {name}, from {raw.as_posix()}/"
    try:
        dataset = loader.load(raw)
    except FileNotFoundError as error:
        raise UserError(f"{place}: {error.filename} is missing") from error
    return dataclasses.replace(conforming(dataset, loader, place), name=name)
