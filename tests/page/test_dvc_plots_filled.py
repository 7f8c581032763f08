"""Templates of `dvc plots`, filled here as DVC does: what each draws of tables old and new."""

import json
import re

import pandas as pd
import pytest
import vl_convert
from test_dvc_plots import TEMPLATES, VERSIONS, placed, written

from example_tables import LAYERS, flagged_by_axis, mi_table, training_table


@pytest.mark.parametrize("version", VERSIONS)
def test_estimates_against_truths_keep_to_their_revision(version):
    rows = [
        {"rev": rev, "task": f"task {i}", "axis": axis, "d": "3", "truth": truth, "estimate": "1.5", "flag": flag}
        for rev in ("main", "branch")
        for i, (axis, truth, flag) in enumerate([("xt", "1.4", ""), ("ty", "2.0", "saturated"), ("xt", "inf", "wide")])
    ]
    text = (TEMPLATES / "estimate_against_truth.json").read_text().replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
    for anchor, value in (("X", "truth"), ("Y", "estimate"), ("TITLE", "known")):
        text = text.replace(f"<DVC_METRIC_{anchor}>", value)
    assert "<DVC" not in text
    headers, points = placed(svg := vl_convert.vegalite_to_svg(json.loads(text), vl_version=version))
    middle = headers["branch"][0] - 5
    # infinite truths are left out
    assert sorted(label.split("task: ")[1][:6] for _, label in points) == ["task 0", "task 0", "task 1", "task 1"]
    assert all(("revision: branch;" in label) == (x > middle) for (x, _), label in points)
    assert {"truth [nats]", "estimate [nats]", "I(X;T)", "I(T;Y)"} <= set(written(svg))


def svg_of(template: str, rows: list[dict], version: str, x: str, y: str) -> str:
    """A template of this repository, filled as DVC does, as SVG."""
    text = (TEMPLATES / f"{template}.json").read_text().replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
    for anchor, value in (("X_LABEL", x), ("Y_LABEL", y), ("X", x), ("Y", y), ("TITLE", "title")):
        text = text.replace(f"<DVC_METRIC_{anchor}>", value)
    assert "<DVC" not in text
    return vl_convert.vegalite_to_svg(json.loads(text), vl_version=version)


def as_dvc_reads(table: pd.DataFrame, rev: str) -> list[dict]:
    """Rows as DVC hands them to a template: strings, with their revision."""
    return [{"rev": rev, **row} for row in table.astype(str).replace("nan", "").to_dict("records")]


def lines(svg: str) -> list[tuple[float, ...]]:
    """The x of each line's points, one tuple a line."""
    drawn = re.findall(r'<path[^>]*"line mark"[^>]* d="([^"]*)"', svg)
    found = [re.findall(r"[ML](-?[\d.]+),", path) for path in drawn]
    return [tuple(map(float, xs)) for xs in found if len(xs) > 2]


@pytest.mark.parametrize("version", VERSIONS)
def test_training_has_a_line_for_each_repetition_and_split(version):
    old, new = training_table(11).drop(columns="repetition"), training_table(11, repetitions=3)
    rows = as_dvc_reads(old, "main") + as_dvc_reads(new, "branch")
    svg = svg_of("training", rows, version, "epoch", "test_accuracy")
    assert {"main", "branch", "loss", "accuracy", "train", "test"} <= set(written(svg))
    assert "divergence" not in written(svg)
    found = lines(svg)
    assert len(found) == 4 * (1 + 3)
    assert all(len(xs) == 11 and list(xs) == sorted(xs) for xs in found)


@pytest.mark.parametrize("version", VERSIONS)
def test_lines_over_epochs_are_apart_by_repetition_and_part(version):
    table = mi_table(repetitions=2, parts=3, epochs=range(5))
    old = mi_table(epochs=range(5)).drop(columns=["repetition", "part"])
    rows = as_dvc_reads(table, "branch") + as_dvc_reads(old, "main")
    found = lines(svg_of("by_layer", rows, version, "epoch", "mi_xt"))
    assert len(found) == len(LAYERS) * (2 * 3 + 1)
    assert all(len(xs) == 5 and list(xs) == sorted(xs) for xs in found)
    svg = svg_of("information_plane", rows, version, "mi_xt", "mi_ty")
    assert len([xs for xs in lines(svg) if len(xs) == 5]) == len(LAYERS) * (2 * 3 + 1)
    _, points = placed(svg)
    assert {"repetition: 1; part: 2" in label for _, label in points} == {True, False}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("column", "word"), [("mi_xt", "saturated"), ("mi_ty", "overfit"), ("ceiling_ty", "")])
def test_a_value_over_the_epochs_is_hollow_by_the_flag_of_its_own_axis(version, column, word):
    table = flagged_by_axis(mi_table(epochs=range(8)))
    svg = svg_of("by_layer", as_dvc_reads(table, "main"), version, "epoch", column)
    fills = re.findall(r'<path aria-label="[^"]*revision: [^"]*"[^>]*="point"[^>]*fill="([^"]*)"', svg)
    assert len(fills) == len(table)
    assert fills.count("white") == (len(table) // 2 if word else 0)
    assert ("not to be believed" in svg) == bool(word)
    assert f"not to be believed: {word}" in svg or not word
    old = as_dvc_reads(mi_table(epochs=range(8)).assign(flag="saturated"), "main")
    svg = svg_of("by_layer", old, version, "epoch", column)
    assert (svg.count('fill="white"') > len(table)) == bool(word)


@pytest.mark.parametrize("version", VERSIONS)
def test_old_revisions_without_flags_of_each_axis_stand_beside_new_ones(version):
    new = flagged_by_axis(mi_table(epochs=range(4)))
    old = mi_table(epochs=range(4)).assign(flag="saturated")
    rows = as_dvc_reads(new, "branch") + as_dvc_reads(old, "main")
    svg = svg_of("information_plane", rows, version, "mi_xt", "mi_ty")
    fills = {"branch": [], "main": []}
    for label, fill in re.findall(r'<path aria-label="([^"]*revision: [^"]*)"[^>]*fill="([^"]*)"', svg):
        fills["main" if "revision: main" in label else "branch"].append(fill)
    assert fills["main"] == ["white"] * len(old)
    halves = [fill for fill in fills["branch"] if fill.startswith("url(")]
    assert len(halves) == len(new) // 2
    assert fills["branch"].count("white") == len(new) // 4
