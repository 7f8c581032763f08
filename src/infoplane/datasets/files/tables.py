"""Tables with a column of labels: a .csv or .parquet, or a folder with train.csv and test.csv, or .parquet.

What is needed before anything runs is the header, the label's column and the types of the others; their values are
read, all at once, when the first samples are asked for.
"""

from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from infoplane.datasets.files.raw_samples import Opened, Part
from infoplane.datasets.reading import FileOptions
from infoplane.errors import UserError, in_one_line

ROWS_FOR_TYPES = 1000
"""Of a CSV, which does not say what its columns hold."""


def opened(files: tuple[Path, Path | None], options: FileOptions, place: str) -> Opened:
    """Tables for training and, perhaps, for testing.

    Raises:
        UserError: a file cannot be read, there is no such column, or one of x holds no numbers.
    """
    parts = [_part(path, options, place) for path in files if path is not None]
    columns = [x.columns for x, _ in parts]
    if columns[0] != columns[-1]:
        raise UserError(f"{place}: the tables for training and testing have other columns: set files.columns")
    of_splits = [Part(*part) for part in parts]
    return Opened("vectors", of_splits[0], of_splits[1] if len(parts) > 1 else None, columns=columns[0])


def chosen_columns(numeric: dict[str, bool], options: FileOptions, place: str) -> tuple[str, ...]:
    """The columns of x: those asked for, or all but the label's.

    Args:
        numeric: for each column of the table whether it holds numbers.

    Raises:
        UserError: there is no such column, or one holds something else.
    """
    there = ", ".join(numeric)
    if options.label not in numeric:
        raise UserError(f"{place}: files.label = {options.label!r}: there is no such column; there are {there}")
    chosen = options.columns or tuple(name for name in numeric if name != options.label)
    for name in chosen:
        if name not in numeric or name == options.label:
            reason = "is the label" if name == options.label else "does not exist"
            raise UserError(f"{place}: files.columns: {name!r} {reason}; there are {there}")
    wrong = [name for name in chosen if not numeric[name]]
    if wrong or not chosen:
        raise UserError(
            f"{place}: no numbers are in the columns {', '.join(wrong) or there}: name those of x in files.columns"
        )
    return chosen


class Columns:
    """The columns of x, read when the first samples are asked for: float64 of shape (n, d)."""

    def __init__(self, path: Path, columns: tuple[str, ...], count: int, place: str):
        self.path, self.columns, self._place = path, columns, place
        self.shape, self.dtype = (count, len(columns)), np.dtype(np.float64)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return self._values[indices]

    @cached_property
    def _values(self) -> np.ndarray:
        table = _read(self.path, list(self.columns), self._place)
        wrong = [name for name in self.columns if not _is_numeric(table[name])]
        if wrong:
            raise UserError(
                f"{self._place}: no numbers are in the columns {', '.join(wrong)} of {self.path.as_posix()}"
            )
        # An empty cell of whole numbers is no NaN before this, and is told as one after it.
        return np.column_stack([table[name].to_numpy(np.float64, na_value=np.nan) for name in self.columns])


def _part(path: Path, options: FileOptions, place: str) -> tuple[Columns, np.ndarray]:
    columns = chosen_columns(_types(path, place), options, place)
    labels = _read(path, [options.label], place)[options.label]
    missing = np.flatnonzero(labels.isna())
    if len(missing):
        raise UserError(f"{place}: the label of sample {missing[0]} (the first is 0) is missing in {path.as_posix()}")
    if _is_numeric(labels):
        values = labels.to_numpy(np.int64 if pd.api.types.is_integer_dtype(labels) else None)
    else:
        values = labels.astype(str).to_numpy().astype(str)
    return Columns(path, columns, len(values), place), values


def _types(path: Path, place: str) -> dict[str, bool]:
    """For each column of a table whether it holds numbers."""
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, nrows=ROWS_FOR_TYPES)
        else:
            _require_pyarrow(place)
            from pyarrow import parquet

            table = parquet.read_schema(path).empty_table().to_pandas()
    except UserError:
        raise
    except Exception as error:  # pandas and pyarrow raise many types
        raise UserError(f"{place}: {path.as_posix()} cannot be read: {in_one_line(error)}") from error
    return {str(name): _is_numeric(table[name]) for name in table.columns}


def _read(path: Path, columns: list[str], place: str) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path, usecols=columns)
        return pd.read_parquet(path, columns=columns)
    except Exception as error:
        raise UserError(f"{place}: {path.as_posix()} cannot be read: {in_one_line(error)}") from error


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)


def _require_pyarrow(place: str) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UserError(f"{place}: Parquet needs the package pyarrow: run `make extras`") from error
