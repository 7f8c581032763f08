"""objectives/dvc.yaml in a small copy: each task of seconds through DVC, what a change reruns, and its sections."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from changed_params import set_key
from conftest import ROOT

SMALL = {
    "gan.steps": 20, "gan.looks": 2, "gan.repetitions": 1, "gan.samples": 200,
    "bigan.steps": 20, "bigan.looks": 2, "bigan.samples": 200,
    "bottleneck.epochs": 1, "bottleneck.weights": [0.1], "bottleneck.widths": [8], "bottleneck.recorded": 2,
    "dependence.methods": ["gaussian"], "dependence.noises": [0.5], "dependence.rhos": [0.5],
    "dependence.samples": 200,
}  # fmt: skip


def changed(folder: Path, changes: dict) -> None:
    path = folder / "objectives/params.yaml"
    params = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        set_key(params, key, value)
    path.write_text(yaml.safe_dump(params, sort_keys=False))


def dvc(folder: Path, *command: str) -> str:
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(["dvc", *command], cwd=folder, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage 'objectives/dvc.yaml:(\w+)'", output))


@pytest.mark.slow
def test_every_task_runs_and_only_what_a_change_touches_runs_again(tmp_path: Path):
    for name in ("src", "stages", "extensions", "objectives"):
        ignored = shutil.ignore_patterns("__pycache__", "data", "plots", "dvc.lock", "metrics.json")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored if name == "objectives" else None)
    for name in (".dvcignore", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc/config", tmp_path / ".dvc/config")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    changed(tmp_path, SMALL)
    everything = {"check", "data", "train", "measure", "plot"}
    for task, figures in (
        ("gan", {"samples", "coverage"}),
        ("bigan", {"samples", "coverage"}),
        ("bottleneck", {"planes", "curve"}),
        ("dependence", {"functions", "gaussians"}),
    ):
        changed(tmp_path, {"task": task})
        assert ran(dvc(tmp_path, "repro", "objectives/dvc.yaml")) == everything
        assert {path.stem for path in (tmp_path / "objectives/plots/figures").iterdir()} == figures
        assert json.loads((tmp_path / "objectives/metrics.json").read_text())
    changed(tmp_path, {"gan.steps": 30})  # of another task
    assert ran(dvc(tmp_path, "repro", "objectives/dvc.yaml")) == {"check"}


def test_every_section_of_the_params_is_one_that_a_stage_depends_on():
    params = yaml.safe_load((ROOT / "objectives/params.yaml").read_text())
    stages = yaml.safe_load((ROOT / "objectives/dvc.yaml").read_text())["stages"]
    named = {
        name for stage in stages.values() for each in stage.get("params", []) for name in next(iter(each.values()))
    }
    tasks = {"gan", "stacked_mnist", "bigan", "bottleneck", "dependence"}
    assert named - {"${task}"} | tasks == set(params) - {"device"}
