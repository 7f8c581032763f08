"""The page of a run: what stands on it, and that nothing in it can become HTML."""

import yaml

from example_tables import flagged_by_axis, mi_table
from infoplane.known.judgements import OWN, table_of
from infoplane.page.report import Drawing, Run, page, settings

PARAMS = {
    "model": "mlp",
    "models": {"mlp": {"widths": [3]}, "cnn": {"kernel": 5}},
    "train": {"lr": 0.1, "augment": None},
    "estimators": {"mine": {"method": "mine"}},
}
JUDGED = table_of(
    [
        (f"{OWN}hidden1, noise", "xt", 100, 3, 0, 2.0, 1.5, -0.5, None, None, None, "", None),
        (f"{OWN}hidden2, noise", "xt", 100, 3, 0, 2.0, 1.95, -0.05, None, 1.9, 2.1, "", None),
        (f"{OWN}hidden2, noise", "ty", 100, 3, 0, 2.0, 1.0, -1.0, None, None, None, "saturated", None),
        ("gaussian d=1", "xt", 100, 1, 0, 0.5, 0.5, 0.0, None, None, None, "", None),
    ]
)


def run(**changed) -> Run:
    given = {
        "title": "mlp on <szt>",
        "identity": [("commit", "abc")],
        "found": ["Test accuracy: 90%."],
        "params": PARAMS,
        "drawings": [Drawing("mine/plane", "<svg/>", "A & B.")],
        "planes": {"mine": flagged_by_axis(mi_table("mine"))},
        "validation": {"mine": JUDGED},
        "versions": [("torch", "2.14.1", "2.14.1")],
        "hashes": [("train", "data/activations.zarr", "0a1b.dir")],
        "commands": ["git clone <this repository> again"],
    }
    return Run(**(given | changed))


def test_everything_stands_on_it():
    made = page(run())
    assert "<h1>mlp on &lt;szt&gt;</h1>" in made
    assert "A &amp; B." in made
    assert "git clone &lt;this repository&gt; again" in made
    for word in ("commit", "Test accuracy: 90%.", "2.14.1", "0a1b.dir", "data:image/svg+xml;base64,PHN2Zy8+"):
        assert word in made
    assert "http://" not in made
    assert "https://" not in made
    assert made == page(run())


def test_flags_are_counted_and_explained():
    made = page(run())
    table = flagged_by_axis(mi_table("mine"))
    count = int(table["flag_xt"].str.contains("saturated").sum())
    assert 0 < count < len(table)
    assert f"<td>saturated {count}</td>" in made
    assert f"<td>{len(table) - count} of {len(table)}</td>" in made
    assert "saturated: all that so many samples can show" in made


def test_layers_of_the_run_are_held_to_their_truth():
    made = page(run())
    assert "<td>hidden1, noise</td><td>I(X;T)</td>" in made
    assert made.count("<td>none, and off</td>") == 1
    assert "<td>1.90 to 2.10</td>" in made
    assert "<td>layers of this run</td><td>I(X;T)</td>" in made
    assert "<td>1 of 2</td>" in made
    assert "<td>0 of 0</td>" in made


def test_values_are_as_yaml_has_them():
    changed = {"splits": ["train", "test"], "pre_activation": False, "dropout": {}, "lr": 0.1, "epochs": "log 12"}
    rows = dict(settings(PARAMS | {"record": changed}))
    assert {
        name.removeprefix("record."): yaml.safe_load(value) for name, value in rows.items() if "record" in name
    } == changed
    assert rows["record.pre_activation"] == "false"


def test_of_networks_the_chosen_one_is_shown():
    rows = dict(settings(PARAMS))
    assert rows["models.mlp.widths"] == "[3]"
    assert not any(name.startswith("models.cnn") for name in rows)
    assert rows["train.augment"] == "null"
    assert "models.MyNet.units" in dict(settings(PARAMS | {"model": "mine:MyNet", "models": {"MyNet": {"units": 4}}}))
