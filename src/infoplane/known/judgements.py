"""The table of an estimator held against truths: its columns, and which of its values are off."""

import pandas as pd

from infoplane.information import is_beyond_tolerance

COLUMNS = ("task", "axis", "n", "d", "seed", "truth", "estimate", "error", "stderr", "low", "high", "flag", "seconds")


def table_of(rows: list[tuple]) -> pd.DataFrame:
    """Rows of `COLUMNS` as a table; numbers that are not given are NaN."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = ["truth", "estimate", "error", "stderr", "low", "high", "seconds"]
    return table.astype(dict.fromkeys(numbers, float) | dict.fromkeys(["n", "d", "seed"], int))


def is_off(table: pd.DataFrame) -> pd.Series:
    """Whether each value is further from the truth than an unflagged value may be; True where the truth is infinite."""
    return table["error"].isna() | is_beyond_tolerance(table["error"], table["truth"])
