"""What others cite: CITATION.cff and Zenodo's metadata agree with each other and with pyproject.toml."""

import json
import tomllib

import yaml

from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ZENODO = json.loads((ROOT / ".zenodo.json").read_text())


def test_versions_and_names_agree():
    assert CITATION["version"] == ZENODO["version"] == PROJECT["version"]
    assert CITATION["title"] == ZENODO["title"]
    assert CITATION["title"].startswith(f"{PROJECT['name']}: ")
    assert CITATION["abstract"] == ZENODO["description"]
    assert CITATION["keywords"] == ZENODO["keywords"]
    assert [author["name"] for author in CITATION["authors"]] == [creator["name"] for creator in ZENODO["creators"]]


def test_what_the_formats_ask_for_is_there():
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["cff-version"] == "1.2.0"
    assert ZENODO["upload_type"] == CITATION["type"] == "software"
