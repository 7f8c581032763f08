"""Every drawing of a plane goes by the same rules: figures, the page, and the template of `dvc plots`."""

import json
import re
import subprocess
import sys
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import vl_convert
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from conftest import ROOT
from example_tables import EPOCHS, LAYERS, flagged_by_axis, mi_table
from infoplane import figures
from infoplane.figures import style
from infoplane.page.dvc_templates import templates, text
from infoplane.page.explorer import page
from infoplane.page.expressions import range_steps
from infoplane.planes.appearance import EPOCH_COLOURS, EPOCH_SCHEME, MARKS, epoch_colour
from infoplane.planes.reading import drawable
from infoplane.planes.rules import Ceiling, axis_range, beyond, ceilings, diagonal
from infoplane.planes.tables import AXES

VERSIONS = [vl_convert.get_vegalite_versions()[i] for i in (0, -1)]
FAR = mi_table().assign(mi_xt=lambda t: t["mi_xt"] / 10)


def far_off() -> pd.DataFrame:
    """A table of flags for each axis in which what is not to be believed is far off, with bounds farther still."""
    table = flagged_by_axis(mi_table(bounds=True))
    xt, ty = table["flag_xt"] != "", table["flag_ty"] != ""
    table.loc[xt, "mi_xt"] = table.loc[xt, "mi_xt"] * 40
    table.loc[xt, "mi_xt_high"] = 1e4
    table.loc[ty, "mi_ty"] = -77.0
    table.loc[ty, "mi_ty_low"] = -300.0
    return table


TABLES = {
    "plain": mi_table(),
    "bounds": mi_table(bounds=True, splits=("train", "test")),
    "wild bounds": mi_table(bounds=True).assign(mi_xt_high=1e4, mi_ty_low=-50.0),
    "saturated": mi_table(saturated=True),
    "a far ceiling": FAR,
    "below zero": mi_table().assign(mi_xt=lambda t: t["mi_xt"] - 6),
    "hardly different": mi_table().assign(mi_xt=3.0, mi_ty=1e-6),
    "two ceilings": mi_table().assign(ceiling_xt=lambda t: 9 + t["layer"].map(LAYERS.index) // 2),
    "many ceilings": mi_table().assign(ceiling_xt=lambda t: 9 + t["layer"].map(LAYERS.index) / 2),
    "one point": mi_table(epochs=[3], layers=["hidden1"]),
    "flags of each axis": flagged_by_axis(mi_table(bounds=True)),
    "far off and flagged": far_off(),
    "far off throughout": far_off().assign(flag_xt="unconverged"),
}


def panel(table: pd.DataFrame) -> dict[str, Any]:
    """The panel that the page holds for a table."""
    found = page({"key": table}, title="", xt_labels={}, ty_labels={})
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', found, re.DOTALL)
    return json.loads(data)["panels"][0]


def evaluated(signals: dict[str, float | None], steps: dict[str, str], version: str) -> dict[str, float]:
    """What Vega makes of expressions one after the other."""
    params = [{"name": name, "value": value} for name, value in signals.items()]
    params += [{"name": name, "expr": step} for name, step in steps.items()]
    said = " + ' ' + ".join(f"format({name}, '.9f')" for name in steps)
    written = {"mark": {"type": "text", "text": {"expr": said}}, "data": {"values": [{}]}, "params": params}
    svg = vl_convert.vegalite_to_svg(written, vl_version=version)
    (line,) = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
    return dict(zip(steps, map(float, line.replace("−", "-").split()), strict=True))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", TABLES)
def test_the_page_decides_on_the_ranges_of_the_figure(name, version):
    data, found = drawable(TABLES[name]), panel(TABLES[name])
    (ax,) = [ax for ax in figures.plane(TABLES[name]).findobj(Axes) if "I(X;T)" in ax.get_xlabel()][:1]
    for axis, column, limits in (("x", "mi_xt", ax.get_xlim()), ("y", "mi_ty", ax.get_ylim())):
        values, trusted = data[column], data[data[column.replace("mi", "flag")] == ""]
        trusted = trusted if len(trusted) else data
        low, high = (trusted[f"{column}_{end}"].fillna(trusted[column]) for end in ("low", "high"))
        given = [each["value"] for each in found["ceilings"] if each["axis"] == axis]
        signals = {
            "least_value": values.min(), "most_value": values.max(), "least_trusted": trusted[column].min(),
            "most_trusted": trusted[column].max(), "least_bound": low.min(), "most_bound": high.max(),
            "lower_ceiling": given[0], "upper_ceiling": given[-1],
        }  # fmt: skip
        signals = {f"{axis}_{name}": float(value) for name, value in signals.items()}
        steps = {each["name"]: each["expr"] for each in found["specification"]["params"] if each["name"][0] == axis}
        assert steps == range_steps(axis)
        ends = evaluated(signals, steps, version)
        assert (ends[f"{axis}_from"], ends[f"{axis}_to"]) == pytest.approx(limits, abs=1e-6)
        assert axis_range(data, column) == pytest.approx(limits)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", TABLES)
def test_the_template_has_the_ranges_and_the_ceilings_of_the_figure(name, version):
    data = drawable(TABLES[name])
    rows = [{"rev": "main", **row} for row in TABLES[name].astype(str).replace("nan", "").to_dict("records")]
    filled = json.dumps(templates()["information_plane"]).replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
    for anchor, value in (("X_LABEL", "mi_xt"), ("Y_LABEL", "mi_ty"), ("X", "mi_xt"), ("Y", "mi_ty"), ("TITLE", "t")):
        filled = filled.replace(f"<DVC_METRIC_{anchor}>", value)
    template = json.loads(filled)
    ends = [f"format(domain('{axis}')[{place}], '.9f')" for axis in "xy" for place in (0, 1)]
    template["spec"]["layer"].append(
        {
            "mark": {"type": "text", "text": {"expr": "'ends ' + " + " + ' ' + ".join(ends)}},
            "transform": [{"sample": 1}],
        }
    )
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(template, vl_version=version))
    ends = next(said.removeprefix("ends ").replace("−", "-").split() for said in texts if said.startswith("ends "))
    limits = [*axis_range(data, "mi_xt"), *axis_range(data, "mi_ty")]
    assert [float(end) for end in ends] == pytest.approx(limits, abs=1e-6)
    for column, high, arrow in (("mi_xt", limits[1], "→"), ("mi_ty", limits[3], "↑")):
        for far in (False, True):
            found = [ceiling for ceiling in ceilings(data, column) if (ceiling.value > high) == far]
            if found:
                more = [f"{ceiling.value:.2f}" for ceiling in found[1:]]
                assert ", ".join([found[0].text, *more]) + (f" {arrow}" if far else "") in texts


