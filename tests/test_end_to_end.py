"""Real DVC in a temporary clone: what users type, and what must rerun because of it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, hashes

pytestmark = pytest.mark.slow

TINY = {
    "train": {"epochs": 3, "batch_size": 256},
    "record": {"epochs": "every 3"},
    "validation": {"samples": 500},
    "models": {"mlp": {"widths": [12, 5]}, "cnn": {"channels": [2, 3], "hidden": 6}},
}


class Project:
    """A clone with a small configuration, committed, in which commands run as a user's would."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
        }  # fmt: skip

    def run(self, *command: str, fails: bool = False) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=600)
        assert (done.returncode != 0) == fails, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def stages(self, *command: str) -> set[str]:
        """The stages that a DVC command runs."""
        return set(re.findall(r"Running stage '([^']+)'", self.run(*command)))

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def results(self) -> dict[str, str]:
        """A hash of every file under data/, metrics/ and plots/, less figures."""
        return hashes(self.folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("clone") / "infoplane"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    for section, changes in TINY.items():
        for key, value in changes.items():
            params[section][key] = params[section][key] | value if isinstance(value, dict) else value
    if "mine" in params["estimators"]:
        params["estimators"]["mine"]["steps"] = 20
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    clone = Project(folder)
    clone.run("git", "init", "-q", "-b", "main")
    clone.commit("tiny configuration")
    clone.run("dvc", "repro")
    clone.commit("results")
    yield clone
    shutil.rmtree(folder, ignore_errors=True)


def keys(project: Project) -> list[str]:
    return list(yaml.safe_load((project.folder / "params.yaml").read_text())["estimators"])


def binning_alone(project: Project) -> list[str]:
    """Arguments of `dvc exp run` that drop the other estimators, which take most of the time."""
    return [word for key in keys(project) if key != "binning" for word in ("-S", f"~estimators.{key}")]


@pytest.fixture
def clean(project: Project) -> Iterator[Project]:
    """The project as it was committed, before and after a test."""
    for _ in range(2):
        project.run("git", "checkout", "-q", "--force", "main")
        project.run("dvc", "checkout", "-q")
        if _ == 0:
            yield project


def test_everything_is_there(clean: Project):
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


def test_nothing_changed_nothing_reruns(clean: Project):
    assert clean.stages("dvc", "repro") == set()


def test_from_scratch_the_same_bytes(clean: Project):
    before = clean.results()
    assert {"prepare", "train"} <= clean.stages("dvc", "repro", "--force", "estimate", "validate")
    assert clean.results() == before


def test_a_changed_estimator_reruns_itself_and_its_figures_alone_and_is_compared(clean: Project):
    assert clean.stages("dvc", "exp", "run", "-n", "coarse", "-S", "estimators.binning.bins=3") == {
        "check", "estimate@binning", "validate@binning", "plot@binning", "overview"
    }  # fmt: skip
    spec = json.loads(clean.run("dvc", "plots", "diff", "--json", "main", "coarse"))
    planes = [name for name in spec["data"] if "plots/mi/binning.csv" in name]
    assert planes
    clean.run("dvc", "plots", "diff", "main", "coarse")
    page = (clean.folder / "dvc_plots/index.html").read_text()
    assert "binning" in page
    changed = json.loads(clean.run("dvc", "metrics", "diff", "--json", "main", "coarse"))
    assert "metrics/mi/binning.json" in changed


def test_a_changed_device_reruns_nothing_but_the_check(clean: Project):
    assert clean.stages("dvc", "exp", "run", "-S", "device=cpu") == {"check"}


def test_a_changed_unit_of_figures_estimates_nothing(clean: Project):
    stages = clean.stages("dvc", "exp", "run", "-S", "plot.units=bits")
    assert stages == {"check", "overview", *(f"plot@{key}" for key in keys(clean))}


def test_another_learning_rate_leaves_the_validation_alone(clean: Project):
    stages = clean.stages("dvc", "exp", "run", "-S", "train.lr=0.002", *binning_alone(clean))
    assert {"train", "estimate@binning", "plot@binning"} <= stages
    assert not {stage for stage in stages if stage.startswith("validate@")}


def test_another_network_trains_but_prepares_nothing(clean: Project):
    stages = clean.stages("dvc", "exp", "run", "-S", "model=cnn", *binning_alone(clean))
    of_binning = {f"{stage}@binning" for stage in ("estimate", "validate", "plot")}
    assert stages == {"check", "train", "overview"} | of_binning
    assert "conv1" in (clean.folder / "plots/mi/binning.csv").read_text()
    # Back to the first network: the run-cache knows it.
    assert clean.stages("dvc", "exp", "run", "-S", "model=mlp", "estimate@binning") == {"check"}


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


def test_a_network_of_ones_own(clean: Project):
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


def test_repetitions_and_parts(clean: Project):
    once = (clean.folder / "plots/mi/binning.csv").read_text().splitlines()
    changes = ("train.repetitions=2", "+estimators.parts={method: binning, parts: 3}", "train.fraction=0.5")
    clean.run("dvc", "exp", "run", "-S", changes[0], "-S", changes[1], *binning_alone(clean))
    twice = (clean.folder / "plots/mi/binning.csv").read_text().splitlines()
    assert (clean.folder / "plots/figures/binning/snapshots.png").exists()
    # the first repetition is the run without repetitions
    assert [line for line in twice if not line.startswith("train,1,")] == once
    assert len(twice) == 1 + 2 * (len(once) - 1)
    assert len((clean.folder / "plots/mi/parts.csv").read_text().splitlines()) == 1 + 6 * (len(once) - 1)
    clean.run("dvc", "exp", "run", "-S", changes[2], "train")
    assert json.loads((clean.folder / "data/layers.json").read_text())["samples"] == {"train": 2000}


def test_a_dropped_and_an_added_estimator(clean: Project):
    dropped = keys(clean)[-1]
    assert clean.stages("dvc", "exp", "run", "-S", f"~estimators.{dropped}") == {"check", "overview"}
    added = clean.stages("dvc", "exp", "run", "-S", "+estimators.coarse={method: binning, bins: 5}")
    assert added == {"check", "estimate@coarse", "validate@coarse", "plot@coarse", "overview"}


def test_another_data_set(clean: Project):
    changes = ("-S", "dataset=szt", *binning_alone(clean))
    assert {"prepare", "train"} <= clean.stages("dvc", "exp", "run", *changes, "train")
    both = clean.stages("dvc", "exp", "run", "-S", "record.splits=[train,all]", "estimate@binning")
    assert "train" in both
    assert "prepare" not in both
    table = (clean.folder / "plots/mi/binning.csv").read_text()
    assert table.startswith("split,repetition,part,epoch,layer")
    assert "\nall,0,0,3,output" in table
    assert "\ntrain,0,0,3,output" in table


def test_queued_experiments(clean: Project):
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
def test_a_mistake_ends_in_one_line_and_changes_nothing(clean: Project, change: str, message: str):
    before = clean.results()
    prefix = "+" if "bin=" in change else ""
    output = clean.run("dvc", "exp", "run", "-S", prefix + change, fails=True)
    assert message in output
    assert "Traceback" not in output
    of_the_check = {"data/params.ok", "data/network.json"}
    after = clean.results()
    assert {name: after.get(name) for name in before.keys() - of_the_check} == {
        name: before[name] for name in before.keys() - of_the_check
    }


def test_a_stage_without_its_input_says_what_to_run(clean: Project):
    shutil.rmtree(clean.folder / "data/activations.zarr")
    output = clean.run(sys.executable, "stages/estimate.py", "binning", fails=True)
    assert output.splitlines()[-1] == "error: data/activations.zarr is missing: run `dvc repro`"
    assert "Traceback" not in output
