"""A small copy of the repository in which stages and `dvc repro` run, are killed and meet broken files."""

import os
import random
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, hashes
from infoplane.running import ends, interrupts
from infoplane.running.unfinished import DIGEST_BYTES
from infoplane.training.state import TrainingState

NEEDED = ("src", "stages", "extensions", ".dvc/config", ".dvc/plots", ".dvcignore", ".gitignore", "dvc.yaml")
ESTIMATORS = {"binning": {"method": "binning", "bins": 10, "edges": "layer"}, "gaussian": {"method": "gaussian"}}
TINY: dict[str, Any] = {
    "dataset": "szt",
    "estimators": ESTIMATORS,
    "models": {"mlp": {"widths": [6, 3], "activation": "tanh", "dropout": None}},
    "train": {"epochs": 8, "batch_size": 256, "schedule": "cosine", "repetitions": 2},
    "record": {"epochs": "every 2", "samples": 600},
    "validation": {"samples": 300, "seeds": 2},
}
OUTS = {
    "prepare": ("data/dataset.zarr",),
    "train": ("data/activations.zarr", "data/weights.safetensors", "data/layers.json", "plots/training.csv",
              "plots/gradients.csv", "metrics/train.json"),
    "estimate@binning": ("plots/mi/binning.csv", "plots/diagnostics/binning.csv", "metrics/mi/binning.json"),
    "validate@gaussian": ("plots/validation/gaussian.csv",),
}  # fmt: skip
TIMEOUT = 600
LONG = "INFOPLANE_FAULTS" in os.environ
"""`make faults`: as many trials as the issue asks for; the tests alone do a few of each."""
TRIALS = 100 if LONG else 12
KILLS = 50 if LONG else 6
SIGNALS = 10 if LONG else 2


class Pipeline:
    """The copy in `folder`, with a configuration of a few seconds."""

    def __init__(self, folder: Path):
        self.folder = folder
        paths = f"{folder / 'src'}:{folder / 'extensions'}"
        self.env = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": paths,
        }

    @classmethod
    def create(cls, folder: Path) -> "Pipeline":
        """A new copy, in which nothing has run."""
        folder.mkdir(parents=True)
        for name in NEEDED:
            (folder / name).parent.mkdir(exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        params = yaml.safe_load((ROOT / "params.yaml").read_text())
        for section, changes in TINY.items():
            merge = section in ("train", "record", "validation")
            params[section] = params[section] | changes if merge else changes
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        return cls(folder)

    def copy(self, folder: Path) -> "Pipeline":
        """Another copy, with everything that this one has."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Pipeline(folder)

    def change(self, **sections: dict[str, Any]) -> None:
        """Change keys of sections of params.yaml; those that become None are removed."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, changes in sections.items():
            merged = params[section] | changes
            params[section] = {key: value for key, value in merged.items() if key not in changes or value is not None}
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def start(self, *command: str) -> "Running":
        """Start a command as a session of its own."""
        return Running(self, command)

    def stage(self, name: str) -> tuple[int, str]:
        """Run a stage, such as `estimate@binning`, to its end: its status and what it printed."""
        return self.start(*stage_command(name)).end()

    def results(self) -> dict[str, str]:
        """A hash of every file of data/, metrics/ and plots/, less partial work and figures."""
        return hashes(self.folder)

    def finished(self, stage: str) -> int:
        """How many epochs or estimates a stage's partial work holds."""
        folder = self.folder / "data/.partial" / stage
        if stage == "train":
            contents = (path.read_bytes()[DIGEST_BYTES:] for path in folder.glob("*.checkpoint"))
            return sum(TrainingState.from_bytes(content).number + 1 for content in contents)
        results = folder / "results"
        return results.read_bytes().count(b"\n") if results.exists() else 0


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs so, and what they start ignores Ctrl-C as they do.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Running:
    """A process of a pipeline's."""

    def __init__(self, pipeline: Pipeline, command: tuple[str, ...]):
        # Not beside the pipeline, whose disk may be full.
        self.log = Path(tempfile.mkdtemp()) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=pipeline.folder, env=pipeline.env, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    @property
    def stage(self) -> str | None:
        """The stage that `dvc repro` has begun last."""
        return ([None, *re.findall(r"Running stage '([^']+)'", self.output)])[-1]

    def end(self) -> tuple[int, str]:
        """Wait for its end: its status and what it printed."""
        status = self.process.wait(TIMEOUT)
        return status, self.output

    def send(self, number: signal.Signals, *, to_all: bool) -> None:
        """Send a signal to the process, or to all that it has started, as a terminal does."""
        (os.killpg if to_all else os.kill)(self.process.pid, number)

    def seconds_to_end(self) -> float:
        """Wait until the process and all that it has started have ended."""
        started = time.monotonic()
        while time.monotonic() - started < TIMEOUT and self._lives():
            time.sleep(0.02)
        return time.monotonic() - started

    def _lives(self) -> bool:
        """Whether a process of the group runs; one that has ended may wait long for another to take note of it."""
        self.process.poll()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(group) == self.process.pid and state != "Z":
                return True
        return False


def remove_outs(pipeline: Pipeline, stage: str) -> None:
    """What DVC does before it runs a stage."""
    for name in OUTS[stage]:
        path = pipeline.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def damage(folder: Path, kind: str, rng: random.Random) -> Path:
    """Flip a bit in a file below a folder, cut the file off, or remove it."""
    path = rng.choice([path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size > 0])
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content))
    content[place] ^= 1 << rng.randrange(8)
    path.unlink()  # the file may have a second name, in a finished store
    if kind != "missing":
        path.write_bytes(content if kind == "bit" else content[:place])
    return path


def stage_command(name: str) -> list[str]:
    """The command of a stage, as dvc.yaml has it."""
    script, _, key = name.partition("@")
    return [sys.executable, f"stages/{script}.py", *([key] if key else [])]


@cache
def _finished(folder: Path) -> Pipeline:
    pipeline = Pipeline.create(folder / "infoplane")
    for stage in ("check", "prepare", "train", "estimate@binning", "validate@gaussian"):
        status, output = pipeline.stage(stage)
        assert status == 0, output
    return pipeline


@pytest.fixture(name="baseline")
def finished_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline whose stages, less the figures, have run one by one, without DVC; to be copied, not changed."""
    return _finished(tmp_path_factory.getbasetemp() / "baseline")


@pytest.fixture(name="pipeline")
def copied_pipeline(baseline: Pipeline, tmp_path: Path) -> Pipeline:
    """A copy of the finished pipeline."""
    return baseline.copy(tmp_path / "infoplane")


def main_of(stage: str, monkeypatch: Any, pipeline: Pipeline):
    """The `main` of a stage, to be called in this process, within the pipeline's folder."""
    script, _, key = stage.partition("@")
    monkeypatch.chdir(pipeline.folder)
    monkeypatch.setattr(sys, "argv", [f"stages/{script}.py", key])
    return runpy.run_path(f"stages/{script}.py", run_name=script)["main"]


def ending(stage: str, monkeypatch: Any, pipeline: Pipeline) -> str:
    """The one line with which a stage ends, with status 1, in this process."""
    # The signals of the test's own process stay as they are.
    monkeypatch.setattr(interrupts, "end_on_signals", lambda: None)
    with pytest.raises(SystemExit) as end:
        ends.exit_in_one_line(main_of(stage, monkeypatch, pipeline))
    assert isinstance(end.value.code, str)  # what Python prints, and exits with 1
    assert len(end.value.code.splitlines()) == 1
    assert end.value.code.startswith("error: ")
    return end.value.code
