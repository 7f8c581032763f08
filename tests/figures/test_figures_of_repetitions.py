"""Figures of several repetitions of the training and parts of the samples, joined epochs, bounds and phases."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from test_figures import BOTH, SEVEN, check_texts, points, read_back, words

from example_tables import EPOCHS, LAYERS, diagnostics_table, gradients_table, mi_table, training_table
from infoplane import figures
from infoplane.figures.trajectories import MOST_BARS
from infoplane.planes import reading
from infoplane.planes.reading import spread_epochs
from infoplane.planes.rules import comparable

THREE, TWENTY = (read_back(mi_table(repetitions=count, splits=BOTH)) for count in (3, 20))
PARTS = read_back(mi_table(parts=4, splits=BOTH))
STEEP = read_back(mi_table().assign(mi_xt=lambda t: t["mi_xt"] / 5 + 1.2, ceiling_xt=""))
"""A table in whose plane I(T;Y) = I(X;T) is in view."""
OLD = ["repetition", "part"]
DIAGONAL = "I(T;Y) = I(X;T)"

FIGURES = {
    **{f"plane, {n}": (figures.plane, table) for n, table in {"3": THREE, "20": TWENTY, "parts": PARTS}.items()},
    **{f"epochs, {n}": (figures.mi_over_epochs, table) for n, table in {"20": TWENTY, "parts": PARTS}.items()},
    "joined": (partial(figures.plane, join="epochs"), THREE),
    "diagonal": (figures.plane, STEEP),
    "snapshots": (figures.snapshots, TWENTY),
    "snapshots of three epochs": (figures.snapshots, mi_table(repetitions=3, epochs=[0, 5, 100])),
    "snapshots, half": (figures.snapshots, mi_table(xt=False, repetitions=2)),
    "overview": (figures.overview, {"a": TWENTY, "b": mi_table("b", repetitions=20, parts=2), "c": TWENTY}),
    "overview of parts": (figures.overview, {"a": PARTS, "b": mi_table("b"), "c": mi_table("c", xt=False)}),
    "loss": (figures.loss_accuracy, training_table(51, repetitions=3)),
    "gradients": (figures.gradients, gradients_table(SEVEN, repetitions=3)),
    "phases": (lambda table: figures.two_phases({"a": table}, gradients_table(repetitions=3)), THREE),
    "phases in bits": (partial(figures.two_phases, {"a": STEEP}, units="bits"), gradients_table()),
    "phases without a plane": (lambda table: figures.two_phases({"a": table}, gradients_table()), mi_table(xt=False)),
    "phases of nothing": (partial(figures.two_phases, {}), gradients_table().head(0)),
}


def paths(figure: Figure) -> list[Line2D]:
    """The lines within axes that join several points of a table."""
    return [line for ax in figure.axes for line in ax.lines if len(np.atleast_1d(line.get_xdata())) > 2]


def bars(figure: Figure) -> int:
    """How many bars have a length."""
    found = [ends for lines in figure.findobj(LineCollection) for ends in lines.get_segments()]
    return sum(len(ends) > 1 and not np.allclose(ends[0], ends[-1]) for ends in found)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_over_another_or_outside(name):
    function, table = FIGURES[name]
    check_texts(function(table))


@pytest.mark.parametrize("draw", [figures.plane, figures.mi_over_epochs, figures.snapshots])
def test_tables_without_the_columns_are_drawn_as_ones_of_a_single_repetition(draw, tmp_path):
    for name, table in (("new", mi_table()), ("old", mi_table().drop(columns=OLD))):
        figures.save(draw(table), tmp_path / name)
    assert (tmp_path / "old.png").read_bytes() == (tmp_path / "new.png").read_bytes()


def test_older_tables_of_training_are_drawn():
    assert "repetitions" not in words(figures.loss_accuracy(training_table(11).drop(columns="repetition")))
    assert "repetitions" not in words(figures.gradients(gradients_table().drop(columns="repetition")))
    assert "repetition" not in words(figures.training_curves(diagnostics_table().drop(columns=OLD)))


def test_parts_are_drawn_as_their_mean_with_the_sample_standard_deviation():
    drawn = reading.drawable(PARTS)
    assert len(drawn) == len(PARTS) / 4
    rows = PARTS[(PARTS["split"] == "train") & (PARTS["layer"] == "hidden2") & (PARTS["epoch"] == 8)]
    row = drawn[(drawn["split"] == "train") & (drawn["layer"] == "hidden2") & (drawn["epoch"] == 8)].iloc[0]
    mean, std = rows["mi_xt"].mean(), rows["mi_xt"].std(ddof=1)
    assert (row["mi_xt"], row["mi_xt_low"], row["mi_xt_high"]) == pytest.approx((mean, mean - std, mean + std))
    figure = figures.plane(PARTS)
    assert "Bars: standard deviation over 4 parts of the samples." in words(figure)
    assert bars(figure) == 2 * len(BOTH) * len(LAYERS) * MOST_BARS


def test_a_flag_of_any_part_flags_the_mean():
    table = mi_table(parts=3, layers=["hidden1"]).assign(flag="")
    table.loc[(table["part"] == 1) & (table["epoch"] > 100), "flag"] = "overfit"
    table.loc[(table["part"] == 2) & (table["epoch"] > 300), "flag"] = "saturated; overfit"
    flags = reading.drawable(table).set_index("epoch")["flag"]
    assert flags.to_dict() == {e: "" if e <= 100 else "overfit" if e <= 300 else "overfit; saturated" for e in EPOCHS}
    (drawn,) = points(figures.plane(table))
    assert (drawn.get_facecolors() == 1).all(axis=1).tolist() == [epoch > 100 for epoch in EPOCHS]


def test_a_mean_that_is_hollow_is_in_the_legend_though_no_repetition_is():
    table = mi_table(repetitions=2, layers=["hidden1"]).assign(flag="", flag_xt="", flag_ty="")
    table.loc[(table["repetition"] == 0), "flag_xt"] = "saturated"
    table.loc[(table["repetition"] == 1), "flag_ty"] = "overfit"
    assert "hollow: neither is" in words(figures.plane(table))
    assert "hollow: neither is" not in words(figures.plane(table[table["repetition"] == 0]))


def test_the_overview_names_the_estimators_whose_bars_are_parts():
    text = words(figures.overview({"a": PARTS, "b": mi_table("b", splits=BOTH)}))
    assert "Bars of a: standard deviation over 4 parts of the samples." in text


def test_few_repetitions_are_drawn_each_and_many_as_mean_and_deviation():
    few, many = figures.plane(THREE), figures.plane(TWENTY)
    assert len(paths(few)) == len(BOTH) * len(LAYERS) * (3 + 1)
    assert len(paths(many)) == len(BOTH) * len(LAYERS)
    assert bars(few) == 0
    assert bars(many) == 2 * len(BOTH) * len(LAYERS) * MOST_BARS
    assert "Means over 3 repetitions, flagged where one is; thin lines: each of them." in words(few)
    assert "Means over 20 repetitions, flagged where one is; bars: standard deviation." in words(many)
    mean = paths(many)[0].get_xdata()
    rows = TWENTY[(TWENTY["split"] == "train") & (TWENTY["layer"] == LAYERS[0])]
    np.testing.assert_allclose(mean, rows.groupby("epoch")["mi_xt"].mean())


def test_joined_epochs_run_through_the_layers_in_the_order_of_the_network():
    table = mi_table().iloc[::-1]  # rows in another order than layers stand in must not matter within an epoch
    figure = figures.plane(table, join="epochs")
    lines = paths(figure)
    assert len(lines) == len(EPOCHS)
    rows = table[table["epoch"] == EPOCHS[0]]
    np.testing.assert_allclose(lines[0].get_xdata(), rows["mi_xt"].astype(float))
    assert (
        len({line.get_color() if isinstance(line.get_color(), str) else tuple(line.get_color()) for line in lines}) > 9
    )


@pytest.mark.parametrize(
    ("xt", "ty", "holds"),
    [
        (None, None, True),
        ("H(bin T) [bits]", "I(bin T;Y) [bits]", True),
        ("I(X;Z), Z = T with its dropout noise", "I(Z;Y)", True),
        ("I(X;T+N)", "I(T+N;Y)", True),
        ("I(X;T+N), N of std 0.1 [nats]", "I(T;Y) [nats]", False),
        ("SI(X;T), sliced", "SI(T;Y), sliced", False),
    ],
)
def test_the_diagonal_bounds_what_is_measured_of_one_variable(xt, ty, holds):
    assert comparable(xt, ty) == holds
    assert (DIAGONAL in words(figures.plane(STEEP, xt_label=xt, ty_label=ty))) == holds


def test_the_diagonal_leaves_the_axes_as_they_are_and_stays_away_where_it_is_out_of_view():
    with_it, without = figures.plane(STEEP), figures.plane(STEEP, ty_label="SI(T;Y)")
    assert with_it.axes[0].get_xlim() == without.axes[0].get_xlim()
    assert with_it.axes[0].get_ylim() == without.axes[0].get_ylim()
    assert DIAGONAL not in words(figures.plane(mi_table()))


def test_snapshots_have_a_point_for_each_layer_and_repetition():
    figure = figures.snapshots(THREE)
    text = words(figure)
    for heading in ("(train split)", "epoch 0", "epoch 8", "epoch 125", "epoch 1000", "A point for each of 3 repetit"):
        assert heading in text
    assert sum(len(found.get_offsets()) for found in points(figure)) == 4 * 3 * len(LAYERS)


def test_snapshots_take_the_first_the_last_and_log_spaced_epochs():
    assert spread_epochs(np.array(EPOCHS), 4) == [0, 8, 125, 1000]
    assert spread_epochs(np.array([7, 3]), 4) == [3, 7]
    assert spread_epochs(np.array([0, 997, 998, 999, 1000]), 4)[::3] == [0, 1000]


def test_phases_draw_the_first_estimator_that_gives_a_plane():
    given = {"a": mi_table("a", xt=False), "b": mi_table("b", splits=BOTH), "c": mi_table("c")}
    text = words(figures.two_phases(given, gradients_table()))
    assert "b (train split)" in text
    assert "gradient |mean| / std" in text
    assert "No estimator gives both" in words(figures.two_phases({"a": given["a"]}, gradients_table()))


def test_bands_run_from_the_smallest_to_the_largest():
    training = training_table(11, repetitions=3)
    figure = figures.loss_accuracy(training)
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    assert np.max(band[:, 1]) == pytest.approx(training["train_loss"].max())
    assert "Means over 3 repetitions; bands: smallest to largest." in words(figure)


def test_training_curves_of_the_first_repetition_and_part_alone_are_drawn():
    one = diagnostics_table()
    several = pd.concat([one.assign(repetition=i, part=j) for i in (0, 1) for j in (0, 1)], ignore_index=True)
    figure, alone = figures.training_curves(several), figures.training_curves(one)
    assert "Drawn: repetition 0 of 2 repetitions, part 0 of 2 parts of the samples, counted from 0." in words(figure)
    for line, other in zip(paths(figure), paths(alone), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())


def test_files_are_the_same_every_time(tmp_path):
    for run in ("one", "two"):
        figures.save(figures.snapshots(THREE), tmp_path / run)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
