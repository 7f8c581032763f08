"""Figures for a paper: the width of a column, a text font, no words around, and lines that differ without colour."""

from collections.abc import Callable
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from test_figures import check_texts

from example_tables import LAYERS, diagnostics_table, flagged_by_axis, gradients_table, mi_table, training_table
from infoplane import figures
from infoplane.figures.drawn_for import PAPER

NOISY = "I(X;Z), Z = T with its dropout noise, a lower bound"
PLANE = flagged_by_axis(mi_table("mine", bounds=True))
LONG = mi_table("mine", layers=[f"features.block_{i}.conv.relu" for i in range(1, 12)])
COLUMN, PAGE = PAPER.columns or (0, 0)
DRAWN: dict[str, tuple[float, Callable[[], Figure]]] = {
    "plane": (COLUMN, lambda: figures.plane(PLANE, title="mine")),
    "plane, long words": (COLUMN, lambda: figures.plane(LONG, xt_label=NOISY, ty_label=NOISY)),
    "plane of two splits": (PAGE, lambda: figures.plane(mi_table(splits=("train", "test")))),
    "nothing to draw": (COLUMN, lambda: figures.plane(mi_table().head(0))),
    "over epochs": (COLUMN, lambda: figures.mi_over_epochs(PLANE)),
    "overview": (PAGE, lambda: figures.overview({key: mi_table(key) for key in ("a", "b", "c")})),
    "loss": (PAGE, lambda: figures.loss_accuracy(training_table(11))),
    "gradients": (PAGE, lambda: figures.gradients(gradients_table(LAYERS))),
    "critics": (PAGE, lambda: figures.training_curves(diagnostics_table())),
}


def drawn(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text() and text.get_visible()]


@pytest.mark.parametrize("name", DRAWN)
def test_as_wide_as_a_column_with_every_word_within(name: str, tmp_path):
    width, draw = DRAWN[name]
    with figures.drawn_for("paper"):
        figure = draw()
        figures.save(figure, tmp_path / "figure")
    assert figure.get_figwidth() == width
    with Image.open(tmp_path / "figure.png") as image:
        assert image.width == int(width * PAPER.dpi)
    assert {text.get_fontfamily()[0] for text in drawn(figure)} == {"STIXGeneral"}
    check_texts(figure)


def test_what_stands_around_a_figure_on_a_screen_is_its_description(tmp_path):
    with figures.drawn_for("paper"):
        figure = figures.plane(PLANE, title="mine")
        figures.save(figure, tmp_path / "plane")
    caption = figure.get_label()
    assert caption.startswith("mine (test split). Each line is a layer during training")
    assert "right half empty: I(X;T) is not to be believed" in caption
    assert not any("believed" in text.get_text() for text in drawn(figure))
    written = ElementTree.parse(tmp_path / "plane.svg").findtext(".//{http://purl.org/dc/elements/1.1/}description")
    assert written == caption


def test_layers_differ_without_colour():
    with figures.drawn_for("paper"):
        figure = figures.mi_over_epochs(PLANE)
    looks = {(str(line.get_linestyle()), tuple(line._dash_pattern[1] or ())) for line in _layers(figure)}
    assert len(looks) == len(LAYERS)
    assert len({line.get_linestyle() for line in _layers(figures.mi_over_epochs(PLANE))}) == 1


def _layers(figure: Figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]


def test_kinds_of_information_differ_without_colour():
    table = pd.DataFrame(
        [["a", axis, 100, 1, 0, 1.0, 1.0, 0.0, None, None, None, ""] for axis in ("xt", "ty")],
        columns=["task", "axis", "n", "d", "seed", "truth", "estimate", "error", "stderr", "low", "high", "flag"],
    )
    for style, shapes in (("screen", 1), ("paper", 2)):
        with figures.drawn_for(style):
            points = figures.truth_and_estimate({"mine": table}).axes[0].collections
        assert len({len(each.get_paths()[0]) for each in points if isinstance(each, PathCollection)}) == shapes


def test_a_screen_again_afterwards(tmp_path):
    figures.save(figures.plane(PLANE), tmp_path / "before")
    with figures.drawn_for("paper"):
        figures.save(figures.plane(PLANE), tmp_path / "paper")
    figures.save(figures.plane(PLANE), tmp_path / "after")
    assert (tmp_path / "before.svg").read_bytes() == (tmp_path / "after.svg").read_bytes()
    assert (tmp_path / "before.svg").read_bytes() != (tmp_path / "paper.svg").read_bytes()


def test_the_same_bytes_every_time(tmp_path):
    for run in ("one", "two"):
        with figures.drawn_for("paper"):
            figures.save(figures.plane(PLANE), tmp_path / run)
    for ending in ("png", "svg"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()
