"""plots/over_epochs.csv: all methods in one table."""

import pandas as pd

from example_tables import EPOCHS, LAYERS, mi_table
from infoplane.planes.captions import measured_of, with_measured
from infoplane.planes.over_epochs import COLUMNS, over_epochs

POINTS = len(EPOCHS) * len(LAYERS)


def test_every_given_value_has_a_row():
    table = over_epochs({"binning": mi_table(), "classifier": mi_table("classifier", xt=False)})
    assert tuple(table.columns) == COLUMNS
    counts = table.groupby(["estimator", "information"]).size().to_dict()
    assert counts == {("binning", "I(X;T)"): POINTS, ("binning", "I(T;Y)"): POINTS, ("classifier", "I(T;Y)"): POINTS}
    row = table[(table["information"] == "I(T;Y)") & (table["estimator"] == "binning")].iloc[5]
    assert row["value"] == mi_table()["mi_ty"].iloc[5]
    assert over_epochs({}).empty


def test_repetitions_are_a_mean_with_bars():
    one, several = (over_epochs({"mine": mi_table("mine", repetitions=number)}) for number in (1, 3))
    assert len(several) == len(one)
    assert one["low"].isna().all()
    assert (several["low"] < several["value"]).all()


def test_flags_are_those_of_the_axis():
    table = mi_table().assign(flag="overfit", flag_xt="", flag_ty="overfit")
    flags = over_epochs({"mine": table}).groupby("information")["flag"].unique().map(list).to_dict()
    assert flags == {"I(X;T)": [""], "I(T;Y)": ["overfit"]}


def test_a_table_says_what_it_measures():
    told = with_measured(mi_table(), ("H(bin T); X: split [nats]", None))
    assert measured_of(told) == ("H(bin T); X: split", "I(T;Y)")
    assert measured_of(mi_table()) == ("I(X;T)", "I(T;Y)")
    assert set(over_epochs({"binning": told})["measured"]) == {"H(bin T); X: split", "I(T;Y)"}
    nothing = told.head(0)
    assert measured_of(pd.DataFrame(nothing)) == ("I(X;T)", "I(T;Y)")
