"""What is written around the planes of all estimators, alike in the overview and on the page."""

from typing import NamedTuple

from infoplane.planes.reading import Units
from infoplane.settings import params


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


def captions(chosen: params.Params) -> Captions:
    """The captions of the chosen network, data set and estimators."""
    units = chosen.plot.units
    measured = {key: run.measured(units) for key, run in chosen.estimators.items()}
    xt_labels, ty_labels = ({key: pair[i] or "" for key, pair in measured.items()} for i in (0, 1))
    return Captions(f"{chosen.model} on {chosen.dataset}", units, xt_labels, ty_labels)
