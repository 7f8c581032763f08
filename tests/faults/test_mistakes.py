"""Mistakes in params.yaml, met by the stage `check`: exit 1 within seconds, one line, nothing written."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline import Pipeline, main_of

from infoplane import errors, interrupts
from params_mistakes import MISTAKES, changed

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
def main(fresh: Pipeline, monkeypatch: pytest.MonkeyPatch):
    """The `main` of `check`, within that pipeline's folder."""
    # The signals of the test's own process stay as they are.
    monkeypatch.setattr(interrupts, "end_on_signals", lambda: None)
    return main_of("check", monkeypatch, fresh)


def ended(main: Any, folder: Path, content: str, capsys: pytest.CaptureFixture) -> str:
    """The one line with which `check` ends."""
    (folder / "params.yaml").write_text(content)
    before = {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}
    started = time.monotonic()
    with pytest.raises(SystemExit) as end:
        errors.exit_in_one_line(main)
    assert time.monotonic() - started < SECONDS
    assert {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))} == before
    said = capsys.readouterr()
    assert said.out == said.err == ""
    assert isinstance(end.value.code, str)  # what Python prints, and exits with 1
    assert end.value.code.startswith("error: params.yaml")
    assert len(end.value.code.splitlines()) == 1
    return end.value.code


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES)
def test_a_mistake_writes_nothing(main, fresh: Pipeline, capsys, key: str, value: Any, message: str):
    content = yaml.safe_dump(changed(key, value), allow_unicode=True)
    assert message in ended(main, fresh.folder, content, capsys)


@pytest.mark.parametrize("content", NOT_A_MAPPING)
def test_text_that_is_no_mapping_writes_nothing(main, fresh: Pipeline, capsys, content: str):
    ended(main, fresh.folder, content, capsys)
