"""Clicking through plots/planes.html in headless Chromium."""

import math

import pandas as pd
import pytest
from browser import CHROMIUM, found_in
from test_explorer import AWKWARD, REPEATED, STEP, TABLES, made

from example_tables import EPOCHS, flagged_by_axis, mi_table
from infoplane.planes.appearance import epoch_range, log_spaced
from infoplane.planes.fills import FULL, HOLLOW, LEFT, LOWER, fills
from infoplane.planes.reading import averaged, drawable
from infoplane.planes.rules import axis_range
from infoplane.planes.tables import AXES

pytestmark = pytest.mark.slow

FLAGS = ["--window-size=1400,1000", "--virtual-time-budget=60000"]  # the animation runs to its end

PROBE = """<script>
const sleep = () => new Promise(done => setTimeout(done, 400));
const find = id => document.getElementById(id);
const found = {};
function fillOf(panel, fill) {
  if (!fill.startsWith("url(")) return fill === "white" ? "hollow" : "full";
  const gradient = panel.querySelector(fill.slice(fill.indexOf("#"), -1).replaceAll('"', ""));
  const first = gradient.querySelector("stop").getAttribute("stop-color") === "white" ? "empty" : "filled";
  return `${first} ${gradient.getAttribute("x2") === "1" ? "left" : "top"}`;
}
function look(name) {
  const panels = [...document.querySelectorAll(".panel")].map(panel => {
    const points = [...panel.querySelectorAll(".points_marks path")];
    return [panel.querySelector("h2").textContent, {
      points: points.length,
      lines: panel.querySelectorAll(".mark-line path").length,
      hollow: points.filter(point => point.getAttribute("fill") === "white").length,
      fills: points.map(point => fillOf(panel, point.getAttribute("fill"))),
      colours: new Set(points.map(point => point.getAttribute("stroke"))).size,
      texts: [...panel.querySelectorAll("svg text, p")].map(text => text.textContent),
      ranges: panel.view ? ["x", "y"].map(axis => panel.view.scale(axis).domain()) : [],
    }];
  });
  const [epoch, play] = ["epoch-shown", "play"].map(id => find(id).textContent);
  found[name] = {panels: Object.fromEntries(panels), epoch, play};
}
async function click(id, name) { find(id)?.click(); await sleep(); look(name); }
async function clickThrough() {
  while (!document.body.dataset.drawn) await sleep();
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
  await click("join-epochs", "joined");
  await click("repetitions-each", "each");
  await click("join-layers", "each layer");
  found.hidden = ["repetitions", "splits"].filter(id => find(id).hidden);
  found.layers = [...find("layers").querySelectorAll("label")].map(label => label.textContent);
  found.images = document.images.length;
}
clickThrough().catch(error => found.error = String(error)).finally(() => {
  document.body.textContent = "FOUND" + encodeURIComponent(JSON.stringify(found)) + "END";
});
</script>
</body>"""


def clicked(tables, path) -> dict:
    """What the probe finds in a page of these tables."""
    return found_in(made(tables), PROBE, path, *FLAGS)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH to open the page in")
    tables = {key: table.replace({"layer": {"hidden2": AWKWARD}}) for key, table in TABLES.items()}
    return clicked(tables, tmp_path_factory.mktemp("page") / "planes.html")


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH to open the page in")
    return clicked(REPEATED, tmp_path_factory.mktemp("repeated") / "planes.html")


