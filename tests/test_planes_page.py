"""plots/planes.html: what it holds, and that its controls work, by clicking through it in headless Chromium."""

import json
import math
import re
import subprocess
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from example_tables import EPOCHS, LAYERS, mi_table
from infoplane.planes_page import page
from test_plots_template import CHROMIUM, CHROMIUM_FLAGS

FLAGS = [*CHROMIUM_FLAGS, "--window-size=1400,1000", "--virtual-time-budget=60000"]  # the animation runs to its end
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

PROBE = """<script>
const sleep = () => new Promise(done => setTimeout(done, 400));
const find = id => document.getElementById(id);
const found = {};
function look(name) {
  const panels = [...document.querySelectorAll(".panel")].map(panel => {
    const points = [...panel.querySelectorAll(".points_marks path")];
    return [panel.querySelector("h2").textContent, {
      points: points.length,
      hollow: points.filter(point => point.getAttribute("fill") === "white").length,
      colours: new Set(points.map(point => point.getAttribute("stroke"))).size,
      texts: [...panel.querySelectorAll("svg text, p")].map(text => text.textContent),
    }];
  });
  const [epoch, play] = ["epoch-shown", "play"].map(id => find(id).textContent);
  found[name] = {panels: Object.fromEntries(panels), epoch, play};
}
async function click(id, name) { find(id).click(); await sleep(); look(name); }
async function clickThrough() {
  while (!find("epoch-shown").textContent) await sleep();
  await sleep();
  look("first");
  const point = document.querySelector(".points_marks path");
  const {left, top} = point.getBoundingClientRect();
  for (const type of ["pointermove", "mousemove"])
    point.dispatchEvent(new PointerEvent(type, {bubbles: true, clientX: left + 3, clientY: top + 3}));
  found.tip = find("tip").hidden ? [] : [...find("tip").children].map(child => child.textContent);
  await click("layer-1", "without a layer");
  await click("layer-1", "with the layer again");
  await click("split-1", "without a split");
  await click("split-1", "with the split again");
  await click("units-bits", "in bits");
  find("epoch").value = 2;
  find("epoch").dispatchEvent(new Event("input"));
  await sleep();
  look("at the third epoch");
  await click("play", "playing");
  for (let i = 0; i < 30; i++) await sleep();
  look("played");
  found.layers = [...find("layers").querySelectorAll("label")].map(label => label.textContent);
  found.images = document.images.length;
}
clickThrough().catch(error => found.error = String(error)).finally(() => {
  document.body.textContent = "FOUND" + encodeURIComponent(JSON.stringify(found)) + "END";
});
</script>
</body>"""


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


def clicked(tables, path) -> dict:
    """What the probe finds in a page of these tables."""
    start, end = made(tables).rsplit("</body>", 1)  # the last one: Vega writes others within its strings
    path.write_text(start + PROBE + end, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={path.parent}/user", "--dump-dom", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
    answer = re.search("FOUND(.*?)END", dom)
    assert answer, dom[-2000:]
    found = json.loads(unquote(answer[1]))
    assert "error" not in found, found["error"]
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH to open the page in")
    tables = {key: table.replace({"layer": {"hidden2": AWKWARD}}) for key, table in TABLES.items()}
    return clicked(tables, tmp_path_factory.mktemp("page") / "planes.html")


def points(look: dict) -> dict[str, int]:
    return {key: panel["points"] for key, panel in look["panels"].items()}


def test_the_page_asks_the_network_for_nothing():
    text = made(TABLES)
    found = elements(text)
    assert not {tag for tag, _ in found} & {"link", "img", "iframe", "base", "object"}
    assert not {name for _, attributes in found for name in attributes} & {"src", "href", "action"}
    assert not re.search(r"@import|url\(", text.split("</style>")[0])
    policies = [attributes["content"] for _, attributes in found if "http-equiv" in attributes]
    assert policies[0].startswith("default-src 'none';")


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
    assert [(ceiling["axis"], ceiling["name"]) for ceiling in ceilings] == [("x", "ceiling"), ("y", "H(Y)")]
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


@pytest.mark.slow
def test_every_point_is_drawn_at_first(found):
    look = found["first"]
    assert points(look) == {"mine": 8 * STEP, "classifier": 4 * STEP, "dropout": 3 * STEP, "silent": 0}
    assert look["epoch"] == "epoch 1000"
    for key, panel in look["panels"].items():
        drawn = TABLES[key].replace("", pd.NA).dropna(subset=["mi_ty"])
        assert panel["hollow"] == drawn["flag"].notna().sum()
        assert panel["colours"] == (STEP if len(drawn) else 0)
    texts = {key: panel["texts"] for key, panel in look["panels"].items()}
    assert {"I(X;T+N), N of std 0.1 [nats]", "I(T;Y) [nats]", "H(Y) 2.30"} <= set(texts["mine"])
    assert any(text.startswith("ceiling 9.21") for text in texts["mine"])
    assert {"epoch (log scale)", "I(T;Y), classified [nats]", "0", "1000"} <= set(texts["classifier"])
    assert texts["silent"] == ["No estimate to draw: no noise."]


@pytest.mark.slow
def test_layers_and_splits_are_switched_off_and_on(found):
    everything = points(found["first"])
    fewer = {"mine": 6 * STEP, "classifier": 3 * STEP, "dropout": 2 * STEP, "silent": 0}
    assert points(found["without a layer"]) == fewer
    # The others are of the test split alone, which is the second of the page.
    assert points(found["without a split"]) == {"mine": 4 * STEP, "classifier": 0, "dropout": 0, "silent": 0}
    assert points(found["with the layer again"]) == points(found["with the split again"]) == everything


@pytest.mark.slow
def test_the_slider_shows_the_points_up_to_an_epoch(found):
    look = found["at the third epoch"]
    assert look["epoch"] == "epoch 2"
    assert points(look) == {"mine": 8 * 3, "classifier": 4 * 3, "dropout": 3 * 3, "silent": 0}


@pytest.mark.slow
def test_play_goes_on_to_the_last_epoch_and_stops(found):
    assert found["playing"]["play"] == "Pause"
    assert points(found["playing"])["mine"] < points(found["first"])["mine"]
    assert found["played"]["play"] == "Play"
    assert found["played"]["epoch"] == "epoch 1000"
    assert points(found["played"]) == points(found["first"])


@pytest.mark.slow
def test_bits_rescale_titles_and_ceilings(found):
    texts = found["in bits"]["panels"]["mine"]["texts"]
    assert {"I(X;T+N), N of std 0.1 [bits]", "I(T;Y) [bits]", "H(Y) 3.32"} <= set(texts)
    assert any(text.startswith("ceiling 13.29") for text in texts)
    assert not any("nats" in text for text in texts)
    assert points(found["in bits"]) == points(found["first"])


@pytest.mark.slow
def test_a_point_says_what_it_is(found):
    told = dict(zip(found["tip"][::2], found["tip"][1::2], strict=True))
    row = TABLES["mine"].iloc[0]
    assert (told["estimator"], told["split"], told["layer"], told["epoch"]) == ("mine", "train", "hidden1", "0")
    bounds = f"{row.mi_xt_low:.4f} to {row.mi_xt_high:.4f}"
    assert told["I(X;T)"] == f"{row.mi_xt:.4f} nats, {bounds}, ceiling {row.ceiling_xt:.4f}"


@pytest.mark.slow
def test_an_awkward_layer_is_drawn_and_named_as_it_is(found):
    assert found["layers"] == ["hidden1", AWKWARD, "hidden3", "output"]
    assert found["images"] == 0
