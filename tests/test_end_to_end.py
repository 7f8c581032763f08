"""Real DVC in a temporary clone: what users type, and what must rerun because of it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import DRAWING, FEW_BESIDE, Pipeline

pytestmark = pytest.mark.slow

TINY = {
    "train.epochs": 3,
    "train.batch_size": 256,
    "record.epochs": "every 3",
    "record.samples": 400,
    "validation.samples": 200,
    "models.mlp.widths": [12, 5],
    "models.cnn.channels": [2, 3],
    "models.cnn.hidden": 6,
    "estimators.mine.steps": 20,
    **FEW_BESIDE,
}


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A clone with a small configuration, all of it run and committed; to be copied, not changed."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("clone") / "infoplane", TINY)
    pipeline.commit("tiny configuration")
    pipeline.run("dvc", "repro")
    pipeline.commit("results")
    yield pipeline
    shutil.rmtree(pipeline.folder, ignore_errors=True)


@pytest.fixture
def clean(committed: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """A copy of the clone, with its results and DVC's cache."""
    pipeline = committed.copy(tmp_path / "infoplane")
    yield pipeline
    shutil.rmtree(pipeline.folder, ignore_errors=True)


@pytest.fixture
def undrawn(clean: Pipeline) -> Pipeline:
    """The same, with a shell script in the place of the stages that draw, which take half of the time."""
    clean.stub(*DRAWING)
    return clean


def keys(project: Pipeline) -> list[str]:
    return list(project.params["estimators"])


def binning_alone(project: Pipeline) -> list[str]:
    """Arguments of `dvc exp run` that drop the other estimators, which take most of the time."""
    return [word for key in keys(project) if key != "binning" for word in ("-S", f"~estimators.{key}")]


def test_everything_is_there(clean: Pipeline):
    results = clean.results()
    for key in keys(clean):
        assert f"plots/mi/{key}.csv" in results
        assert f"metrics/mi/{key}.json" in results
        assert f"plots/validation/{key}.csv" in results
        for suffix in ("png", "svg"):
            assert (clean.folder / f"plots/figures/{key}/plane.{suffix}").stat().st_size > 1000
    assert (clean.folder / "plots/figures/overview/planes.png").exists()
    assert json.loads((clean.folder / "metrics/train.json").read_text())["test_accuracy"] > 0.1
    assert not list(clean.folder.glob("data/*.unfinished"))
    assert not list(clean.folder.glob("plots/figures/*/snapshots.*"))  # which are of several repetitions


def test_nothing_changed_nothing_reruns(clean: Pipeline):
    assert clean.stages("dvc", "repro") == set()


def test_from_scratch_the_same_bytes(clean: Pipeline):
    before = clean.results()
    assert {"prepare", "train"} <= clean.stages("dvc", "repro", "--force", "estimate", "validate@binning")
    assert clean.results() == before


def test_a_changed_estimator_is_compared(undrawn: Pipeline):
    assert undrawn.stages("dvc", "exp", "run", "-n", "coarse", "-S", "estimators.binning.bins=3") == {
        "check", "estimate@binning", "validate@binning", "plot@binning", "overview"
    }  # fmt: skip
    spec = json.loads(undrawn.run("dvc", "plots", "diff", "--json", "main", "coarse"))
    planes = [name for name in spec["data"] if "plots/mi/binning.csv" in name]
    assert planes
    undrawn.run("dvc", "plots", "diff", "main", "coarse")
    page = (undrawn.folder / "dvc_plots/index.html").read_text()
    assert "binning" in page
    changed = json.loads(undrawn.run("dvc", "metrics", "diff", "--json", "main", "coarse"))
    assert "metrics/mi/binning.json" in changed


def test_another_learning_rate_validates_the_layers_that_come_of_it(undrawn: Pipeline):
    table = undrawn.folder / "plots/validation/binning.csv"
    before = table.read_text().splitlines()
    asked = "validate@binning", "plot@binning"
    stages = undrawn.stages("dvc", "exp", "run", "-S", "train.lr=0.002", *binning_alone(undrawn), *asked)
    assert {"train", "estimate@binning", "validate@binning", "plot@binning"} <= stages
    assert "prepare" not in stages
    changed = set(table.read_text().splitlines()) ^ set(before)
    assert changed
    assert all(line.startswith('"own layer ') for line in changed)


def test_another_network_trains_but_prepares_nothing(undrawn: Pipeline):
    stages = undrawn.stages("dvc", "exp", "run", "-S", "model=cnn", *binning_alone(undrawn))
    of_binning = {f"{stage}@binning" for stage in ("estimate", "validate", "plot")}
    assert stages == {"check", "train", "resolution", "readout", "measures", "overview"} | of_binning
    assert "conv1" in (undrawn.folder / "plots/mi/binning.csv").read_text()
    # Back to the first network: the run-cache knows it.
    assert undrawn.stages("dvc", "exp", "run", "-S", "model=mlp", "estimate@binning") == {"check"}


