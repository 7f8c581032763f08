"""What is written around the planes of all estimators, alike in the overview and on the page."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from infoplane.planes.reading import Units

MEASURED = ("measured_xt", "measured_ty")
"""The columns of plots/mi/<key>.csv that say what stands in place of I(X;T) and I(T;Y), such as `H(bin T)`: for whoever
has the table alone, as `dvc plots` has, or that of a commit with other estimators."""


class Captions(NamedTuple):
    """Arguments of `figures.overview` and `explorer.page`.

    Attributes:
        title: above all planes.
        xt_labels, ty_labels: for each key of an estimator what it measures; empty for one that does not give this axis.
    """

    title: str
    units: Units
    xt_labels: dict[str, str]
    ty_labels: dict[str, str]


def captions(title: str, units: Units, measured: Mapping[str, tuple[str | None, str | None]]) -> Captions:
    """The captions of several estimators.

    Args:
        measured: for each key what it measures in place of I(X;T) and I(T;Y), or None.
    """
    xt_labels, ty_labels = ({key: pair[i] or "" for key, pair in measured.items()} for i in (0, 1))
    return Captions(title, units, xt_labels, ty_labels)


def with_measured(table: pd.DataFrame, measured: tuple[str | None, str | None]) -> pd.DataFrame:
    """The table of a plane with the columns `MEASURED` at its end; empty for an axis that is not given.

    Args:
        measured: in place of I(X;T) and I(T;Y), with units or without.
    """
    return table.assign(
        **{column: (label or "").removesuffix(" [nats]") for column, label in zip(MEASURED, measured, strict=True)}
    )


def measured_of(table: pd.DataFrame) -> tuple[str, str]:
    """What a table says that it measures; the plain names, of an older table that does not say."""
    told = (table[column].dropna() if column in table else pd.Series(dtype=str) for column in MEASURED)
    xt, ty = (str(found.iloc[0]) if len(found) else "" for found in told)
    return xt or "I(X;T)", ty or "I(T;Y)"
