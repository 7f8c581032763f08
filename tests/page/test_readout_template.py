"""The template of `dvc plots` for a readout: a row for each measure, a point for each value."""

import json
import re

import pytest
import vl_convert

from infoplane.page import readout_template
from infoplane.readout.table import COLUMNS

VERSIONS = [vl_convert.get_vegalite_versions()[i] for i in (0, -1)]


def values() -> list[dict[str, str]]:
    """Rows as DVC hands them over: strings, with the revision."""
    rows = []
    for split in ("train", "test"):
        place = dict.fromkeys(COLUMNS, "") | {"split": split, "repetition": "0", "layer": "hidden3", "rev": "main"}
        rows.append(place | {"measure": "I(E;Y)", "value": "1.9", "low": "1.8", "high": "2.1", "flag": "few samples"})
        for length in ("1", "30", "200"):
            for measure, value in (("accuracy", "0.9"), ("I(P;Y)", "1.8")):
                bar = {"value": value, "low": value, "high": value}
                rows.append(place | {"length": length, "measure": measure} | bar)
    return rows


@pytest.mark.parametrize("version", VERSIONS)
def test_every_value_is_drawn_and_a_flagged_one_is_hollow(version: str):
    text = json.dumps(readout_template.template())
    text = text.replace("<DVC_METRIC_X>", "length").replace("<DVC_METRIC_Y>", "value")
    text = re.sub("<DVC_METRIC_(TITLE|X_LABEL|Y_LABEL)>", "", text)
    specification = json.loads(text) | {"data": {"values": values()}}
    svg = vl_convert.vegalite_to_svg(specification, vl_version=version)
    points = re.findall(r'<path aria-label="([^"]*epochs of the classifier[^"]*)"[^>]*fill="([^"]*)"', svg)
    points = [(label, fill) for label, fill in points if "measure: " in label and fill not in ("none", "transparent")]
    assert len(points) == 14
    assert [fill for label, fill in points if "few samples" in label] == ["white", "white"]
    assert {"accuracy", "I(P;Y)", "I(E;Y)", "train", "test"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
