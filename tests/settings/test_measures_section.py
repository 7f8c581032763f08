"""The section `measures`: what it asks for, by which names, and each mistake as one line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from changed_params import GOOD, changed
from infoplane.errors import UserError
from infoplane.settings import measures, params
from infoplane.settings.stage_code import code_by_stage

OWN = """
from infoplane.estimators.parts.inputs import check_activations
LABEL = "largest, {power:g} [nats]"
def largest(t, y, *, power: float = 1.0):
    return t.flatten(1).amax(1) ** power
"""


def read(which: Any, folder: Path) -> params.Params:
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(changed("measures.which", which)))
    return params.read(path)


def test_names_and_keywords(tmp_path: Path):
    section = read(["rankme", {"renyi_entropy": {"alpha": 1.0, "width": 2.5}}, "renyi_entropy"], tmp_path).measures
    found = measures.chosen(section)
    assert [each.label for each in found] == ["rankme", "renyi_entropy(alpha=1, width=2.5)", "renyi_entropy"]
    assert [each.title() for each in found][1:] == ["Rényi entropy, α = 1 [nats]", "Rényi entropy, α = 2 [nats]"]
    assert found[1].keywords == {"alpha": 1.0, "width": 2.5}
    assert found[1].defaults == {"samples": 500}


def test_older_files_without_the_section_are_valid(tmp_path: Path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({k: v for k, v in GOOD.items() if k != "measures"}))
    assert params.read(tmp_path / "params.yaml").measures.model_dump() == GOOD["measures"]


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (["rank"], "measures.which.0 = 'rank': must be one of effective_rank, linear_probe,"),
        (["rankme", 3], "measures.which.1 = 3: must be a name, or one name with its keywords"),
        ([{"rankme": {}, "v_information": {}}], "measures.which.0 = "),
        ([{"renyi_entropy": {"alpha": 0}}], "measures.which.0.alpha = 0: input should be greater than 0"),
        ([{"renyi_entropy": {"order": 2}}], "measures.which.0.order = 2: unknown key; known are alpha, width, samples"),
        ([{"linear_probe": {"seed": 2}}], "measures.which.0.seed = 2: unknown key; known are folds"),
        (["rankme", "rankme"], "measures.which: rankme is repeated"),
        (["no_such_file:measure"], "measures.which.0 = 'no_such_file:measure': the module no_such_file cannot"),
        ("rankme", "measures.which = 'rankme': input should be a valid list"),
    ],
)
def test_a_mistake_is_one_line(which: Any, message: str, tmp_path: Path):
    with pytest.raises(UserError) as error:
        read(which, tmp_path)
    assert str(error.value).startswith(f"params.yaml: {message}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"), [("epochs", 0), ("samples", 1), ("cka", "both"), ("epoch", 3), ("cka", None)]
)
def test_other_keys(key: str, value: Any, tmp_path: Path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(changed(f"measures.{key}", value)))
    with pytest.raises(UserError, match=rf"measures\.{key} = "):
        params.read(tmp_path / "params.yaml")


def test_a_measure_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "measures_of_a_test.py").write_text(OWN)
    (tmp_path / "not_measures.py").write_text("def other(t):\n    return t\n")
    monkeypatch.syspath_prepend(tmp_path)
    chosen = read([{"measures_of_a_test:largest": {"power": 2.0}}], tmp_path)
    (found,) = measures.chosen(chosen.measures)
    assert found.label == "measures_of_a_test:largest(power=2)"
    assert found.title() == "largest, 2 [nats]"
    measures.check_own(chosen.measures)
    assert tmp_path / "measures_of_a_test.py" in code_by_stage(chosen)["measures"].imported
    for name, reason in (("other", "cannot be called as measure"), ("absent", "has no function absent")):
        with pytest.raises(UserError, match=reason):
            measures.check_own(read([f"not_measures:{name}"], tmp_path).measures)


def test_a_stage_depends_on_the_measures_that_are_chosen(tmp_path: Path):
    files = {path.stem for path in code_by_stage(read(["rankme"], tmp_path))["measures"].imported}
    assert files == {"measures", "rankme"}
