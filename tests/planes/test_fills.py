"""Every drawing leaves a point empty on the side of the value that is not to be believed."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import vl_convert
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from example_tables import flagged_by_axis, mi_table
from infoplane import figures
from infoplane.page.dvc_templates import templates
from infoplane.page.expressions import filled
from infoplane.planes import wording
from infoplane.planes.fills import FULL, HOLLOW, LEFT, LOWER, fills
from infoplane.planes.reading import averaged, drawable
from infoplane.planes.tables import AXES

VERSIONS = [vl_convert.get_vegalite_versions()[i] for i in (0, -1)]
ONE = flagged_by_axis(mi_table(layers=["hidden1"], epochs=[1, 3, 9, 27]))
"""A point of each kind, at one layer."""
OLD = mi_table(layers=["hidden1"], epochs=[1, 3, 9, 27]).assign(flag=["", "saturated", "overfit", ""])


def test_the_empty_side_is_that_of_the_axis_which_is_not_to_be_believed():
    assert fills(drawable(ONE)).tolist() == [FULL, LEFT, LOWER, HOLLOW]


def test_of_one_axis_its_own_flag_alone_counts():
    assert fills(drawable(ONE), ["mi_xt"]).tolist() == [FULL, HOLLOW, FULL, HOLLOW]
    assert fills(drawable(ONE), ["mi_ty"]).tolist() == [FULL, FULL, HOLLOW, HOLLOW]


def test_a_table_with_one_flag_has_no_halves():
    assert fills(drawable(OLD)).tolist() == [FULL, HOLLOW, HOLLOW, FULL]


def test_a_mean_is_empty_on_each_side_where_any_repetition_is():
    table = mi_table(layers=["hidden1"], epochs=[1, 3], repetitions=2).assign(flag="", flag_xt="", flag_ty="")
    table.loc[(table["repetition"] == 0) & (table["epoch"] == 1), "flag_xt"] = "saturated"
    table.loc[(table["repetition"] == 1) & (table["epoch"] == 1), "flag_ty"] = "overfit"
    table.loc[(table["repetition"] == 1) & (table["epoch"] == 3), "flag_ty"] = "overfit"
    assert fills(averaged(drawable(table), "repetition")).tolist() == [HOLLOW, LOWER]


def drawn_points(figure: Figure) -> list[tuple[float, float, str]]:
    """Where each point of a figure is and what of it is filled, by the shapes that are of a colour."""
    found: dict[tuple[float, float], list[str]] = {}
    for points in figure.findobj(PathCollection):
        if len(points.get_offsets()) < 2:  # the marks of the first and the last epoch
            continue
        paths, faces = points.get_paths(), points.get_facecolors()
        for i, (x, y) in enumerate(np.asarray(points.get_offsets())):
            face = faces[i % len(faces)]
            coloured = to_hex(face) != "#ffffff" and face[3] > 0
            found.setdefault((x, y), []).append(side(paths[i % len(paths)].vertices) if coloured else "")
    return [(x, y, "".join(parts) or HOLLOW) for (x, y), parts in found.items()]


def side(corners: np.ndarray) -> str:
    """Which part of a mark around 0 a path covers."""
    right, top = corners.max(0)
    return FULL if right > 0.1 and top > 0.1 else LEFT if top > 0.1 else LOWER


@pytest.mark.parametrize("table", [ONE, OLD], ids=["new", "old"])
def test_figures_fill_what_can_be_believed(table: pd.DataFrame):
    data = drawable(table)
    expected = list(zip(data["mi_xt"], data["mi_ty"], fills(data), strict=True))
    for draw in (figures.plane, lambda one: figures.overview({"a": one})):
        assert drawn_points(draw(table)) == expected
    over_epochs = drawn_points(figures.mi_over_epochs(table))
    assert [fill for *_, fill in over_epochs] == [fill for axis in AXES for fill in fills(data, [axis])]


def test_snapshots_fill_what_can_be_believed():
    table = flagged_by_axis(mi_table(layers=["hidden1"], epochs=[5], repetitions=4))
    data = drawable(table)
    expected = list(zip(data["mi_xt"], data["mi_ty"], fills(data), strict=True))
    assert drawn_points(figures.snapshots(table)) == expected
    assert len({fill for *_, fill in expected}) == 4


def test_later_points_cover_earlier_ones_with_their_halves():
    table = flagged_by_axis(mi_table(layers=["hidden1"], epochs=[1, 3, 9, 27])).assign(mi_xt=4.0, mi_ty=2.0)
    points = next(each for each in figures.plane(table).findobj(PathCollection) if len(each.get_offsets()) > 2)
    assert [side(path.vertices) for path in points.get_paths()] == [FULL, FULL, LEFT, FULL, LOWER, FULL]


def svg_of_template(table: pd.DataFrame, version: str, y: str = "mi_ty") -> str:
    rows = [{"rev": "main", **row} for row in table.astype(str).replace("nan", "").to_dict("records")]
    text = json.dumps(templates()["information_plane"]).replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
    for anchor, value in (("X_LABEL", "mi_xt"), ("Y_LABEL", y), ("X", "mi_xt"), ("Y", y), ("TITLE", "t")):
        text = text.replace(f"<DVC_METRIC_{anchor}>", value)
    return vl_convert.vegalite_to_svg(json.loads(text), vl_version=version)


def filled_in(svg: str) -> list[str]:
    """What is filled of each point of a template's drawing."""
    gradients = {}
    for name, ends, stops in re.findall(r'<linearGradient id="([^"]+)"([^>]*)>(.*?)</linearGradient>', svg):
        across = 'x2="1"' in ends
        first = re.findall(r'stop-color="([^"]+)"', stops)[0]
        gradients[name] = (LEFT if first != "white" else "right") if across else LOWER if first == "white" else "upper"
    found = re.findall(r'<path aria-label="[^"]*revision: [^"]*"[^>]*fill="([^"]*)"', svg)
    plain = {fill: HOLLOW if fill == "white" else FULL for fill in found}
    return [gradients[fill[5:-1]] if fill.startswith("url(") else plain[fill] for fill in found]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("table", [ONE, OLD], ids=["new", "old"])
