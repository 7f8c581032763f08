"""The table of an estimator held against truths: its columns, which of its values are off, and how often."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from infoplane.tolerance import TOLERANCE, is_beyond_tolerance

COLUMNS = ("task", "axis", "n", "d", "seed", "truth", "estimate", "error", "stderr", "low", "high", "flag", "seconds")

OWN = "own layer "
"""With which the names of tasks begin that are layers of the run itself."""


def table_of(rows: list[tuple]) -> pd.DataFrame:
    """Rows of `COLUMNS` as a table; numbers that are not given are NaN."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = ["truth", "estimate", "error", "stderr", "low", "high", "seconds"]
    return table.astype(dict.fromkeys(numbers, float) | dict.fromkeys(["n", "d", "seed"], int))


def is_off(table: pd.DataFrame) -> pd.Series:
    """Whether each value is further from the truth than an unflagged value may be; True where the truth is infinite."""
    return table["error"].isna() | is_beyond_tolerance(table["error"], table["truth"])


class Rates(NamedTuple):
    """How far a method keeps to what its flags and bars say, on the values of one axis.

    Attributes:
        values: how many there are. unflagged: of these. off: unflagged ones that are further from the truth than they
            may be; the goal is 0.
        right: values that are not off, flagged or not. flagged_right: of these, those with a flag, which costs what the
            value would have told; the goal is a quarter at most.
        bars: unflagged values of a finite truth with a bar. missed: bars that do not reach the truth. long: bars with
            an end that is further from the value than the value may be from the truth.
    """

    values: int
    unflagged: int
    off: int
    right: int
    flagged_right: int
    bars: int
    missed: int
    long: int


def rates(table: pd.DataFrame) -> Rates:
    """The counts of a table with `COLUMNS`, of one axis or both."""
    flagged, off = table["flag"] != "", is_off(table)
    bars = table[~flagged & np.isfinite(table["truth"]) & table["low"].notna() & table["high"].notna()]
    missed = (bars["truth"] < bars["low"]) | (bars["truth"] > bars["high"])
    arm = np.maximum(bars["estimate"] - bars["low"], bars["high"] - bars["estimate"])
    long = TOLERANCE.is_exceeded_by(arm, bars["truth"])
    return Rates(
        values=len(table),
        unflagged=int((~flagged).sum()),
        off=int((~flagged & off).sum()),
        right=int((~off).sum()),
        flagged_right=int((flagged & ~off).sum()),
        bars=len(bars),
        missed=int(missed.sum()),
        long=int(long.sum()),
    )
