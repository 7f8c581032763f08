"""What is written around the planes of all estimators, alike in the overview and on the page."""

from collections.abc import Mapping
from typing import NamedTuple

from infoplane.planes.reading import Units


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
