"""Where the user's clone is, seen from an experiment in a folder of its own."""

from pathlib import Path

import pytest

from infoplane import clone
from infoplane.errors import UserError
from infoplane.named import own
from infoplane.running import unfinished


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clone around an experiment of the name `mine`, whose folder is the current one."""
    folder = tmp_path / ".dvc/tmp/exps/standalone/tmp1"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("DVC_EXP_NAME", "mine")
    monkeypatch.delenv("INFOPLANE_RAW", raising=False)
    return tmp_path


def test_in_the_clone_itself_everything_lies_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("DVC_EXP_NAME", "mine")
    monkeypatch.delenv("INFOPLANE_RAW", raising=False)
    assert (clone.experiment(), clone.raw()) == (None, Path("data/raw"))
    assert unfinished.partial_work() == unfinished.PARTIAL


def test_an_experiment_has_the_downloads_of_the_clone_unless_another_folder_is_named(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
):
    assert clone.raw() == experiment / "data/raw"
    monkeypatch.setenv("INFOPLANE_RAW", "/elsewhere")
    assert clone.raw() == Path("/elsewhere")


def test_an_experiment_goes_on_in_another_folder(experiment: Path, monkeypatch: pytest.MonkeyPatch):
    with unfinished.work("train", {}) as work:
        work.write("weights", b"1")
    other = experiment / ".dvc/tmp/exps/standalone/tmp2"
    other.mkdir()
    monkeypatch.chdir(other)
    with unfinished.work("train", {}) as work:
        assert work.read("weights") == b"1"
    unfinished.remove_finished("plot")
    assert not (experiment / "data/.experiments").exists()


def test_a_module_that_git_does_not_know_is_told(experiment: Path):
    (experiment / "extensions").mkdir()
    (experiment / "extensions/not_added.py").write_text("")
    with pytest.raises(UserError, match=r"files that git knows: git add extensions/not_added\.py"):
        own("model", "not_added:Net", "class {}")
    with pytest.raises(UserError, match="No module named 'not_there'"):
        own("model", "not_there:Net", "class {}")