def test_the_template_fills_what_can_be_believed(version: str, table: pd.DataFrame):
    assert filled_in(svg_of_template(table, version)) == fills(drawable(table)).tolist()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_template_goes_by_the_flag_of_the_axis_that_is_given(version: str):
    for lacking, given in (("mi_xt", "mi_ty"), ("mi_ty", "mi_xt")):
        svg = svg_of_template(ONE.assign(**{lacking: ""}), version)
        assert filled_in(svg) == fills(drawable(ONE), [given]).tolist()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_template_counts_and_says_what_is_not_to_be_believed(version: str):
    svg = svg_of_template(ONE, version)
    assert "I(X;T) believed at 2 of 4 points, I(T;Y) at 2" in svg
    labels = re.findall(r'aria-label="([^"]*revision: [^"]*)"', svg)
    assert ["not to be believed: saturated; I(T;Y)" in label for label in labels] == [False, True, False, True]
    assert ["not to be believed: overfit" in label for label in labels] == [False, False, True, True]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("columns", [AXES, ["mi_xt"], ["mi_ty"]])
def test_the_expression_of_the_page_says_what_the_figures_draw(version: str, columns: list[str]):
    data = drawable(ONE)
    across = data["flag_xt"] != "" if len(columns) == 2 else pd.Series(False, data.index)
    up = data[columns[-1].replace("mi", "flag")] != ""
    rows = [{"doubted_x": bool(x), "doubted_y": bool(y)} for x, y in zip(across, up, strict=True)]
    chart = {
        "data": {"values": rows},
        "transform": [{"calculate": filled("true" if len(columns) == 2 else "false"), "as": "filled"}],
        "mark": "text",
        "encoding": {"text": {"field": "filled"}},
    }
    svg = vl_convert.vegalite_to_svg(chart, vl_version=version)
    assert re.findall(r"<text[^>]*>([^<]+)</text>", svg) == fills(data, columns).tolist()


def test_words_tell_how_many_points_can_be_believed():
    data = drawable(ONE)
    assert wording.trust(data, AXES) == "I(X;T) believed at 2 of 4 points, I(T;Y) at 2"
    assert wording.trust(data, ["mi_ty"]) == "I(T;Y) believed at 2 of 4 points"
    assert wording.trust(data.head(1), AXES) == "I(X;T) and I(T;Y) believed at the one point"
    silent = drawable(mi_table(silent=["hidden1"], layers=["hidden1", "hidden2"]).assign(flag=""))
    assert "at all 12 points" in wording.trust(silent, AXES)


def test_the_legend_names_the_words_of_each_axis_apart():
    said = wording.fill_meanings(drawable(ONE), AXES)
    assert "saturated" in said[LEFT]
    assert "overfit" not in said[LEFT]
    assert "overfit" in said[LOWER]
    assert HOLLOW in said
    assert HOLLOW not in wording.fill_meanings(drawable(ONE.head(3)), AXES)
    assert wording.fill_meanings(drawable(ONE.head(1)), AXES) == {}


def test_words_of_ones_own_stand_without_an_explanation():
    data = drawable(mi_table(layers=["hidden1"]).assign(flag="odd; saturated"))
    assert "odd" in wording.fill_meanings(data, AXES)[LEFT]
    assert wording.meanings(data).startswith("saturated: ")


def test_what_x_is_is_said_once_for_each_word():
    said = wording.what_x_is(["I(X;T+N), N of std 0.5; X: split [nats]", "H(bin T); X: split [nats]", None, "I(X;T)"])
    assert said == "X: split: any sample of the split, all equally likely."
    assert wording.what_x_is(["H(bin T); X: split; large T: averaged over positions [nats]"]) == said
    assert "60000: one of so many inputs" in wording.what_x_is(["I(X;Z); X: 60000 [nats]"])
    assert wording.what_x_is(["I(X;T)", None]) == ""