@pytest.fixture(scope="module")
def by_axis(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH to open the page in")
    tables = {"both": flagged_by_axis(mi_table()), "far": far_off(), "one": flagged_by_axis(mi_table(xt=False))}
    return clicked(tables, tmp_path_factory.mktemp("by_axis") / "planes.html")


def far_off() -> pd.DataFrame:
    """A table of flags for each axis with a value far above the others that is not to be believed."""
    table = flagged_by_axis(mi_table()).astype({"mi_xt": float})
    table.loc[1, "mi_xt"] = 1709.0
    return table


def points(look: dict) -> dict[str, int]:
    return {key: panel["points"] for key, panel in look["panels"].items()}


def test_every_point_is_drawn_at_first(found):
    look = found["first"]
    assert points(look) == {"mine": 8 * STEP, "classifier": 4 * STEP, "dropout": 3 * STEP, "silent": 0}
    assert look["epoch"] == "epoch 1000"
    for key, panel in look["panels"].items():
        drawn = TABLES[key].replace("", pd.NA).dropna(subset=["mi_ty"])
        assert panel["hollow"] == drawn["flag"].notna().sum()
        assert panel["colours"] == (STEP if len(drawn) else 0)
    texts = {key: panel["texts"] for key, panel in look["panels"].items()}
    assert {"I(X;T+N), N of std 0.1 [nats]", "I(T;Y) [nats]", "H(Y) = I(X;Y) = 2.30"} <= set(texts["mine"])
    assert any(text.startswith("ceiling 9.21") for text in texts["mine"])
    assert {"epoch (log scale)", "I(T;Y), classified [nats]", "0", "1000"} <= set(texts["classifier"])
    assert texts["silent"] == ["No estimate to draw: no noise."]


def test_axes_have_the_ranges_of_the_figures(found, repeated):
    mine, classifier = (found["first"]["panels"][key]["ranges"] for key in ("mine", "classifier"))
    data = drawable(TABLES["mine"])
    assert mine == [pytest.approx(axis_range(data, column)) for column in AXES]
    assert [end * math.log(2) for end in found["in bits"]["panels"]["mine"]["ranges"][1]] == pytest.approx(mine[1])
    ends = epoch_range(EPOCHS, log_spaced(EPOCHS)), axis_range(drawable(TABLES["classifier"]), "mi_ty")
    assert classifier == [pytest.approx(each) for each in ends]
    means = averaged(drawable(REPEATED["binning"]), "repetition")
    ranges = repeated["first"]["panels"]["binning"]["ranges"]
    assert ranges == [pytest.approx(axis_range(means, column)) for column in AXES]
    fewer = data[data["layer"] != "hidden2"]
    ranges = found["without a layer"]["panels"]["mine"]["ranges"]
    assert ranges == [pytest.approx(axis_range(fewer, column)) for column in AXES]


def test_layers_and_splits_are_switched_off_and_on(found):
    everything = points(found["first"])
    fewer = {"mine": 6 * STEP, "classifier": 3 * STEP, "dropout": 2 * STEP, "silent": 0}
    assert points(found["without a layer"]) == fewer
    # The others are of the test split alone, which is the second of the page.
    assert points(found["without a split"]) == {"mine": 4 * STEP, "classifier": 0, "dropout": 0, "silent": 0}
    assert points(found["with the layer again"]) == points(found["with the split again"]) == everything


def test_the_slider_shows_the_points_up_to_an_epoch(found):
    look = found["at the third epoch"]
    assert look["epoch"] == "epoch 2"
    assert points(look) == {"mine": 8 * 3, "classifier": 4 * 3, "dropout": 3 * 3, "silent": 0}


def test_play_goes_on_to_the_last_epoch_and_stops(found):
    assert found["playing"]["play"] == "Pause"
    assert points(found["playing"])["mine"] < points(found["first"])["mine"]
    assert found["played"]["play"] == "Play"
    assert found["played"]["epoch"] == "epoch 1000"
    assert points(found["played"]) == points(found["first"])


def test_bits_rescale_titles_and_ceilings(found):
    texts = found["in bits"]["panels"]["mine"]["texts"]
    assert {"I(X;T+N), N of std 0.1 [bits]", "I(T;Y) [bits]", "H(Y) = I(X;Y) = 3.32"} <= set(texts)
    assert any(text.startswith("ceiling 13.29") for text in texts)
    assert not any("nats" in text for text in texts)
    assert points(found["in bits"]) == points(found["first"])


def test_a_point_says_what_it_is(found):
    told = dict(zip(found["tip"][::2], found["tip"][1::2], strict=True))
    row = TABLES["mine"].iloc[0]
    assert (told["estimator"], told["split"], told["layer"], told["epoch"]) == ("mine", "train", "hidden1", "0")
    bounds = f"{row.mi_xt_low:.4f} to {row.mi_xt_high:.4f}"
    assert told["I(X;T)"] == f"{row.mi_xt:.4f} nats, {bounds}, ceiling {row.ceiling_xt:.4f}"


def test_an_awkward_layer_is_drawn_and_named_as_it_is(found):
    assert found["layers"] == ["hidden1", AWKWARD, "hidden3", "output"]
    assert found["images"] == 0


def test_lines_join_layers_or_epochs(found):
    assert found["first"]["panels"]["mine"]["lines"] == 2 * 4
    assert found["joined"]["panels"]["mine"]["lines"] == 2 * STEP
    # Against the epoch there is but one way.
    assert found["joined"]["panels"]["classifier"]["lines"] == 4
    assert found["hidden"] == ["repetitions"]


def test_repetitions_are_drawn_as_their_mean_or_each(repeated):
    assert points(repeated["first"]) == {"binning": 4 * STEP, "mine": 4 * STEP}
    assert points(repeated["each"]) == {"binning": 3 * 4 * STEP, "mine": 3 * 4 * STEP}
    assert repeated["each layer"]["panels"]["mine"]["lines"] == 3 * 4
    assert repeated["each"]["panels"]["mine"]["lines"] == 3 * STEP
    assert repeated["hidden"] == ["splits"]
    told = dict(zip(repeated["tip"][::2], repeated["tip"][1::2], strict=True))
    rows = REPEATED["binning"].query("layer == 'hidden1' and epoch == 0")["mi_xt"]
    mean, std = rows.mean(), rows.std()
    assert told["repetition"] == "mean of 3"
    assert told["I(X;T)"].startswith(f"{mean:.4f} nats, {mean - std:.4f} to {mean + std:.4f}")


def test_points_are_empty_on_the_side_of_what_is_not_to_be_believed(by_axis):
    names = {FULL: "full", LEFT: "filled left", LOWER: "empty top", HOLLOW: "hollow"}
    drawn = by_axis["first"]["panels"]
    assert drawn["both"]["fills"] == [names[fill] for fill in fills(drawable(flagged_by_axis(mi_table())))]
    one = fills(drawable(flagged_by_axis(mi_table(xt=False))), ["mi_ty"])
    assert drawn["one"]["fills"] == [names[fill] for fill in one]
    assert "I(X;T) believed at 24 of 48 points, I(T;Y) at 24." in drawn["both"]["texts"]
    assert any("Right half empty: I(X;T) is not to be believed (saturated)." in text for text in drawn["both"]["texts"])


def test_a_value_that_is_not_to_be_believed_does_not_squeeze_the_others(by_axis):
    far = by_axis["first"]["panels"]["far"]
    assert far["ranges"] == [pytest.approx(axis_range(drawable(far_off()), column)) for column in AXES]
    assert far["ranges"][0][1] < 20
    assert far["points"] == 48
    assert "At an edge: 1 that lies beyond it, not to be believed." in far["texts"]
