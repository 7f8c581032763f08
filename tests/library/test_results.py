"""`infoplane.load`: runs of the workspace, a commit and an experiment, and what is told where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infoplane
from infoplane.storage import activations_writer, stored_gradients
from infoplane.storage.activations import Recorded

PLANE = "split,repetition,part,epoch,layer,estimator,mi_xt,mi_ty,flag,flag_xt,flag_ty\n"
EPOCHS = [0, 2, 5]


def write_run(folder: Path, value: float) -> None:
    """What a run leaves, of layers whose activations are all `value` plus the epoch; `b` diverged at epoch 5."""
    (folder / "params.yaml").write_text(
        f"model: mlp\ndataset: szt\nlr: {value}\nestimators: {{fine: {{method: binning}}, mine: {{method: mine}}}}\n"
    )
    for key in ("fine", "mine"):
        (folder / "plots/mi").mkdir(parents=True, exist_ok=True)
        (folder / f"plots/mi/{key}.csv").write_text(f"{PLANE}train,0,0,5,a,{key},{value},,,,\n")
    (folder / "metrics/mi").mkdir(parents=True, exist_ok=True)
    (folder / "metrics/mi/fine.json").write_text(f'{{"mi_xt": {value}}}\n')
    with activations_writer.create(folder / "data/activations.zarr", EPOCHS, allow_diverged=True) as writer:
        for split, n in (("train", 6), ("test", 4)):
            writer.add_split(split, np.ones((n, 1, 2, 2), "float32"), np.arange(n) % 3)
            for epoch in EPOCHS:
                a = np.full((n, 3), value + epoch, "float32")
                b = np.full((n, 2), value if epoch < 5 else np.nan, "float32")
                std = np.full((1, 1), 0.2, "float32")
                writer.add_epoch(split, 0, epoch, {"a": Recorded(a, "additive", std), "b": Recorded(b, None, None)})
        for epoch in EPOCHS[1:]:
            stored_gradients.add(writer, 0, epoch, {"a": np.arange(12, dtype="float32").reshape(2, 6) + epoch})
        stored_gradients.finish(writer, {"a": [("weight", [2, 2]), ("bias", [2])]})
        writer.finish(splits=["train", "test"], layers=["a", "b"], model="mlp", dataset="szt", seed=0)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in a commit, another in an experiment, a third in the workspace; data of the first two are cached."""
    folder = tmp_path_factory.mktemp("study")
    roles = {f"GIT_{role}_{name}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for name in ("NAME", "EMAIL")}

    def run(command: str) -> None:
        words = [sys.executable, "-m", *command.split()] if command.startswith("dvc") else command.split()
        subprocess.run(words, cwd=folder, env=os.environ | roles, check=True, capture_output=True)

    run("git init --quiet")
    run("dvc init --quiet")
    write_run(folder, 1.0)
    run("dvc add --quiet data/activations.zarr")
    run("git add --all")
    run("git commit --quiet -m first")
    write_run(folder, 2.0)
    run("dvc add --quiet data/activations.zarr")
    run("dvc exp save --name second")
    write_run(folder, 3.0)
    return folder


@pytest.mark.parametrize(("rev", "value"), [(None, 3.0), ("HEAD", 1.0), ("second", 2.0)])
def test_a_run_of_any_revision(study: Path, rev: str | None, value: float):
    run = infoplane.load(rev, study)
    assert run.params["lr"] == value
    assert run.metrics == {"mi/fine": {"mi_xt": value}}
    assert run.tables == ["mi/fine", "mi/mine"]
    assert list(run.planes["estimator"]) == ["fine", "mine"]
    assert (run.planes["mi_xt"] == value).all()
    assert (run.planes["flag"] == "").all()
    x, t, y, noise = run.layer("a", "test", epoch=2)
    assert (t == value + 2).all()
    assert (x.shape, t.shape, y.tolist()) == ((4, 4), (4, 3), [0, 1, 2, 0])
    assert noise is not None
    assert (noise.kind, noise.isotropic_std) == ("additive", pytest.approx(0.2))
    assert repr(run).endswith(": mlp on szt, fine, mine>")


def test_activations_are_read_when_they_are_sliced(study: Path):
    run = infoplane.load("second", study)
    assert "activations" not in vars(run)
    array = run.activations.root["train/layers/a/t"]
    assert array.shape == (1, 3, 6, 3)  # pyright: ignore
    assert np.asarray(array[0, 1, :2, 0]).tolist() == [4.0, 4.0]  # pyright: ignore
    assert (study / "data/activations.zarr").exists(), "nothing is checked out"
    assert infoplane.load(None, study).layer("a", epoch=0).t[0, 0] == 3.0


def test_gradients_by_parameter(study: Path):
    last = infoplane.load(repo=study).gradients("a")
    np.testing.assert_array_equal(last["weight"][1], [[11, 12], [13, 14]])
    np.testing.assert_array_equal(last["bias"], [[9, 10], [15, 16]])
    np.testing.assert_array_equal(infoplane.load("second", study).gradients("a", 2)["bias"][0], [6, 7])


def test_the_current_folder_and_below(study: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(study / "plots")
    assert infoplane.load().params["lr"] == 3.0
    assert infoplane.load("second").params["lr"] == 2.0


def test_a_store_that_is_gone_from_here_comes_from_the_cache(study: Path, tmp_path: Path):
    copy = shutil.copytree(study, tmp_path / "study")
    shutil.rmtree(copy / "data/activations.zarr")
    assert infoplane.load(None, copy).layer("a", epoch=0).t[0, 0] == 2.0, "of data/activations.zarr.dvc"
    shutil.rmtree(copy / ".dvc/cache")
    with pytest.raises(infoplane.UserError, match=r"^load: data/activations.zarr of the workspace is neither here nor"):
        infoplane.load(None, copy).layer("a", epoch=0)


def test_what_is_not_in_the_cache_comes_from_a_remote_that_is_younger_than_the_revision(study: Path, tmp_path: Path):
    copy, remote = shutil.copytree(study, tmp_path / "study"), tmp_path / "remote"
    (copy / ".dvc/cache").rename(remote)
    (copy / ".dvc/config").write_text(f"[core]\n    remote = theirs\n['remote \"theirs\"']\n    url = {remote}\n")
    assert infoplane.load("second", copy).layer("a", epoch=0).t[0, 0] == 2.0


def test_as_xarray(study: Path):
    pytest.importorskip("xarray")
    array = infoplane.load("second", study).xarray("a", "test")
    assert array.dims == ("epoch", "sample", "unit")
    assert (array.sel(epoch=2) == 4.0).all()
    assert array["y"].values.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda run: run.table("fine"), "table 'fine' of revision HEAD: must be one of mi/fine, mi/mine"),
        (lambda run: run.layer("c"), "layer 'c': must be one of a, b"),
        (lambda run: run.layer("a", "all"), "split 'all': must be one of train, test"),
        (lambda run: run.layer("a", epoch=1), "epoch 1: must be one of 0, 2, 5"),
        (lambda run: run.layer("a", repetition=1), "repetition 1: must be one of 0"),
        (lambda run: run.layer("b", epoch=-1), r"layer 'b' of train: .* without activations at epochs \[5\]"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(study: Path, read: Any, told: str):
    with pytest.raises(infoplane.UserError, match=f"^load: {told}") as end:
        read(infoplane.load("HEAD", study))
    assert len(str(end.value).splitlines()) == 1


def test_no_such_revision_or_study(study: Path, tmp_path: Path):
    with pytest.raises(infoplane.UserError, match=r"^load: revision nothing of .*unknown Git revision 'nothing'"):
        infoplane.load("nothing", study)
    with pytest.raises(infoplane.UserError, match=r"^load: the workspace of .*"):
        infoplane.load(None, tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with pytest.raises(infoplane.UserError, match=r"has no params.yaml: it is no study$"):
        infoplane.load(None, tmp_path)


def test_an_estimator_that_has_not_run(study: Path, tmp_path: Path):
    copy = shutil.copytree(study, tmp_path / "study")
    (copy / "plots/mi/mine.csv").unlink()
    with pytest.raises(infoplane.UserError, match=r"^load: table 'mi/mine' of the workspace: must be one of mi/fine"):
        _ = infoplane.load(None, copy).planes