OWN_NETWORK = """
from torch import nn

class Tiny(nn.Module):
    def __init__(self, input_shape, classes, *, units: int):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, units), nn.Tanh())
        self.head = nn.Linear(units, classes)

    def forward(self, x):
        return self.head(self.body(x))
"""


def test_a_network_of_ones_own(clean: Pipeline):
    file = clean.folder / "extensions/tiny.py"
    file.write_text(OWN_NETWORK)
    run = ("-S", "model=tiny:Tiny", "-S", "+models.Tiny={units: 3}", *binning_alone(clean), "estimate@binning")
    assert {"train", "estimate@binning"} <= clean.stages("dvc", "exp", "run", *run)
    table = (clean.folder / "plots/mi/binning.csv").read_text()
    assert ",body,binning," in table
    assert ",head,binning," in table
    file.write_text(OWN_NETWORK.replace("Tanh", "ReLU"))
    assert clean.stages("dvc", "repro", "train") == {"check", "train"}
    clean.run("git", "checkout", "-q", "params.yaml")
    assert "train" not in clean.stages("dvc", "repro", "train")
    file.unlink()


def test_repetitions_and_parts(clean: Pipeline):
    once = (clean.folder / "plots/mi/binning.csv").read_text().splitlines()
    changes = ("train.repetitions=2", "+estimators.parts={method: binning, parts: 3}", "train.fraction=0.5")
    asked = "plot@binning", "estimate@parts"
    clean.run("dvc", "exp", "run", "-S", changes[0], "-S", changes[1], *binning_alone(clean), *asked)
    twice = (clean.folder / "plots/mi/binning.csv").read_text().splitlines()
    assert (clean.folder / "plots/figures/binning/snapshots.png").exists()
    # the first repetition is the run without repetitions
    assert [line for line in twice if not line.startswith("train,1,")] == once
    assert len(twice) == 1 + 2 * (len(once) - 1)
    assert len((clean.folder / "plots/mi/parts.csv").read_text().splitlines()) == 1 + 6 * (len(once) - 1)
    clean.run("dvc", "exp", "run", "-S", changes[2], "-S", "record.samples=null", "train")
    assert json.loads((clean.folder / "data/layers.json").read_text())["samples"] == {"train": 2000}


def test_another_data_set(clean: Pipeline):
    changes = ("-S", "dataset=szt", *binning_alone(clean))
    assert {"prepare", "train"} <= clean.stages("dvc", "exp", "run", *changes, "train")
    both = clean.stages("dvc", "exp", "run", "-S", "record.splits=[train,all]", "estimate@binning")
    assert "train" in both
    assert "prepare" not in both
    table = (clean.folder / "plots/mi/binning.csv").read_text()
    assert table.startswith("split,repetition,part,epoch,layer")
    assert "\nall,0,0,3,output" in table
    assert "\ntrain,0,0,3,output" in table


def test_queued_experiments(clean: Pipeline):
    clean.run("dvc", "exp", "run", "--queue", "-n", "few-bins", "-S", "estimators.binning.bins=4", "estimate@binning")
    clean.run("dvc", "queue", "start")
    clean.run("dvc", "queue", "logs", "--follow", "few-bins")
    for _ in range(60):
        if "Success" in (status := clean.run("dvc", "queue", "status")):
            break
        subprocess.run(["sleep", "1"], check=True)
    assert "Success" in status
    shown = json.loads(clean.run("dvc", "exp", "show", "--json"))
    names = {e["name"] for base in shown for e in base.get("experiments") or []}
    assert "few-bins" in names
    assert "few-bins" in clean.run("dvc", "exp", "show")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.lr=-1", "error: params.yaml: train.lr = -1: input should be greater than 0"),
        ("estimators.binning.bin=3", "error: params.yaml: estimators.binning.bin = 3: unknown key"),
    ],
)
def test_a_mistake_ends_in_one_line_and_changes_nothing(clean: Pipeline, change: str, message: str):
    before = clean.results()
    prefix = "+" if "bin=" in change else ""
    output = clean.run("dvc", "exp", "run", "-S", prefix + change, fails=True)
    assert message in output
    assert "Traceback" not in output
    of_the_check = tuple(clean.outs("check"))
    kept, after = (
        {n: h for n, h in each.items() if not n.startswith(of_the_check)} for each in (before, clean.results())
    )
    assert kept == after


def test_a_stage_without_its_input_says_what_to_run(clean: Pipeline):
    shutil.rmtree(clean.folder / "data/activations.zarr")
    output = clean.run(sys.executable, "stages/estimate.py", "binning", fails=True)
    assert output.splitlines()[-1] == "error: data/activations.zarr is missing: run `dvc repro`"
    assert "Traceback" not in output
