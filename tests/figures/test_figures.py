"""Figures from tables: what they show, what they admit, and that they come out the same every time."""

import io
import itertools
import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from example_tables import LAYERS, diagnostics_table, flagged_by_axis, gradients_table, mi_table, training_table
from infoplane import figures
from infoplane.planes import wording

SEVEN = ("conv1", "conv2", "conv3", "conv4", "hidden1_pre", "hidden1", "output")
NOISY = "I(X;Z), Z = T with its dropout noise, a lower bound"
LONG = [f"features.block_{i}.conv.relu" for i in range(1, 12)] + ["classifier.output_pre"]
BOTH = ("train", "test")
TABLES = {
    "plain": mi_table(),
    "both splits": mi_table(splits=BOTH, bounds=True),
    "seven layers": mi_table("ksg_k5", layers=SEVEN, splits=BOTH),
    "twelve long names": mi_table("mine", layers=LONG, splits=BOTH, saturated=True),
    "saturated": mi_table(saturated=True, splits=BOTH),
    "one epoch": mi_table(epochs=[10]),
    "one layer": mi_table(layers=["hidden1"]),
    "even epochs": mi_table(epochs=range(21)),
    "no I(X;T)": mi_table("classifier", xt=False, splits=BOTH),
    "some layers silent": mi_table("dropout", silent=[LAYERS[0], LAYERS[3]], bounds=True),
    "all layers silent": mi_table("dropout", silent=LAYERS),
    "flags of each axis": flagged_by_axis(mi_table(splits=BOTH, bounds=True)),
    "nothing of X": mi_table(splits=BOTH).assign(mi_xt=0.0),
    "no rows": mi_table().head(0),
}


