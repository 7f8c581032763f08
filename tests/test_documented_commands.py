"""Every `dvc exp run` in the documentation changes params.yaml into one that is valid."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps

from changed_params import GOOD
from conftest import ROOT
from extension_examples import EXAMPLES
from infoplane.settings import objectives, params

PAGES = [
    "README.md",
    "params.yaml",
    *(
        f"docs/{name}.md"
        for name in (
            "choosing",
            "cluster",
            "data",
            "estimators",
            "extending",
            "library",
            "measures",
            "migrating",
            "networks",
            "paper",
            "readout",
            "sharing",
            "study",
            "training",
        )
    ),
]
INLINE = re.compile(r"`(-S [^`]*|dvc exp run [^`]*)`")
PLACEHOLDERS = ("...", "<", "key=value", "wide")
"""What stands for something else, or is what the reader has just made."""
SECOND = "objectives/params.yaml:"
"""Before a change of the second pipeline's parameters."""


def commands(page: str) -> list[list[str]]:
    """The `-S` arguments of a page's commands for params.yaml, of indented lines and within a sentence or a table."""
    return [changes for changes in _commands(page) if not any(change.startswith(SECOND) for change in changes)]


def of_second_pipeline(page: str) -> list[list[str]]:
    """Those for objectives/params.yaml, without its name."""
    found = [changes for changes in _commands(page) if all(change.startswith(SECOND) for change in changes)]
    return [[change.removeprefix(SECOND) for change in changes] for changes in found]


def _commands(page: str) -> list[list[str]]:
    text = re.sub(r"\\\n\s+", " ", (ROOT / page).read_text())
    lines = [line.partition("  #")[0] for line in text.splitlines() if re.match(r"(    |# .*: )dvc exp run", line)]
    found = []
    for command in (*lines, *INLINE.findall(text)):
        for part in re.split("&&|;", command):
            words = shlex.split(part)
            found.append([word for before, word in pairwise(words) if before == "-S"])
    return [changes for changes in found if changes and not any(p in c for p in PLACEHOLDERS for c in changes)]


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.slow) if page == "docs/migrating.md" else page for page in PAGES]
)
def test_documented_changes_are_valid(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in EXAMPLES.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    # JSON is YAML, too, and DVC need not keep its comments, which takes longer than all else here.
    path = tmp_path / "params.json"
    for command in commands(page):
        for sweep in get_hydra_sweeps({path.name: command}):
            path.write_text(json.dumps(GOOD))
            apply_overrides(path, sweep[path.name])
            params.read(path)


@pytest.mark.parametrize("page", ["docs/migrating.md", "docs/objectives.md"])
def test_documented_changes_of_the_second_pipeline_are_valid(page: str, tmp_path: Path):
    given = yaml.safe_load((ROOT / objectives.PARAMS).read_text())
    path = tmp_path / "params.json"
    assert of_second_pipeline(page)
    for command in of_second_pipeline(page):
        path.write_text(json.dumps(given))
        apply_overrides(path, command)
        objectives.read(path)


def test_commands_are_found():
    assert ["plot.join=epochs"] in commands("README.md")
    own = ["model=my_module:MyNet", "+models.MyNet={units: 64}", "~estimators.dropout"]
    assert own in commands("docs/extending.md")
    assert sum(map(len, map(commands, PAGES))) > 60
