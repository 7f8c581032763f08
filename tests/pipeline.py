"""A small copy of the repository in which stages and DVC run: end to end, stubbed, killed and damaged."""

import hashlib
import os
import random
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from changed_params import set_key
from conftest import ROOT
from infoplane.running import ends, interrupts
from infoplane.running.unfinished import DIGEST_BYTES
from infoplane.training.state import TrainingState
from running_command import RUNS, TIMEOUT, Running

NEEDED = ("src", "stages", "extensions", "inputs", ".dvc/config", ".dvc/plots", ".dvcignore", ".gitignore",
          "dvc.yaml", "params.yaml", "data/params.ok")  # fmt: skip
STUB = ".venv/bin"
"""Where the stub of Python lies; git ignores it."""
DRAWING = ("plot", "overview")
"""The stages that only draw: no other stage reads what they write."""
FEW_BESIDE: dict[str, Any] = {
    "resolution.noise_std": [0.3, 1.0],
    "resolution.epochs": 1,
    "measures.which": ["rankme", "linear_probe"],
    "measures.epochs": 2,
    "measures.samples": 200,
}
"""Changes of params.yaml with which the stages beside the planes take little time."""
OF_SECONDS: dict[str, Any] = {
    "dataset": "szt",
    "estimators": {"binning": {"method": "binning", "bins": 10, "edges": "layer"}, "gaussian": {"method": "gaussian"}},
    "models": {"mlp": {"widths": [6, 3], "activation": "tanh", "dropout": None}},
    "train.epochs": 8,
    "train.batch_size": 256,
    "train.schedule": "cosine",
    "train.repetitions": 2,
    "record.epochs": "every 2",
    "record.samples": 600,
    "validation.samples": 300,
    "validation.seeds": 2,
    **FEW_BESIDE,
}
"""Changes of params.yaml with which each stage takes seconds."""
LONG = "INFOPLANE_FAULTS" in os.environ
"""`make faults`: as many trials as docs/reliability.md tells of; the tests alone do a few of each."""
TRIALS = 100 if LONG else 12
KILLS = 50 if LONG else 6
SIGNALS = 10 if LONG else 2


