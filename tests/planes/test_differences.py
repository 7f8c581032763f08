"""Two sides layer by layer: levels, compression, bounds and flags."""

import math

import pandas as pd
import pytest

from example_tables import mi_table
from infoplane.planes.differences import QUANTITIES, differences, of_layers


def run(values: dict[str, list[float]], bar: float | None = None, flags: dict[tuple[str, int], str] | None = None):
    """A table of I(X;T) at epochs 0, 1, ... of each layer."""
    rows = []
    for layer, of_epochs in values.items():
        for epoch, value in enumerate(of_epochs):
            ends = {} if bar is None else {"mi_xt_low": value - bar, "mi_xt_high": value + bar}
            flag = (flags or {}).get((layer, epoch), "")
            place = {"split": "train", "layer": layer, "epoch": epoch, "estimator": "mine"}
            rows.append({**place, "mi_xt": value, "mi_ty": 1.0, **ends, "flag": flag, "flag_xt": flag, "flag_ty": ""})
    every = [*mi_table().columns, "flag_xt", "flag_ty"]
    return pd.DataFrame(rows).reindex(columns=every).fillna({"repetition": 0, "part": 0, "flag": ""})


def cell(table: pd.DataFrame, layer: str, quantity: str) -> pd.Series:
    return table.set_index(["layer", "quantity"]).loc[(layer, quantity)]


def test_level_and_compression_with_the_ends_that_both_bars_allow():
    a, b = of_layers([run({"h": [3.0, 2.0]}, bar=0.1)]), of_layers([run({"h": [5.0, 2.5]}, bar=0.2)])
    table = differences(a, b)
    assert list(table["quantity"]) == list(QUANTITIES)
    level, fall = cell(table, "h", "mi_xt"), cell(table, "h", "compression")
    assert level[["difference", "low", "high"]].tolist() == pytest.approx([0.5, 0.2, 0.8])
    assert fall[["value_a", "low_a", "high_a"]].tolist() == pytest.approx([1.0, 0.8, 1.2])
    assert fall[["difference", "low", "high"]].tolist() == pytest.approx([1.5, 0.9, 2.1])


def test_without_bars_there_are_none():
    table = differences(of_layers([run({"h": [3.0, 2.0]})]), of_layers([run({"h": [3.0, 1.0]}, bar=0.1)]))
    row = cell(table, "h", "mi_xt")
    assert row["difference"] == -1.0
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])


def test_several_runs_are_a_mean_with_its_standard_deviation():
    group = of_layers([run({"h": [5.0, last]}) for last in (1.0, 2.0, 3.0)])
    level, fall = cell(group, "h", "mi_xt"), cell(group, "h", "compression")
    assert level[["value", "low", "high", "networks"]].tolist() == [2.0, 1.0, 3.0, 3]
    # the mean of the falls, not the fall of the mean
    assert fall[["value", "low", "high"]].tolist() == [3.0, 2.0, 4.0]


def test_repetitions_count_as_networks_and_parts_do_not():
    assert set(of_layers([mi_table(repetitions=3, parts=2)])["networks"]) == {3}


def test_layers_of_one_name_are_compared_and_the_others_stand_alone():
    a, b = run({"h": [2.0, 1.0], "out": [1.0, 1.0]}), run({"conv": [2.0, 2.0], "out": [1.0, 0.5]})
    table = differences(of_layers([a]), of_layers([b]))
    assert list(table[table["quantity"] == "mi_xt"]["layer"]) == ["h", "out", "conv"]
    assert cell(table, "out", "mi_xt")["difference"] == -0.5
    assert math.isnan(cell(table, "h", "mi_xt")["difference"])
    assert cell(table, "conv", "mi_xt")["value_b"] == 2.0
    assert cell(table, "conv", "mi_xt")["networks_a"] == 0


def test_a_difference_is_flagged_where_a_side_is():
    flagged = of_layers([run({"h": [3.0, 2.0]}, flags={("h", 1): "overfit"})])
    table = differences(of_layers([run({"h": [3.0, 2.0]})]), flagged)
    row = cell(table, "h", "mi_xt")
    assert (row["flag_a"], row["flag_b"], row["flag"]) == ("", "overfit", "overfit")
    assert cell(table, "h", "compression")["flag"] == "overfit"
    assert cell(table, "h", "mi_ty")["flag"] == ""


def test_what_an_estimator_does_not_give_is_left_out():
    assert set(of_layers([mi_table(xt=False)])["quantity"]) == {"mi_ty"}
    assert of_layers([]).empty
    assert differences(of_layers([]), of_layers([mi_table().head(0)])).empty
