"""make table: what differs between commits and experiments, read from git alone."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from infoplane.errors import UserError
from infoplane.page import experiments

BASE = {"train": {"lr": 0.1, "epochs": 3}, "estimators": {"binning": {"bins": 10}, "mine": {"steps": 5}}}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit and, as DVC keeps them, an experiment `slow` upon it."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"NAME": "a", "EMAIL": "a@example.org"}.items():
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    run("git", "init", "-qb", "main")
    commit(BASE, {"mi_xt": 1.5, "compression": 0.25})
    base = run("git", "rev-parse", "HEAD")
    without = {"train": {"lr": 0.01, "epochs": 3}, "estimators": {"binning": {"bins": 10}}}
    commit(without, {"mi_xt": 2.5, "flagged": "compression: few samples; wide bounds, mi_ty: overfit"})
    run("git", "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/slow", "HEAD")
    run("git", "update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD")
    run("git", "reset", "-q", "--hard", base)
    return tmp_path


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit(params: dict, scalars: dict) -> None:
    Path("metrics/mi").mkdir(parents=True, exist_ok=True)
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    Path("metrics/train.json").write_text(json.dumps({"test_accuracy": 0.9, "test_loss": 1.0}))
    for key in ("binning", "mine"):
        Path(f"metrics/mi/{key}.json").write_text(json.dumps(scalars))
    run("git", "add", "-A")
    run("git", "commit", "-qm", "run")


@pytest.mark.usefixtures("repository")
def test_rows_are_experiments_and_columns_what_differs_and_the_scalars():
    table = experiments.table({"main": "HEAD"} | experiments.experiments())
    assert list(table.index) == ["main", "slow"]
    assert list(table.columns[:2]) == ["train.lr", "estimators.mine"]
    assert list(table["train.lr"]) == ["0.1", "0.01"]
    assert list(table["estimators.mine"]) == ["given", "-"]
    assert list(table["binning mi_xt"]) == ["1.500", "2.500"]
    assert list(table["binning compression"]) == ["0.250", "flagged"]
    assert list(table["test accuracy"]) == ["0.900", "0.900"]
    # what a dropped estimator has left is not the experiment's
    assert list(table["mine mi_xt"]) == ["1.500", "-"]


def test_values_that_differ_are_as_params_yaml_has_them():
    found = dict(experiments.differing([{"a": None, "b": ["x"], "c": False}, {"a": 1, "b": [], "c": True}]))
    assert found == {"a": ["null", "1"], "b": ['["x"]', "[]"], "c": ["false", "true"]}


@pytest.mark.usefixtures("repository")
def test_a_revision_that_does_not_exist_is_one_line():
    with pytest.raises(UserError, match="no-such"):
        experiments.table({"no-such": "no-such"})
