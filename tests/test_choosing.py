"""docs/choosing.md: every leaf of the tree has a section, and every section is a valid part of params.yaml."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from changed_params import GOOD
from conftest import ROOT
from infoplane import estimators
from infoplane.settings import params

PAGE = (ROOT / "docs/choosing.md").read_text()
SECTIONS: dict[str, dict[str, Any]] = {
    letter: yaml.safe_load(text)
    for letter, text in re.findall(r"^## (\w)\. .*?```yaml\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
}


def test_each_end_of_the_tree_has_its_section():
    assert re.findall(r"─ .*: (\w)$", PAGE, re.MULTILINE) == list(SECTIONS)
    assert len(SECTIONS) == len(re.findall("^## ", PAGE, re.MULTILINE))


@pytest.mark.parametrize("letter", SECTIONS)
def test_sections_are_valid(letter: str, tmp_path: Path):
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(GOOD | SECTIONS[letter]))
    params.read(path)


def test_every_method_is_on_the_page():
    assert {name for name in estimators.names() if f"`{name}`" not in PAGE and f"method: {name}" not in PAGE} == set()
