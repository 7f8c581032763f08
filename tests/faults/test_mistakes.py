"""Mistakes in params.yaml, met by the stage `check`: exit 1 within seconds, one line, nothing written."""

import time
from typing import Any

import pytest
import yaml

from changed_params import changed
from params_mistakes import MISTAKES
from pipeline import Pipeline, ending

SECONDS = 5.0
NOT_A_MAPPING = [
    "train: {epochs: 3",
    "seed: [1, 2",
    "seed: 1\n\tdevice: cpu",
    "- a\n- b\n",
    "just words",
    "\t",
    "",
    "null",
    "train:\n  lr: 1\n lr: 2\n",
    "a: &x [*x]",
    "a: !!python/name:os.system",
    "seed: !!python/object:os.system {}",
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline in which nothing has run."""
    return Pipeline.create(tmp_path_factory.mktemp("fresh") / "infoplane")


@pytest.fixture
def ended(fresh: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """From the content of params.yaml to the one line with which `check` ends."""

    def ended(content: str) -> str:
        (fresh.folder / "params.yaml").write_text(content)
        before = {path: path.stat().st_mtime_ns for path in sorted(fresh.folder.rglob("*"))}
        started = time.monotonic()
        line = ending("check", monkeypatch, fresh)
        assert time.monotonic() - started < SECONDS
        assert {path: path.stat().st_mtime_ns for path in sorted(fresh.folder.rglob("*"))} == before
        said = capsys.readouterr()
        assert said.out == said.err == ""
        assert line.startswith("error: params.yaml")
        return line

    return ended


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES)
def test_a_mistake_writes_nothing(ended, key: str, value: Any, message: str):
    assert message in ended(yaml.safe_dump(changed(key, value), allow_unicode=True))


@pytest.mark.parametrize("content", NOT_A_MAPPING)
def test_text_that_is_no_mapping_writes_nothing(ended, content: str):
    assert ended(content)
