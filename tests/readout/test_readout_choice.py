"""Which layer is read out, and one line where that cannot be."""

from typing import Any

import pytest

from infoplane.errors import UserError
from infoplane.readout import choice
from pipeline import Pipeline, ending, run_here

LAYERS = ["hidden1", "hidden2", "output"]


def test_the_last_hidden_layer_is_the_last_before_the_output():
    assert choice.chosen_layer("last_hidden", LAYERS, "output") == "hidden2"
    assert choice.chosen_layer("last_hidden", ["a", "b"], None) == "b"
    assert choice.chosen_layer("last_hidden", ["a_pre", "a", "head_pre", "head"], "head") == "a"
    # an ending alone makes no layer the input of another
    assert choice.chosen_layer("last_hidden", ["a", "b_pre", "head"], "head") == "b_pre"


def test_a_layer_has_its_own_name():
    assert choice.chosen_layer("output", LAYERS, "output") == "output"


def test_nothing_is_asked_of_a_run_without_a_readout():
    choice.check(None, ["test"], [])


@pytest.mark.parametrize(
    ("layer", "splits", "message"),
    [
        ("hiden2", ["train", "test"], "readout.layer = 'hiden2': is not recorded: did you mean hidden2, hidden1"),
        ("fc", ["train", "test"], "readout.layer = 'fc': is not recorded: did you mean hidden1, hidden2, output"),
        ("last_hidden", ["train"], r"readout needs record.splits = \[train, test\], not \[train\]"),
        ("last_hidden", ["all"], r"readout needs record.splits = \[train, test\], not \[all\]"),
    ],
)
def test_what_cannot_be_is_one_line(layer: str, splits: list[str], message: str):
    with pytest.raises(UserError, match=message):
        choice.check(layer, splits, LAYERS)


def test_without_a_hidden_layer_there_is_no_last():
    with pytest.raises(UserError, match=r"readout.layer = 'last_hidden': of the recorded layers \(output\) none"):
        choice.check("last_hidden", ["train", "test"], ["output"])


CHANGES: dict[str, Any] = {"record.splits": ["train", "test"], "model": "mlp", "models.mlp.dropout": None}
ESTIMATORS = {"binning": {"method": "binning", "bins": 10, "edges": "layer"}}
OWN = """
from torch import nn


class Tiny(nn.Module):
    def __init__(self, input_shape, classes, *, units: int = 4):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(12, units), nn.Tanh())
        self.head = nn.Linear(units, classes)

    def forward(self, x):
        return self.head(self.body(x))
"""


def checked(folder: Any, **changes: Any) -> Pipeline:
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    return Pipeline.create(folder / "copy", CHANGES | {"dataset": "szt", "estimators": ESTIMATORS} | changes)


def test_check_tells_it_before_anything_runs(tmp_path, monkeypatch: pytest.MonkeyPatch):
    pipeline = checked(tmp_path, readout__layer="hiddn3")
    assert "readout.layer = 'hiddn3': is not recorded: did you mean hidden3" in ending("check", monkeypatch, pipeline)
    pipeline.change({"readout.layer": "hidden3", "record.splits": ["all"]})
    assert "readout needs record.splits" in ending("check", monkeypatch, pipeline)
    pipeline.change({"record.splits": ["train", "test"], "readout.layer": "hidden2_pre", "record.pre_activation": True})
    run_here("check", monkeypatch, pipeline)


def test_check_knows_the_layers_of_a_network_of_the_users_own(tmp_path, monkeypatch: pytest.MonkeyPatch):
    own = {"model": "tiny_for_readout:Tiny", "models__Tiny": {}, "readout__layer": "bodi"}
    pipeline = checked(tmp_path, **own)
    (pipeline.folder / "extensions/tiny_for_readout.py").write_text(OWN)
    monkeypatch.syspath_prepend(pipeline.folder / "extensions")
    assert "readout.layer = 'bodi': is not recorded: did you mean body" in ending("check", monkeypatch, pipeline)
