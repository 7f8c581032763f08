"""The chosen network: ours by its plan, the user's own by a trial, before anything is trained."""

import copy
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT
from infoplane.errors import UserError
from infoplane.settings import network, params
from infoplane.training import chosen_network
from infoplane.training.recording import Recorder

GOOD = yaml.safe_load((ROOT / "params.yaml").read_text())
OWN = """
    import math
    from torch import nn

    class Wide(nn.Module):
        def __init__(self, input_shape, classes, *, units: int, depth=1):
            super().__init__()
            self.flatten = nn.Flatten()
            self.body = nn.Sequential(nn.Linear(math.prod(input_shape), units), nn.ReLU())
            self.head = nn.Linear(units, classes)
            {layers}

        def forward(self, x):
            return {returned}
"""
SIDEWAYS = OWN.replace("nn.Sequential(nn.Linear(math.prod(input_shape), units), nn.ReLU())", "Turned(units)").replace(
    "    class Wide",
    """    class Turned(nn.Module):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def forward(self, x):
            return x[: self.units]

    class Wide""",
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a module of a name of its own with a network, and reads params.yaml with it as the model."""
    monkeypatch.syspath_prepend(tmp_path)

    def read(
        module: str,
        section: Any = {"units": 4},  # noqa: B006
        *,
        layers: str = "",
        returned: str = "self.head(self.body(self.flatten(x)))",
        source: str = OWN,
        **record,
    ) -> params.Params:
        (tmp_path / f"{module.replace('.', '/')}.py").write_text(
            textwrap.dedent(source.format(layers=layers, returned=returned))
        )
        content = copy.deepcopy(GOOD)
        content["model"] = f"{module}:Wide"
        content["models"]["Wide"] = section
        content["record"] |= record
        del content["estimators"]["dropout"]
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
        chosen = params.read(tmp_path / "params.yaml")
        chosen_network.check(chosen)
        return chosen

    return read


def recorded(chosen: params.Params) -> list[str]:
    return Recorder(chosen_network.build(chosen, "cpu"), chosen.record.layers, pre_activation=False).names


def test_the_layers_of_a_network_of_ones_own_are_those_it_names_or_its_children(own):
    assert recorded(own("children")) == ["flatten", "body", "head"]
    assert recorded(own("named", layers="self.layers = ('body', 'head')")) == ["body", "head"]


def test_a_hint_names_no_key_that_a_network_of_ones_own_lacks(own, tmp_path: Path):
    own("silent")
    content = yaml.safe_load((tmp_path / "params.yaml").read_text())
    content["estimators"]["dropout"] = {"method": "dropout"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="Wide has no key `dropout`"):
        chosen_network.check(params.read(tmp_path / "params.yaml"))


def test_any_submodule_of_a_network_of_ones_own_can_be_recorded(own, tmp_path: Path):
    own("submodules")
    content = yaml.safe_load((tmp_path / "params.yaml").read_text())
    content["record"]["layers"] = ["head", "body.1"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    chosen = params.read(tmp_path / "params.yaml")
    chosen_network.check(chosen)
    assert recorded(chosen) == ["body.1", "head"]


@pytest.mark.parametrize(
    ("module", "change", "message"),
    [
        ("section", {"section": {"units": "four"}}, "models.Wide.units = 'four': input should be a valid integer"),
        (
            "unknown",
            {"section": {"units": 4, "width": 1}},
            "models.Wide.width = 1: unknown key; known are units",
        ),
        ("missing", {"section": {}}, "models.Wide.units is missing"),
        (
            "classes",
            {"returned": "self.body(self.flatten(x))"},
            "it returns (2, 4) for two samples, not logits",
        ),
        ("tuple", {"returned": "(x, x)"}, "not logits of shape (2, 10)"),
        ("broken", {"source": "import nonsense_package"}, "ModuleNotFoundError: No module named 'nonsense_package'"),
        ("syntax", {"source": "class Wide("}, "the module syntax cannot be imported: SyntaxError"),
        ("other", {"source": "class Narrow: pass"}, "other has no class Wide that is a torch.nn.Module"),
        ("crash", {"returned": "self.head(x)"}, "two samples cannot pass: RuntimeError: mat1 and mat2 shapes"),
        (
            "training",
            {"returned": "self.head(self.body(x if self.training else self.flatten(x)))"},
            "two samples cannot pass: RuntimeError: mat1 and mat2 shapes",
        ),
        (
            "sideways",
            {"returned": "self.head(self.body(self.flatten(x).T).T)", "source": SIDEWAYS},
            "layer body returns shape (4, 2) for 2 samples: samples must come first",
        ),
        ("absent", {"layers": "self.layers = ('neck',)"}, "has no attribute `neck`"),
    ],
)
def test_a_mistake_in_a_network_of_ones_own_is_one_line(own, module: str, change: dict, message: str):
    with pytest.raises(UserError) as error:
        own(module, **change)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["no_class:", ":Wide", "a/b:Wide", "module:wide", "..x:Wide", "a:b:Wide"])
def test_a_name_is_module_and_class(tmp_path: Path, name: str):
    content = GOOD | {"model": name, "models": GOOD["models"] | {name.rpartition(":")[2]: {}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match=r"model = .*|models = "):
        params.read(tmp_path / "params.yaml")


def test_sections_of_other_networks_of_ones_own_stay_unread(own, tmp_path: Path):
    own("first")
    content = yaml.safe_load((tmp_path / "params.yaml").read_text()) | {"model": "mlp"}
    content["models"]["Another"] = {"anything": 1}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    assert params.read(tmp_path / "params.yaml").model == "mlp"


def test_identity_changes_with_the_section(own):
    before = network.identity(own("identified"))
    section = {"units": 4, "depth": 1}
    assert before == {"model": "identified:Wide", "section": section, "input_shape": [1, 28, 28], "classes": 10}
    assert network.identity(own("identified", {"units": 5})) != before
