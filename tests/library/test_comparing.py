"""`infoplane.compare`: runs and groups of runs of a repository, and the page of `make compare`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import infoplane
from example_tables import mi_table
from infoplane.library import comparing

PARAMS = "model: {model}\ndataset: szt\nseed: {seed}\nestimators: {estimators}\n"
BINNING, BOTH = "{binning: {bins: 10}}", "{binning: {bins: 20}, mine: {steps: 5}}"


def write_run(folder: Path, seed: int, *, model: str = "mlp", estimators: str = BINNING) -> None:
    (folder / "params.yaml").write_text(PARAMS.format(model=model, seed=seed, estimators=estimators))
    for name in ("plots/mi", "metrics/mi"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for key in ("binning", "mine"):
        mi_table(key, seed=seed, bounds=key == "mine").to_csv(folder / f"plots/mi/{key}.csv", index=False)
    (folder / "metrics/train.json").write_text(json.dumps({"test_accuracy": 0.9 + seed / 100, "epoch": "last"}))
    scalars = {"mi_xt": 2.0 + seed} if seed != 2 else {"flagged": "mi_xt: saturated, mi_ty: wide bounds; overfit"}
    (folder / "metrics/mi/binning.json").write_text(json.dumps(scalars))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds on branches, another network with another estimator on `main`, and the workspace."""
    folder = tmp_path_factory.mktemp("study")
    roles = {f"GIT_{role}_{name}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for name in ("NAME", "EMAIL")}

    def run(*words: str) -> None:
        subprocess.run(words, cwd=folder, env=os.environ | roles, check=True, capture_output=True)

    run("git", "init", "--quiet", "--initial-branch", "main")
    run(sys.executable, "-m", "dvc", "init", "--quiet")
    for seed in (1, 2, 3):
        run("git", "checkout", "-qB", f"seed{seed}")
        write_run(folder, seed)
        run("git", "add", "--all")
        run("git", "commit", "-qm", "run")
    run("git", "checkout", "-qB", "main")
    write_run(folder, 9, model="cnn", estimators=BOTH)
    run("git", "commit", "-qam", "run")
    write_run(folder, 4)
    return folder


@pytest.fixture(scope="module")
def seeds_and_main(study: Path) -> infoplane.Comparison:
    return infoplane.compare("seed*", "main", study)


def test_parameters_that_differ_between_any_two_runs(seeds_and_main: infoplane.Comparison):
    assert seeds_and_main.params.to_dict("index") == {
        "model": {"a": "mlp", "b": "cnn"},
        "seed": {"a": "1, 2, 3", "b": "9"},
        "estimators.binning.bins": {"a": "10", "b": "20"},
        "estimators.mine": {"a": "-", "b": "given"},
    }


def test_scalars_are_means_of_what_can_be_believed(seeds_and_main: infoplane.Comparison):
    scalars = seeds_and_main.scalars
    accuracy, mi_xt = scalars.loc["network test_accuracy"], scalars.loc["binning mi_xt"]
    assert accuracy[["a", "std_a", "b", "difference"]].tolist() == pytest.approx([0.92, 0.01, 0.99, 0.07])
    assert mi_xt[["a", "flagged_a", "b", "flagged_b"]].tolist() == [4.0, 1, 11.0, 0]
    assert scalars.loc["binning mi_ty", "flagged_a"] == 1
    assert "network epoch" not in scalars.index


def test_layers_of_every_estimator_of_either(seeds_and_main: infoplane.Comparison):
    layers = seeds_and_main.layers.set_index(["estimator", "layer", "quantity"])
    row = layers.loc[("binning", "output", "mi_xt")]
    ends = [mi_table(seed=seed).query("layer == 'output'")["mi_xt"].iloc[-1] for seed in (1, 2, 3)]
    assert row["value_a"] == pytest.approx(sum(ends) / 3)
    assert (row["networks_a"], row["networks_b"]) == (3, 1)
    assert layers.loc["mine"]["networks_a"].eq(0).all()


def test_the_page_names_runs_and_other_settings(seeds_and_main: infoplane.Comparison):
    text = seeds_and_main.page()
    assert "seed*: seed1, seed2, seed3." in text
    assert "Estimated with other settings: estimators.binning.bins." in text
    assert "<p>Not in seed*.</p>" in text


def test_several_by_name_against_the_workspace(study: Path):
    for names in ("seed1, seed3", ["seed1", "seed3"]):
        found = infoplane.compare(names, repo=study)
        assert list(found.a.runs) == ["seed1", "seed3"]
        assert found.params.loc["seed"].tolist() == ["1, 3", "4"]
    assert repr(found) == "<infoplane.Comparison of seed1, seed3 and workspace>"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("sead*", r"^compare: no experiment, branch or tag fits 'sead\*': must be one of .*nearest: seed"),
        ("nothing", r"^load: revision nothing of .*unknown Git revision"),
        (" , ", "^compare: no run is named$"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(study: Path, names: Any, told: str):
    with pytest.raises(infoplane.UserError, match=told) as end:
        infoplane.compare(names, repo=study)
    assert len(str(end.value).splitlines()) == 1


def test_make_compare_writes_a_page(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.chdir(study)
    page = tmp_path / "new" / "page.html"
    monkeypatch.setattr(sys, "argv", ["comparing", "seed1", "seed1", "--to", str(page)])
    comparing.main()
    assert capsys.readouterr().out == f"open {page.as_uri()}\n"
    assert "<h1>seed1 (A) and seed1 (B)</h1>" in page.read_text()
    assert "No parameter differs." in page.read_text()
    monkeypatch.setattr(sys, "argv", ["comparing", "nothing"])
    with pytest.raises(SystemExit, match=r"^error: load: revision nothing"):
        comparing.main()