def read_back(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a stage reads it from its CSV file."""
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


FIGURES = {
    **{f"plane, {name}": (figures.plane, read_back(table)) for name, table in TABLES.items()},
    **{f"epochs, {name}": (figures.mi_over_epochs, read_back(table)) for name, table in TABLES.items()},
    "plane, long labels": (partial(figures.plane, xt_label=NOISY, ty_label=NOISY), TABLES["both splits"]),
    "epochs, long labels": (partial(figures.mi_over_epochs, xt_label=NOISY), TABLES["both splits"]),
    "overview, long labels": (
        partial(figures.overview, xt_labels=dict.fromkeys("abcdef", NOISY), ty_labels={"b": NOISY}),
        {key: mi_table(key) for key in "abcdef"},
    ),
    "overview": (figures.overview, {name: read_back(table) for name, table in TABLES.items()}),
    "overview of none": (figures.overview, {}),
    "loss, log": (figures.loss_accuracy, training_table(1001)),
    "loss, even": (figures.loss_accuracy, training_table(11)),
    "gradients": (figures.gradients, gradients_table(SEVEN)),
    "training": (figures.training_curves, diagnostics_table()),
    "training, one": (figures.training_curves, diagnostics_table(["hidden1"], [5])),
    "training, none": (figures.training_curves, diagnostics_table().query("diagnostic == 'gap_xt'")),
}


def words(figure: Figure) -> str:
    """All that is written in a figure."""
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def points(figure: Figure) -> list[PathCollection]:
    return [found for found in figure.findobj(PathCollection) if len(found.get_offsets()) > 1]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_over_another_or_outside(name):
    function, table = FIGURES[name]
    check_texts(function(table))


def check_texts(figure: Figure) -> None:
    """No text lies over another or outside of the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    page = figure.get_window_extent(renderer)
    hidden = {id(label) for ax in figure.findobj(Axes) for label in hidden_labels(ax)}
    boxes = []
    for text in figure.findobj(Text, include_self=False):
        if id(text) in hidden:
            continue
        box = text.get_window_extent(renderer)
        if not text.get_visible() or not text.get_text().strip() or box.width == 0:
            continue
        assert page.x0 - 1 <= box.x0, text
        assert box.x1 <= page.x1 + 1, text
        assert page.y0 - 1 <= box.y0, text
        assert box.y1 <= page.y1 + 1, text
        boxes.append((text.get_text(), box))
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide < 1.5 or high < 1.5, f"{one!r} lies over {other!r}"


def hidden_labels(ax: Axes) -> list[Text]:
    """Labels of ticks beyond the axis range, and of axes that are off, which matplotlib keeps undrawn."""
    labels = []
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        room = 1e-6 * abs(high - low)
        for tick in axis.get_major_ticks():
            if not ax.axison or not low - room <= tick.get_loc() <= high + room:
                labels += [tick.label1, tick.label2]
        labels += [axis.label] if not ax.axison else []
    return labels


def test_flagged_points_are_hollow_and_the_legend_says_why():
    table = mi_table(layers=["hidden1"])
    table["flag"] = ["saturated; overfit" if epoch > 100 else "" for epoch in table["epoch"]]
    figure = figures.plane(table)
    (drawn,) = points(figure)
    hollow = (drawn.get_facecolors() == 1).all(axis=1)
    assert hollow.tolist() == (table["epoch"] > 100).tolist()
    text = words(figure).replace("\n", " ")
    assert "right half empty: I(X;T) is not to be believed (saturated, overfit)" in text
    assert "hollow: neither is" in text
    assert "overfit: better on the samples that it learned from" in text


def test_points_beyond_an_axis_stand_at_its_edge_and_are_counted():
    table = mi_table(layers=["hidden1"]).assign(flag="", flag_xt="", flag_ty="")
    table.loc[4, ["mi_xt", "flag", "flag_xt"]] = [1709.0, "overfit", "overfit"]
    for draw in (figures.plane, figures.mi_over_epochs, partial(figures.snapshots, most_epochs=12)):
        figure = draw(table)
        assert "At an edge: 1 that lies beyond it" in words(figure)
        offsets = np.concatenate([found.get_offsets() for found in figure.findobj(PathCollection)])
        assert offsets.max() <= max(table["epoch"].max(), 20)


def test_the_overview_names_the_estimators_of_points_beyond_an_axis():
    table = mi_table(layers=["hidden1"]).assign(flag="", flag_xt="", flag_ty="")
    table.loc[4, ["mi_xt", "flag", "flag_xt"]] = [1709.0, "overfit", "overfit"]
    text = words(figures.overview({"a": mi_table(), "b": table})).replace("\n", " ")
    assert "At an edge: 1 of b that lies beyond it" in text


def test_the_plane_says_how_many_points_can_be_believed_and_how_to_read_it():
    table = flagged_by_axis(mi_table())
    counts = "I(X;T) believed at 24 of 48 points, I(T;Y) at 24"
    for figure in (figures.plane(table), figures.mi_over_epochs(table)):
        assert counts in words(figure)
    text = words(figures.overview({"a": table, "b": mi_table(xt=False).assign(flag="")}))
    assert "can be believed: a 24 and 24 of 48; b – and 48 of 48." in text.replace("\n", " ")
    assert wording.READ_PLANE in words(figures.overview({"a": table})).replace("\n", " ")
    assert wording.READ_PLANE not in words(figures.overview({"a": table}, join="epochs")).replace("\n", " ")


def test_trusted_points_need_no_legend_entry():
    table = mi_table().assign(flag="")
    text = words(figures.plane(table))
    assert "hollow" not in text
    assert "empty" not in text


def test_bits():
    table = mi_table(layers=["hidden1"]).assign(flag="")
    nats, bits = (points(figures.plane(table, units=units))[0].get_offsets() for units in ("nats", "bits"))
    np.testing.assert_allclose(bits, nats / math.log(2))
    for label in ("H(bin T)", "H(bin T) [nats]"):
        text = words(figures.plane(table, units="bits", xt_label=label))
        assert "H(bin T) [bits]" in text
        assert "nats" not in text
    with pytest.raises(ValueError, match="trits"):
        figures.plane(table, units="trits")  # type: ignore[arg-type]


def test_ceilings_are_named_and_far_ones_are_not_drawn():
    text = words(figures.plane(mi_table()))
    assert "ceiling 9.21" in text
    assert "H(Y) = I(X;Y) = 2.30" in text
    assert "ceiling 9.21 →" in words(figures.plane(mi_table().assign(mi_xt=lambda t: t["mi_xt"] / 10)))


def test_a_ceiling_below_all_that_is_drawn_is_named_at_that_end():
    table = mi_table().assign(mi_xt=lambda t: 20 + t["mi_xt"] / 10, ceiling_xt=2.0, mi_ty=10.0, ceiling_ty=1.0)
    figure = figures.plane(table)
    (name,) = [text for text in figure.findobj(Text) if text.get_text() == "← ceiling 2.00"]
    assert name.axes is not None
    box, panel = name.get_window_extent(), name.axes.get_window_extent()
    assert box.x0 >= panel.x0
    assert box.x1 < panel.x1
    assert not [line for line in name.axes.lines if list(line.get_xdata()) == [2.0, 2.0]]
    assert "1.00 ↓" in words(figure)


def test_the_name_of_a_ceiling_stays_within_its_panel():
    # values on both sides of a ceiling, which is in the left half of the axis
    table = mi_table().assign(ceiling_xt=4.0)
    (name,) = [text for text in figures.plane(table).findobj(Text) if text.get_text() == "ceiling 4.00"]
    assert name.get_horizontalalignment() == "left"
    figure = figures.mi_over_epochs(mi_table(bounds=True).assign(mi_ty_high=5.0, ceiling_ty=2.6))
    (name,) = [text for text in figure.findobj(Text) if text.get_text().startswith("H(Y)")]
    assert name.get_verticalalignment() == "bottom"


def test_bars_are_drawn_of_few_epochs_and_a_note_says_which():
    figure = figures.plane(mi_table(bounds=True))
    assert "Bars of epochs 0, 8, 125, 1000 alone" in words(figure)
    bars = [each for each in figure.findobj(LineCollection) if each.get_zorder() == 1.6]
    lengths = [np.ptp(segment, axis=0).max() for each in bars for segment in each.get_segments()]
    assert np.count_nonzero(lengths) == 4 * len(LAYERS) * 2
    assert "Bars of epochs" not in words(figures.plane(mi_table(bounds=True, epochs=[0, 1, 2, 4])))
    assert "Bars of epochs" not in words(figures.plane(mi_table()))


def test_a_plane_that_is_a_line_at_h_y_says_why():
    table = mi_table().assign(mi_ty=math.log(10) - 0.003)
    assert "I(T;Y) is H(Y), to 1%, at 48 of 48 points: T tells the label." in words(figures.plane(table))
    figure = figures.overview({"a": mi_table(), "b": table}, xt_labels={"b": "H(bin T); X: split"})
    assert "b: I(T;Y) is H(Y), to 1%, at 48 of 48 points: each occupied bin holds samples" in words(figure)
    assert "a: I(T;Y) is H(Y)" not in words(figure)


def test_a_ceiling_of_every_point_is_drawn_once():
    table = mi_table(layers=["hidden1"])
    table["ceiling_xt"] = np.linspace(7, 9, len(table))
    assert "largest ceiling 9.00" in words(figures.plane(table))


def test_an_estimator_without_one_axis_is_drawn_over_epochs_and_says_so():
    text = words(figures.plane(TABLES["no I(X;T)"]))
    assert "This estimator gives no I(X;T)." in text
    assert "epoch (log scale)" in text


def test_what_is_not_given_is_said():
    assert "No estimate to draw: no noise." in words(figures.plane(TABLES["all layers silent"]))
    assert "Not given: hidden1, output (no noise)." in words(figures.plane(TABLES["some layers silent"]))


def test_layers_keep_marker_when_another_is_silent():
    marks = []
    for silent in ([], [LAYERS[0]]):
        figure = figures.plane(mi_table(layers=LAYERS[:2], silent=silent))
        marks.append(points(figure)[-1].get_paths()[0].vertices)
    np.testing.assert_array_equal(*marks)


def test_overview_draws_one_split_and_names_it():
    tables = {"a": mi_table("a", splits=BOTH), "b": mi_table("b", splits=BOTH)}
    assert "(train split)" in words(figures.overview(tables))
    assert "(test split)" in words(figures.overview(tables, split="test"))
    assert "Drawn is the train split; test: in the plane of each estimator." in words(figures.overview(tables))
    assert "Drawn is" not in words(figures.overview({"a": mi_table("a")}))


def test_training_curves_say_what_they_leave_out():
    text = words(figures.training_curves(diagnostics_table()))
    assert "5 of 12 epochs are drawn." in text
    assert "values from −140.0" in text


def test_a_critic_that_was_not_trained_is_a_dot():
    table = diagnostics_table(["hidden1"], [5])
    assert "needed no training" not in words(figures.training_curves(table))
    untrained = table[table["step"] == 0]
    figure = figures.training_curves(untrained)
    assert "A dot: a critic that needed no training." in words(figure)
    assert {line.get_marker() for ax in figure.axes for line in ax.lines} == {"o"}


@pytest.mark.parametrize("given", ["H(bin T)", "H(bin T) [nats]", "H(bin T) [bits]"])
def test_units_stand_once_in_a_label(given: str):
    assert wording.labels(given, None, "bits") == {"mi_xt": "H(bin T) [bits]", "mi_ty": "I(T;Y) [bits]"}


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="lacks ceiling_xt, flag"):
        figures.plane(mi_table().drop(columns=["ceiling_xt", "flag"]))


def test_files_are_the_same_every_time(tmp_path):
    for run in ("one", "two"):
        figures.save(figures.plane(TABLES["both splits"]), tmp_path / run / "ksg.k5")
    for ending in ("png", "svg"):
        one, two = ((tmp_path / run / f"ksg.k5.{ending}").read_bytes() for run in ("one", "two"))
        assert one == two
        assert b"Matplotlib" not in one


def test_positions_are_rounded_since_the_last_bits_of_the_layout_differ_between_runs(tmp_path):
    figure = figures.plane(TABLES["both splits"])
    figures.save(figure, tmp_path / "plane")
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        assert bounds == pytest.approx(np.round(bounds, 5), abs=1e-14)
    for part in figure.subfigs:
        ends = part.bbox_relative.get_points()
        np.testing.assert_allclose(ends, np.round(ends, 5), rtol=0, atol=1e-14)
