"""Files of the user's: what an experiment that runs in a folder of its own says of those that it lacks."""

from pathlib import Path

import pytest

from infoplane import inputs
from infoplane.errors import UserError


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clone of an experiment, which runs elsewhere; the clone has some files."""
    clone, elsewhere = tmp_path / "clone", tmp_path / "elsewhere"
    for name in ("photos/cat/1.png", "run/epoch1.pt", "a.csv", "b.csv"):
        (clone / "inputs" / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / "inputs" / name).touch()
    (elsewhere / "inputs").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("DVC_ROOT", str(clone))
    monkeypatch.setenv("DVC_EXP_NAME", "mine")
    return clone


@pytest.mark.usefixtures("clone")
def test_what_the_clone_has_is_named_with_the_option_that_takes_it_along():
    with pytest.raises(UserError, match=r"photos does not exist; the clone has it: .*add -C inputs/photos$"):
        inputs.located("inputs", "photos", "dataset", "files:photos")
    with pytest.raises(UserError, match=r"no file below inputs/ matches; the clone has it: .*add -C inputs/run$"):
        inputs.matching("inputs", "run/*.pt", "record.weights")
    with pytest.raises(UserError, match=r"add -C inputs/a.csv -C inputs/b.csv$"):
        inputs.matching("inputs", "*.csv", "record.weights")


def test_what_is_nowhere_is_not_said_to_be_there(clone: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match=r"paintings does not exist$"):
        inputs.located("inputs", "paintings", "dataset")
    with pytest.raises(UserError, match=r"no file below inputs/ matches$"):
        inputs.matching("inputs", "*.pt", "record.weights")
    monkeypatch.chdir(clone)
    (clone / "inputs/a.csv").unlink()
    with pytest.raises(UserError, match=r"a.csv does not exist$"):
        inputs.located("inputs", "a.csv", "dataset")
