"""A layer cannot know less of the label than a later one."""

import pandas as pd

from infoplane.flags import DATA_PROCESSING, OVERFIT
from infoplane.planes.data_processing import flag_breaches


def table_of(values: list[list[float | None]], flags: list[str] | None = None) -> pd.DataFrame:
    """Layers in order, a list of epochs each."""
    rows = [
        ("train", 0, 0, epoch, f"h{layer}", value, flags[layer] if flags else "")
        for layer, epochs in enumerate(values)
        for epoch, value in enumerate(epochs)
    ]
    columns = ["split", "repetition", "part", "epoch", "layer", "mi_ty", "flag"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(flag_xt="", flag_ty=table["flag"])


def flagged(table: pd.DataFrame, measured: str | None = "I(T;Y)") -> list[tuple[str, int]]:
    found = flag_breaches(table, measured)
    assert (found.loc[found["flag_ty"] != "", "flag"] != "").all()
    return [(row.layer, row.epoch) for row in found[found["flag_ty"] == DATA_PROCESSING].itertuples()]


def test_both_layers_of_a_breach_are_flagged_at_that_epoch_alone():
    table = table_of([[1.65, 2.2], [2.2, 2.1], [2.02, 2.0]])
    assert flagged(table) == [("h0", 0), ("h1", 0), ("h2", 0)]
    assert flagged(table_of([[2.2], [1.65], [2.02]])) == [("h1", 0), ("h2", 0)]


def test_what_is_within_the_tolerance_or_falls_with_depth_is_not():
    assert flagged(table_of([[2.0], [2.19], [1.0]])) == []
    assert flagged(table_of([[0.5], [0.59]])) == []
    assert flagged(table_of([[0.5], [0.65]])) == [("h0", 0), ("h1", 0)]


def test_it_holds_of_layers_alone_and_of_what_is_believed():
    table = table_of([[1.0], [2.0]])
    for measured in ("I(T+N;Y)", "I(bin T;Y)", None):
        assert flagged(table, measured) == []
    assert flagged(table_of([[1.0], [2.0]], ["", OVERFIT])) == []
    assert flagged(table_of([[None], [None]])) == []
    assert flagged(table_of([[1.0], [None], [1.5]])) == [("h0", 0), ("h2", 0)]
