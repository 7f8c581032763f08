"""plots/planes.html: what it holds."""

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from example_tables import EPOCHS, LAYERS, mi_table
from infoplane.page.explorer import page

AWKWARD = "</script><img src=x onerror=alert(1)> @@data@@ <!-- \"'\\"
BOTH = ("train", "test")
TABLES = {
    "mine": mi_table("mine", splits=BOTH, bounds=True),
    "classifier": mi_table("classifier", xt=False),
    "dropout": mi_table("dropout", silent=LAYERS[:1]),
    "silent": mi_table("silent", silent=LAYERS),
}
XT_LABELS = {"mine": "I(X;T+N), N of std 0.1 [nats]", "dropout": ""}
TY_LABELS = {"classifier": "I(T;Y), classified"}
STEP = len(EPOCHS)  # points of one layer and split

REPEATED = {"binning": mi_table(repetitions=3), "mine": mi_table("mine", repetitions=3, parts=2)}


def made(tables, units: Any = "nats") -> str:
    return page(tables, title="mlp on <b>mnist5k</b>", xt_labels=XT_LABELS, ty_labels=TY_LABELS, units=units)


def elements(text: str) -> list[tuple[str, dict]]:
    """The tags of a page with their attributes."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(text)
    return found


def content(text: str) -> dict:
    """The JSON of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_asks_the_network_for_nothing():
    text = made(TABLES)
    found = elements(text)
    assert not {tag for tag, _ in found} & {"link", "img", "iframe", "base", "object"}
    assert not {name for _, attributes in found for name in attributes} & {"src", "href", "action"}
    assert not re.search(r"@import|url\(", text.split("</style>")[0])
    policies = [attributes["content"] for _, attributes in found if "http-equiv" in attributes]
    assert policies[0].startswith("default-src 'none';")


@pytest.mark.parametrize("epochs", [[3], [0, 1], [0, 1, 2], list(range(11)), [0, 1, 2, 100]])
def test_any_choice_of_epochs_makes_a_page(epochs: list[int]):
    panel = content(made({"binning": mi_table(epochs=epochs)}))["panels"][0]
    assert panel["epoch_axis"]["log"] is (epochs[-1] == 100)


def test_the_same_tables_give_the_same_bytes():
    assert made(TABLES) == made({key: table.copy() for key, table in TABLES.items()})


def test_awkward_names_stay_data():
    text = made({"mine": TABLES["mine"].replace({"layer": {"hidden1": AWKWARD}})})
    assert content(text)["layers"][0]["name"] == AWKWARD
    assert elements(text) == elements(made({"mine": TABLES["mine"]}))
    assert "b" not in {tag for tag, _ in elements(text)}


def test_points_are_those_with_every_axis_that_is_given():
    panels = {panel["key"]: panel for panel in content(made(TABLES))["panels"]}
    assert panels["mine"]["axes"] == {"x": "mi_xt", "y": "mi_ty"}
    assert panels["classifier"]["axes"] == {"x": "epoch", "y": "mi_ty"}
    assert len(panels["dropout"]["columns"]["epoch"]) == 3 * STEP
    assert "Not given: hidden1 (no noise)." in panels["dropout"]["notes"]
    assert panels["silent"] == {"key": "silent", "notes": ["No estimate to draw: no noise."]}
    assert "mi_xt_low" not in panels["dropout"]["columns"]


def test_ceilings_that_read_alike_are_one_and_of_many_the_largest_is_drawn():
    ceilings = content(made({"mine": TABLES["mine"]}))["panels"][0]["ceilings"]
    assert [(ceiling["axis"], ceiling["name"]) for ceiling in ceilings] == [("x", "ceiling"), ("y", "H(Y) = I(X;Y) =")]
    assert ceilings[0]["value"] == pytest.approx(math.log(10_000))
    table = mi_table().assign(ceiling_xt=lambda rows: 9 + rows["layer"].map(LAYERS.index) / 2)
    ceilings = content(made({"binning": table}))["panels"][0]["ceilings"]
    assert ceilings[0] == {"axis": "x", "value": 10.5, "name": "largest ceiling"}


def test_titles_have_the_units_that_are_drawn_once():
    for label in ("H(bin T)", "H(bin T) [nats]", "H(bin T) [bits]"):
        text = page({"binning": mi_table()}, title="", xt_labels={"binning": label}, ty_labels={}, units="bits")
        titles = content(text)["panels"][0]["titles"]
        assert titles["bits"] == {"x": ["H(bin T) [bits]"], "y": ["I(T;Y) [bits]"]}
        assert titles["nats"]["x"] == ["H(bin T) [nats]"]


def test_tables_without_rows_and_no_tables_give_a_page():
    empty = mi_table().head(0)
    assert content(made({"binning": empty}))["panels"] == [{"key": "binning", "notes": ["No estimate to draw."]}]
    assert content(made({}))["epochs"] == []


def test_other_units_and_lacking_columns_are_refused():
    with pytest.raises(ValueError, match="nats or bits"):
        made(TABLES, units="hartleys")
    with pytest.raises(ValueError, match="lacks mi_xt"):
        made({"binning": mi_table().drop(columns="mi_xt")})


def test_means_over_repetitions_and_parts_are_in_the_page_and_said():
    panels = {panel["key"]: panel for panel in content(made(REPEATED))["panels"]}
    assert content(made(REPEATED))["repetitions"] == 3
    numbers = panels["mine"]["columns"]["repetition"]
    assert [numbers.count(number) for number in (0, 1, 2, None)] == [4 * STEP] * 4
    note = "Means over 3 repetitions, flagged where one is; bars: standard deviation."
    assert note in panels["binning"]["notes"]
    assert f"{note} Of each, the mean over 2 parts of the samples." in panels["mine"]["notes"]


def test_tables_without_repetitions_and_parts_give_the_same_page():
    old = {key: table.drop(columns=["repetition", "part"]) for key, table in TABLES.items()}
    assert made(old) == made(TABLES)
    assert "repetition" not in content(made(TABLES))["panels"][0]["columns"]


def test_the_diagonal_is_drawn_where_both_axes_speak_of_one_variable():
    panels = {panel["key"]: panel for panel in content(made(TABLES | {"binning": mi_table()}))["panels"]}
    drawn = {key: panel.get("diagonal") for key, panel in panels.items()}
    assert drawn == {"mine": False, "classifier": False, "dropout": True, "silent": None, "binning": True}
