"""The template of plots/over_epochs.csv: methods and revisions over each other."""

import re

import pandas as pd
import pytest
import vl_convert
from test_dvc_plots import VERSIONS, placed, written

from example_tables import LAYERS, mi_table
from infoplane.page.over_epochs_template import template
from infoplane.planes.over_epochs import over_epochs

pytestmark = pytest.mark.slow

MAIN = {"binning": mi_table(), "mine": mi_table("mine", bounds=True, saturated=True)}
BRANCH = {"binning": mi_table(seed=3, layers=("conv1", "output"))}
ROWS = pd.concat(
    [over_epochs(tables).assign(rev=rev) for rev, tables in (("main", MAIN), ("branch", BRANCH))], ignore_index=True
)


@pytest.fixture(scope="module", params=VERSIONS)
def svg(request: pytest.FixtureRequest) -> str:
    rows = ROWS.astype(object).where(ROWS.notna(), "").astype(str)  # as DVC hands them over
    filled = template() | {"data": {"values": rows.to_dict("records")}}
    return vl_convert.vegalite_to_svg(filled, vl_version=request.param)


def test_a_row_for_each_layer_and_a_column_for_each_information(svg: str):
    texts = written(svg)
    assert [text for text in texts if text in ("I(X;T)", "I(T;Y)")] == ["I(X;T)", "I(T;Y)"]
    assert [texts.count(layer) for layer in (*LAYERS, "conv1")] == [1] * 5
    assert {"revision", "main", "branch", "method", "binning", "mine"} <= set(texts)


def test_each_point_stands_with_its_layer(svg: str):
    headers, points = placed(svg)
    assert len(points) == len(ROWS)
    for (_, y), label in points:
        layer = min((*LAYERS, "conv1"), key=lambda name: abs(headers[name][1] - y))
        assert f"layer: {layer};" in label


def test_flagged_points_are_hollow(svg: str):
    points = re.findall(r'<path aria-label="([^"]*revision[^"]*)"[^>]*fill="([^"]*)"', svg)
    assert sum(fill == "white" for _, fill in points) == (ROWS["flag"] != "").sum() > 0
    assert all("not to be believed" in label for label, fill in points if fill == "white")
    assert len({fill for _, fill in points} - {"white"}) == 2  # a colour for each revision
