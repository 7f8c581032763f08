"""Which stages DVC reruns after a change of params.yaml: `check` runs, a shell script stands for every other stage."""

import re
from pathlib import Path
from typing import Any

import pytest

from changed_params import REMOVED
from pipeline import Pipeline

STUBBED = ("prepare", "train", "estimate", "validate", "resolution", "readout", "measures", "plot", "overview")


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline with the repository's own params.yaml, all of it run and committed; to be copied, not changed."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("stubbed") / "infoplane", {})
    pipeline.stub(*STUBBED)
    pipeline.commit("before the first run")
    assert {stage.partition("@")[0] for stage in pipeline.stages("dvc", "repro")} == {"check", *STUBBED}
    pipeline.commit("results")
    return pipeline


@pytest.fixture
def clone(committed: Pipeline, tmp_path: Path) -> Pipeline:
    return committed.copy(tmp_path / "infoplane")


def rerun(clone: Pipeline, key: str, value: Any) -> set[str]:
    """The stages that run after this change of params.yaml."""
    clone.change({key: value})
    return clone.stages("dvc", "repro")


def of(key: str) -> set[str]:
    return {f"{stage}@{key}" for stage in ("estimate", "validate", "plot")}


def test_a_changed_estimator_reruns_itself_and_its_figures_alone(clone: Pipeline):
    assert rerun(clone, "estimators.binning.bins", 3) == {"check", "overview", *of("binning")}


def test_a_changed_device_and_other_workers_rerun_nothing_but_the_check(clone: Pipeline):
    assert rerun(clone, "device", "cpu") == {"check"}
    assert rerun(clone, "workers", 4) == {"check"}


@pytest.mark.slow
def test_stages_side_by_side_leave_nothing_to_rerun(clone: Pipeline):
    clone.change({"train.lr": 0.002, "estimators.twice": {"method": "binning"}})
    said = clone.run("python", "stages/side_by_side.py", "3")
    for stage in ("estimate@mine", "validate@twice", "resolution", "estimate@twice"):
        assert re.search(rf"^{stage}: (\d+ s|not done yet .*lock.*)$", said, re.MULTILINE), said
    assert clone.stages("dvc", "repro") == set()
    assert clone.params["estimators"].keys() <= {path.stem for path in (clone.folder / "metrics/mi").iterdir()}
    assert "JOBS = 'many'" in clone.run("python", "stages/side_by_side.py", "many", fails=True)


@pytest.mark.slow
def test_another_readout_trains_and_estimates_nothing(clone: Pipeline):
    assert rerun(clone, "readout.noise_std", 0.2) == {"check", "readout", "overview"}


@pytest.mark.slow
def test_other_samples_of_measures_rerun_these_and_their_figure_alone(clone: Pipeline):
    assert rerun(clone, "measures.samples", 300) == {"check", "measures", "overview"}


@pytest.mark.slow
def test_a_changed_unit_of_figures_estimates_nothing(clone: Pipeline):
    plots = {f"plot@{key}" for key in clone.params["estimators"]}
    assert rerun(clone, "plot.units", "bits") == {"check", "overview", *plots}


@pytest.mark.slow
def test_an_experiment_elsewhere_leaves_the_workspace_and_no_files_of_a_dropped_estimator(clone: Pipeline):
    before = clone.results()
    # the second time DVC knows each stage's results, and must not pass over the removal
    for name in ("first", "second"):
        clone.run("dvc", "exp", "run", "--temp", "-n", name, "-S", "~estimators.mine", "overview")
        (reference,) = clone.run("git", "for-each-ref", "--format=%(refname)", f"refs/exps/*/*/{name}").split()
        files = clone.run("git", "ls-tree", "-r", "--name-only", reference, "plots", "metrics").split()
        assert "metrics/mi/binning.json" in files
        assert not [file for file in files if "mine" in file]
    assert clone.results() == before
    assert clone.run("git", "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_dropped_and_an_added_estimator(clone: Pipeline):
    dropped = list(clone.params["estimators"])[-1]
    assert rerun(clone, f"estimators.{dropped}", REMOVED) == {"check", "overview"}
    assert rerun(clone, "estimators.coarse", {"method": "binning", "bins": 5}) == {"check", "overview", *of("coarse")}
