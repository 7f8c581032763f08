"""A full disk, folders that cannot be written, too little memory, mistakes in params.yaml: one line, and it goes on."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infoplane.errors import UserError
from infoplane.running import limits
from pipeline import Pipeline, ending, stage_command

STAGES = ("prepare", "train", "estimate@binning", "validate@gaussian")
DISK_BYTES = 100_000_000
ATTEMPTS = 10
SECONDS = 5.0
"""Within which a mistake in params.yaml must end a stage, of one thread, if nobody else uses the machine."""


def processor_seconds() -> float:
    """What the processes that this one has started and waited for have taken, whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def last_line(output: str) -> str:
    assert "Traceback" not in output, output
    return output.strip().splitlines()[-1]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("a disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free(disk: Path) -> int:
    """Bytes that are free."""
    return os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize


def fill(disk: Path) -> Path:
    """Fill a disk to the last byte."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(free(disk) or 1))
    return filler


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_fills_while_a_stage_runs(baseline: Pipeline, disk: Path, stage: str):
    pipeline = baseline.copy(disk / "infoplane")
    expected = pipeline.results()
    for _ in range(ATTEMPTS):
        shutil.rmtree(pipeline.folder / "data/.partial", ignore_errors=True)
        pipeline.remove_outs(stage)
        others = pipeline.results()
        if stage == "prepare":
            # A stage says what it needs where that is not little beside what is free, and this one needs 230 kB.
            (disk / "filler").write_bytes(bytes(free(disk) - 1_000_000))
        running = pipeline.start(*stage_command(stage))
        while "needs up to" not in running.output:
            assert running.process.poll() is None, running.output
            time.sleep(0.005)
        running.send(signal.SIGSTOP, to_all=False)
        filler = fill(disk)
        running.send(signal.SIGCONT, to_all=False)
        status, output = running.end()
        if status != 0 and "of disk are needed" not in output:
            break
        # On a busy machine a short stage can have written all before this process saw that it had begun, and any stage
        # can be stopped before it has looked at the disk.
        filler.unlink()
        assert pipeline.results() == (expected if status == 0 else others), output
    assert status == 1, output
    line = last_line(output)
    assert line.startswith("error: ")
    assert "no space left on device" in line
    assert {name: digest for name, digest in pipeline.results().items() if name in others} == others
    filler.unlink()
    status, output = pipeline.stage(stage)
    assert status == 0, output
    assert pipeline.results() == expected


@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_is_full_before_a_stage_starts(
    baseline: Pipeline, disk: Path, stage: str, monkeypatch: pytest.MonkeyPatch
):
    pipeline = baseline.copy(disk / "infoplane")
    expected = pipeline.results()
    shutil.rmtree(pipeline.folder / "data/.partial")
    fill(disk)
    assert "of disk are needed, 0 B are free" in ending(stage, monkeypatch, pipeline)
    assert pipeline.results() == expected


@pytest.mark.parametrize(
    ("stage", "folder"),
    [("prepare", "data"), *((stage, top) for stage in STAGES[1:] for top in ("data", "plots", "metrics"))][:-1],
)  # validate, the last, writes no metrics
def test_folders_that_cannot_be_written(pipeline: Pipeline, stage: str, folder: str, monkeypatch: pytest.MonkeyPatch):
    shutil.rmtree(pipeline.folder / "data/.partial", ignore_errors=True)
    # Root may write everywhere: a file in the folder's place is what stops it, too.
    if folder != "data":
        shutil.rmtree(pipeline.folder / folder)
        (pipeline.folder / folder).write_text("")
    else:
        (pipeline.folder / "data/.partial").write_text("")
        if stage == "prepare":
            shutil.move(pipeline.folder / "data", pipeline.folder / "elsewhere")
            (pipeline.folder / "data").write_text("")
    assert ending(stage, monkeypatch, pipeline)


def test_too_little_disk_or_memory_is_a_number_and_plenty_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    limits.announce("train", tmp_path / "a/b", disk=1, memory=1)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(limits, "available_memory", lambda: 9)
    limits.announce("train", tmp_path, disk=1, memory=1)
    assert capsys.readouterr().out == "train: needs up to 1 B of disk and 1 B of memory for data\n"
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"1e\+03 TB of disk are needed, [0-9.]+ [kMGT]B are free"):
        limits.announce("train", tmp_path, disk=10**15, memory=1)
    with pytest.raises(UserError, match=r"1e\+03 TB of memory are needed, [0-9.]+ [kMGT]B are free"):
        limits.announce("train", tmp_path, disk=1, memory=10**15)


VERSION_1 = {"line": "4:cpu,memory:", "root": "memory", "limit": "limit_in_bytes", "used": "usage_in_bytes"}
VERSION_2 = {"line": "0::", "root": ".", "limit": "max", "used": "current"}


@pytest.mark.parametrize("path", ["/", "/slurm/job_1/step", "/of/the/host"])
@pytest.mark.parametrize(
    ("files", "unlimited"), [(VERSION_1, 2**63 - 1), (VERSION_2, "max")], ids=["version 1", "version 2"]
)
def test_a_control_group_and_those_around_it_limit_memory(
    files: dict[str, str], unlimited: object, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # Cached files make way, those that were read twice, which are active, too.
    cached = {"inactive_file": 20_000, "active_file": 30_000}
    statistics = "anon 1\n" + "".join(f"{name} {size}\ntotal_{name} {size}\n" for name, size in cached.items())

    def write(folder: Path, most: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"memory.{files['limit']}").write_text(f"{most}\n")
        (folder / f"memory.{files['used']}").write_text("900000\n")
        (folder / "memory.stat").write_text(statistics)

    monkeypatch.setattr(limits, "CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(limits, "OWN_GROUPS", tmp_path / "own")
    (tmp_path / "own").write_text(f"1:name=systemd:/\n{files['line']}{path}\n")
    outer = tmp_path / "groups" / files["root"]
    write(outer, unlimited)
    assert limits.available_memory() > 150_000
    write(outer / "slurm/job_1" if path.startswith("/slurm") else outer, 1_000_000)
    assert limits.available_memory() == 150_000


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("train.lr", -1, "train.lr = -1"),
        ("record.layers", ["hidden9"], "record.layers"),
    ],
)
def test_a_mistake_in_params_ends_at_once_and_writes_nothing(pipeline: Pipeline, key: str, value: object, named: str):
    pipeline.change({key: value})
    before = pipeline.results()
    # Whether a layer exists is known to the network alone, which `check` builds, before DVC touches any other stage.
    for stage in ("check",) if key == "record.layers" else ("check", "train"):
        used = processor_seconds()
        status, output = pipeline.stage(stage)
        assert processor_seconds() - used < SECONDS
        assert status == 1
        assert output.count("\n") == 1, output
        assert named in output
    assert pipeline.results() == before
