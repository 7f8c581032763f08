"""What classifiers read from a layer, on the page."""

import re

import pandas as pd

from example_tables import mi_table
from infoplane.page.explorer import page
from infoplane.page.readout_section import section
from infoplane.readout.table import COLUMNS, table

PLACE = {"repetition": 0, "epoch": 3, "layer": "<hidden>", "d": 8, "n": 500}


def rows() -> list[dict]:
    found = []
    for split in ("train", "test"):
        alone = {"measure": "I(E;Y)", "value": 0.61, "low": 0.6, "high": 0.65, "ceiling": 0.69, "flag": "few <samples>"}
        found.append(PLACE | {"split": split, "length": None} | alone)
        for length, accuracy in ((1, 0.81), (30, 0.99)):
            found.append(
                PLACE | {"split": split, "length": length, "measure": "accuracy", "value": accuracy, "flag": ""}
            )
    return found


def test_a_row_for_each_split_and_length_with_what_is_doubted_marked():
    text = section(table(rows()))
    lines = re.findall("<tr>(.*?)</tr>", text)
    assert len(lines) == 1 + 4
    assert re.findall("<td>(train|test)</td><td>(1|30)</td><td>(0.810|0.990)</td>", text) == [
        ("train", "1", "0.810"), ("train", "30", "0.990"), ("test", "1", "0.810"), ("test", "30", "0.990"),
    ]  # fmt: skip
    assert text.count('class="doubted"') == 4  # E's measures stand at every length
    assert "0.610<small>0.6 to 0.65</small><small>few &lt;samples&gt;</small>" in text
    assert "What &lt;hidden&gt; knows, frozen after epoch 3" in text


def test_repetitions_have_rows_of_their_own():
    text = section(table([*rows(), *(row | {"repetition": 1} for row in rows())]))
    assert len(re.findall("<tr>", text)) == 1 + 8
    assert "<th>repetition</th>" in text


def test_the_page_has_it_below_the_planes_and_nothing_where_there_is_none():
    around = {"title": "a", "xt_labels": {}, "ty_labels": {}}
    tables = {"mine": mi_table("mine")}
    shown = page(tables, **around, readout=table(rows()))
    assert shown.index('id="panels"') < shown.index('<section id="readout">') < shown.index('id="tip"')
    empty = pd.DataFrame(columns=list(COLUMNS))
    assert '<section id="readout">' not in page(tables, **around, readout=empty)
    assert page(tables, **around, readout=empty) == page(tables, **around)