class Pipeline:
    """The copy in `folder`, and the environment in which its commands run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = os.environ | {
            "PATH": f"{folder / STUB}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": f"{folder / 'src'}:{folder / 'extensions'}",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
        }  # fmt: skip

    @classmethod
    def create(cls, folder: Path, changes: dict[str, Any] = OF_SECONDS) -> "Pipeline":
        """A new copy with some keys of params.yaml changed, in which nothing has run; in git, without a commit."""
        folder.mkdir(parents=True)
        for name in NEEDED:
            (folder / name).parent.mkdir(exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        pipeline = cls(folder)
        pipeline.change(changes)
        pipeline.run("git", "init", "-q", "-b", "main")
        return pipeline

    def copy(self, folder: Path) -> "Pipeline":
        """Another copy, with everything that this one has, DVC's cache among it."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Pipeline(folder)

    @property
    def params(self) -> dict[str, Any]:
        """What params.yaml holds."""
        return yaml.safe_load((self.folder / "params.yaml").read_text())

    def change(self, changes: dict[str, Any]) -> None:
        """Set keys of params.yaml, such as `train.lr`, to other values, or remove them (`REMOVED`)."""
        params = self.params
        for key, value in changes.items():
            set_key(params, key, value)
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    def start(self, *command: str) -> Running:
        """Start a command as a session of its own."""
        return Running(command, self.folder, self.env)

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command to its end, which must be as good or as bad as expected: what it printed."""
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=TIMEOUT)
        assert (done.returncode != 0) == fails, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def stages(self, *command: str) -> set[str]:
        """The stages that a DVC command runs."""
        return set(re.findall(RUNS, self.run(*command)))

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def stage(self, name: str) -> tuple[int, str]:
        """Run a stage, such as `estimate@binning`, to its end, without DVC: its status and what it printed."""
        return self.start(*stage_command(name)).end()

    def outs(self, stage: str) -> list[str]:
        """All that a stage writes, as dvc.yaml has it: data, metrics and plots."""
        name, _, key = stage.partition("@")
        declared = yaml.safe_load((self.folder / "dvc.yaml").read_text())["stages"][name]
        declared = declared.get("do", declared)
        entries = [entry for kind in ("outs", "metrics", "plots") for entry in declared.get(kind, [])]
        return [(entry if isinstance(entry, str) else next(iter(entry))).replace("${key}", key) for entry in entries]

    def remove_outs(self, stage: str) -> None:
        """What DVC does before it runs a stage."""
        for name in self.outs(stage):
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def stub(self, *scripts: str) -> None:
        """Put a shell script in the place of these stages' Python; it writes each out anew, with nothing of use in it.

        For what DVC decides by params.yaml and hashes alone, this is as good, and takes no time.
        """
        cases = []
        for script in scripts:
            # dvc.yaml's ${key} is what the shell, too, calls its variable `key`.
            lines = [_writes(name) for name in self.outs(f"{script}@${{key}}")]
            cases.append("\n".join([f"stages/{script}.py)", *lines, ";;"]))
        file = self.folder / STUB / "python"
        file.parent.mkdir(parents=True)
        python = f'exec {shlex.quote(sys.executable)} "$@"'
        file.write_text("\n".join(["#!/bin/sh", "key=$2", 'case "$1" in', *cases, f"*) {python} ;;", "esac", ""]))
        file.chmod(0o755)

    def results(self) -> dict[str, str]:
        """A hash of every file of data/, metrics/ and plots/, less figures, raw data and what is kept to save time."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for top in ("data", "metrics", "plots")
            for path in (self.folder / top).rglob("*")
            if path.is_file()
            and not {"figures", "raw", ".partial", ".trained"} & set(path.parts)
            and not path.name.startswith(".vega")
        }

    def finished(self, stage: str) -> int:
        """How many epochs or estimates a stage's partial work holds."""
        folder = self.folder / "data/.partial" / stage
        if stage == "train":
            contents = (path.read_bytes()[DIGEST_BYTES:] for path in folder.glob("*.checkpoint"))
            return sum(TrainingState.from_bytes(content).number + 1 for content in contents)
        results = folder / "results"
        return results.read_bytes().count(b"\n") if results.exists() else 0


def _writes(name: str) -> str:
    """A line of shell that writes an out which differs each time; those without an ending are folders."""
    path = f'"{name if Path(name).suffix else f"{name}/drawn.svg"}"'
    return f'mkdir -p "$(dirname {path})" && date +%s.%N > {path}'


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


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline whose stages, less the figures, have run one by one, without DVC; to be copied, not changed."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("baseline") / "infoplane")
    with pytest.MonkeyPatch.context() as patch:
        for stage in ("check", "prepare", "train", "estimate@binning", "validate@gaussian"):
            run_here(stage, patch, pipeline)
    return pipeline


@pytest.fixture
def pipeline(baseline: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """A copy of the finished pipeline."""
    copied = baseline.copy(tmp_path / "infoplane")
    yield copied
    shutil.rmtree(copied.folder)


def main_of(stage: str, monkeypatch: Any, pipeline: Pipeline):
    """The `main` of a stage, to be called in this process, within the pipeline's folder."""
    script, _, key = stage.partition("@")
    monkeypatch.chdir(pipeline.folder)
    monkeypatch.setattr(sys, "argv", [f"stages/{script}.py", key])
    return runpy.run_path(f"stages/{script}.py", run_name=script)["main"]


def run_here(stage: str, monkeypatch: Any, pipeline: Pipeline) -> None:
    """Run a stage as its script does, but in this process, whose signals stay as they are."""
    monkeypatch.setattr(interrupts, "end_on_signals", lambda: None)
    ends.exit_in_one_line(main_of(stage, monkeypatch, pipeline))


def ending(stage: str, monkeypatch: Any, pipeline: Pipeline) -> str:
    """The one line with which a stage ends, with status 1, in this process."""
    with pytest.raises(SystemExit) as end:
        run_here(stage, monkeypatch, pipeline)
    assert isinstance(end.value.code, str)  # what Python prints, and exits with 1
    assert len(end.value.code.splitlines()) == 1
    assert end.value.code.startswith("error: ")
    return end.value.code
