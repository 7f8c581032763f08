"""`infoplane new` and `infoplane update`, from a clone: what they write, and what they refuse."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from infoplane.errors import UserError
from infoplane.study import command, laying_out, layout


@pytest.fixture(autouse=True)
def _no_page(monkeypatch: pytest.MonkeyPatch):
    """The page of `dvc plots` takes seconds, and the test of an installed package makes it."""
    monkeypatch.setattr(laying_out, "_write_page", lambda folder: None)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "my-study"
    laying_out.new(folder)
    return folder


def commit(folder: Path) -> None:
    for words in ("add --all", "-c user.name=a -c user.email=a@example.org commit --quiet -m all"):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)


def test_the_pipeline_is_that_of_the_clone_but_for_the_package(study: Path):
    ours, theirs = (yaml.safe_load((folder / "dvc.yaml").read_text()) for folder in (ROOT, study))
    check = ours["stages"]["check"]
    check["deps"].remove("src/infoplane")
    check["always_changed"] = True
    assert theirs == ours
    script = (study / "stages/run").read_text()
    assert script == (ROOT / "stages/run").read_text().replace("=src:", "=")
    assert os.access(study / "stages/run", os.X_OK)
    for pattern in (
        "params.yaml",
        ":(glob)stages/*.py",
        ".dvc/plots/*",
        ".gitignore",
        ".dvcignore",
        "inputs/*",
        "extensions/*",
    ):
        tracked = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
        assert tracked.stdout
        for name in tracked.stdout.split():
            if not name.startswith(("inputs/", "extensions/")) or name.endswith("README.md"):
                assert (study / name).read_bytes() == (ROOT / name).read_bytes()
    assert re.fullmatch(r"infoplane(==| @ git\+)\S+\n", (study / "requirements.txt").read_text())
    assert (study / "README.md").read_text().startswith("# my-study\n")
    assert (study / ".git").is_dir()


def test_a_source_distribution_has_what_is_laid_out():
    lines = (line.split()[1:] for line in (ROOT / "MANIFEST.in").read_text().splitlines())
    assert sorted(name for line in lines for name in line) == sorted((*layout.PIPELINE, *layout.BEGINNING))


def test_the_command_is_declared():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"infoplane": f"{command.__name__}:main"}


def test_a_folder_within_a_repository_is_no_repository_of_its_own(tmp_path: Path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    laying_out.new(tmp_path / "below/study")
    assert not (tmp_path / "below/study/.git").exists()


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path):
    (tmp_path / "paper.tex").write_text("")
    with pytest.raises(UserError, match="is not empty: a study wants a folder of its own"):
        laying_out.new(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.tex"]


def test_an_update_replaces_the_pipeline_and_nothing_else(study: Path):
    assert laying_out.update(study) == []
    (study / "requirements.txt").write_text("infoplane==0.0.1\ninfoplane-extras==1\nnumpy==2.0.0\n")
    for name in ("params.yaml", "dvc.yaml", "stages/train.py"):
        (study / name).write_text("# of an earlier version\n")
    (study / "stages/my_stage.py").write_text("# one's own\n")
    commit(study)
    assert laying_out.update(study) == ["dvc.yaml", "stages/train.py", "requirements.txt"]
    assert (study / "stages/train.py").read_text() == (ROOT / "stages/train.py").read_text()
    assert (study / "params.yaml").read_text() == "# of an earlier version\n"
    assert (study / "stages/my_stage.py").exists()
    first, *others = (study / "requirements.txt").read_text().splitlines()
    assert (first, others) == (laying_out.requirement(), ["infoplane-extras==1", "numpy==2.0.0"])


def test_an_update_loses_no_change_that_is_not_committed(study: Path):
    commit(study)
    (study / "stages/train.py").write_text("# being worked at\n")
    with pytest.raises(UserError, match=r"^commit first, since .* replaced: stages/train.py$"):
        laying_out.update(study)
    assert (study / "stages/train.py").read_text() == "# being worked at\n"


def test_an_update_wants_a_study(tmp_path: Path):
    with pytest.raises(UserError, match="is no study"):
        laying_out.update(tmp_path)
    with pytest.raises(UserError, match="is a clone of infoplane"):
        laying_out.update(ROOT)


def test_the_command_ends_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for words, told in (
        (["new", "."], "error: . is not empty: a study wants a folder of its own"),
        (["new", "file"], "error: file is not empty: a study wants a folder of its own"),
        (["new", "file/below"], "error: file/below: not a directory"),
        (["update"], "error: . is no study: there are no dvc.yaml, params.yaml and .dvc"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", command.__name__, *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr.strip()) == (1, told)
