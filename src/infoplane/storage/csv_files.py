"""Tables as CSV files, whose bytes depend on the values alone."""

from pathlib import Path
from typing import TextIO

import pandas as pd

from infoplane.errors import UserError
from infoplane.flags import FLAGS

FLOAT_FORMAT = "%.6g"
"""More digits than any estimate has, and few enough to read."""


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table; folders that lack are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


def read_table(source: Path | TextIO) -> pd.DataFrame:
    """Read a table; empty flags are empty strings, other empty cells are NaN.

    Raises:
        UserError: it is missing.
    """
    if isinstance(source, Path) and not source.exists():
        raise UserError(f"{source} is missing: run `dvc repro`")
    table = pd.read_csv(source, dtype=dict.fromkeys(FLAGS, object))
    for name in table.columns.intersection(list(FLAGS)):
        table[name] = table[name].fillna("")
    return table