def test_a_value_that_is_not_to_be_believed_does_not_squeeze_the_others():
    data = drawable(TABLES["far off and flagged"])
    for column in AXES:
        kept = data.loc[data[column.replace("mi", "flag")] == "", column]
        low, high = axis_range(data, column)
        assert low < kept.min() < kept.max() < high
        assert high - low < 4 * kept.max()
    wild = data[(data["flag_xt"] != "") | (data["flag_ty"] != "")]
    assert beyond(data) == len(wild)
    throughout = drawable(TABLES["far off throughout"])
    assert beyond(throughout, ["mi_xt"]) == 0


def test_values_that_are_not_to_be_believed_stretch_an_axis_as_far_as_they_are_near():
    data = drawable(mi_table(layers=["hidden1"]).assign(mi_xt=4.0, flag_xt="", flag_ty="", ceiling_xt=""))
    data.loc[3, ["mi_xt", "flag_xt"]] = [6.5, "saturated"]
    low, high = axis_range(data, "mi_xt")
    assert low < 4 < 6.5 < high < 7


def test_the_committed_templates_are_those_that_are_written():
    folder = ROOT / ".dvc" / "plots"
    assert {path.stem for path in folder.iterdir()} == set(templates())
    for name, template in templates().items():
        assert json.loads(text(template)) == template
        assert (folder / f"{name}.json").read_text(encoding="utf-8") == text(template) + "\n", name


def test_colours_of_epochs_are_those_of_matplotlib_and_vega():
    name, end = EPOCH_SCHEME
    assert [to_hex(colour) for colour in mpl.colormaps[name](np.linspace(0, end, 256))] == list(EPOCH_COLOURS)
    for epochs in (EPOCHS, range(21), [7]):
        colours = style.epoch_colours()(style.epoch_norm(list(epochs))(np.array(epochs, dtype=float)))
        assert [epoch_colour(epoch, list(epochs)) for epoch in epochs] == [to_hex(colour) for colour in colours]


def test_layers_have_the_same_marks_in_every_drawing():
    layers = [f"layer{i}" for i in range(len(MARKS))]
    styles = style.layer_styles(layers)
    assert [styles[layer][1] for layer in layers] == [mark.marker for mark in MARKS]
    said = json.dumps(templates()["information_plane"])
    assert json.dumps([mark.outline for mark in MARKS]) in said


def test_many_ceilings_are_drawn_as_the_largest():
    assert ceilings(drawable(TABLES["two ceilings"]), "mi_xt") == [Ceiling(9, "ceiling"), Ceiling(10, "ceiling")]
    assert ceilings(drawable(TABLES["many ceilings"]), "mi_xt") == [Ceiling(10.5, "largest ceiling")]


def test_the_diagonal_ends_at_the_axes_and_at_the_ceiling():
    assert diagonal((-1, 5), (-0.5, 3), None) == (0, 3)
    assert diagonal((-1, 5), (-0.5, 3), 2.3) == (0, 2.3)
    assert diagonal((2.2, 5), (0, 3), 2.3) is None


def test_a_page_needs_neither_matplotlib_nor_torch():
    imports = "import infoplane.page.explorer, infoplane.page.dvc_templates, sys"
    said = "print({'matplotlib', 'torch', 'infoplane.figures'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{imports}; {said}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
