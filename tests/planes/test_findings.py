"""The four lines at the end of a run."""

import math

import pandas as pd
import pytest

from example_tables import mi_table
from infoplane.planes.findings import findings
from infoplane.planes.tables import compression, summary

TRAINING = pd.DataFrame({"repetition": [0, 0], "epoch": [0, 7], "test_accuracy": [0.1, 0.875]})


def one_layer(mi_xt: list[float], flag: list[str], width: float = 0.25) -> pd.DataFrame:
    """A layer at as many epochs, with bounds so far to both sides."""
    table = mi_table().head(len(mi_xt)).copy()
    table[["layer", "epoch", "mi_xt"]] = [("hidden1", epoch, value) for epoch, value in enumerate(mi_xt)]
    table["mi_xt_low"], table["mi_xt_high"] = table["mi_xt"] - width, table["mi_xt"] + width
    table["flag"] = table["flag_xt"] = flag
    table["flag_ty"] = ""
    return table


FALLS = one_layer([1.0, 3.0, 2.0], ["", "", ""])


def test_the_lines_are_four_and_say_where_how_well_what_is_believed_and_what_falls():
    doubted = one_layer([1.0, 3.0, 2.0], ["", "few samples", "few samples"])
    planes, accuracy, believed, falls = findings({"a": FALLS, "b": doubted}, TRAINING, "nats")
    assert "plots/figures/overview/planes.png" in planes
    assert "plots/planes.html" in planes
    assert accuracy == "test accuracy: 87.50% after epoch 7"
    assert "a 3 of 3 I(X;T)" in believed
    assert "b 1 of 3 I(X;T)" in believed
    assert falls == ("largest compression [nats]: a 1.00 (0.50 to 1.50) at hidden1; b not to be believed (few samples)")


def test_bits_are_of_values_and_bounds():
    assert f"{1 / math.log(2):.2f} ({0.5 / math.log(2):.2f} to" in findings({"a": FALLS}, TRAINING, "bits")[-1]


def test_the_compression_is_that_of_the_metrics_and_its_bounds_are_those_of_both_values():
    found = compression(FALLS)
    assert found is not None
    assert summary(FALLS, None)["compression"] == found.nats
    assert (found.low, found.high) == pytest.approx((0.5, 1.5))


def test_activations_made_elsewhere_have_no_accuracy_and_no_estimator_no_plane():
    nothing = pd.DataFrame({"repetition": [0], "epoch": [7], "test_accuracy": [math.nan]})
    accuracy, none = findings({}, nothing, "nats")
    assert "made elsewhere" in accuracy
    assert "no estimator" in none
