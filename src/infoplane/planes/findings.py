"""What a run found, in four lines: where its planes are, accuracy, what can be believed, the largest compression."""

import math
from collections.abc import Mapping

import pandas as pd

from infoplane.planes.fills import believed
from infoplane.planes.reading import Units, drawable, given
from infoplane.planes.tables import compression
from infoplane.planes.wording import AXIS_NAMES

PLANES = "planes: plots/figures/overview/planes.png; plots/planes.html to click through (make page)"


def findings(tables: Mapping[str, pd.DataFrame], training: pd.DataFrame, units: Units) -> list[str]:
    """A line each, for a terminal.

    Args:
        tables: of plots/mi, by the key of the estimator.
        training: plots/training.csv.
    """
    if not tables:
        return [_accuracy(training), "no estimator is in params.yaml"]
    return [
        PLANES,
        _accuracy(training),
        "values to be believed: " + "; ".join(f"{key} {_believed(table)}" for key, table in tables.items()),
        f"largest compression [{units}]: "
        + "; ".join(f"{key} {_compression(table, units)}" for key, table in tables.items()),
    ]


def _accuracy(training: pd.DataFrame) -> str:
    last = training[training["epoch"] == training["epoch"].max()]
    accuracy = pd.to_numeric(last["test_accuracy"]) if "test_accuracy" in last else pd.Series(dtype=float)
    if not accuracy.notna().any():
        return "test accuracy: none, the activations were made elsewhere"
    networks = f", mean of {len(last)} networks" if len(last) > 1 else ""
    return f"test accuracy: {accuracy.mean():.2%} after epoch {last['epoch'].iloc[0]}{networks}"


def _believed(table: pd.DataFrame) -> str:
    data = drawable(table)
    counts = {
        AXIS_NAMES[column]: (
            int((believed(data, column) & data[column].notna()).sum()),
            int(data[column].notna().sum()),
        )
        for column in given(data)
    }
    return ", ".join(f"{right} of {all_} {name}" for name, (right, all_) in counts.items()) or "has no values"


def _compression(table: pd.DataFrame, units: Units) -> str:
    found, scale = compression(table), math.log(2) if units == "bits" else 1.0
    if found is None:
        return "gives no I(X;T)"
    if found.flag:
        return f"not to be believed ({found.flag})"
    ends = "" if found.low is None or found.high is None else f" ({found.low / scale:.2f} to {found.high / scale:.2f})"
    return f"{found.nats / scale:.2f}{ends} at {found.layer}"
