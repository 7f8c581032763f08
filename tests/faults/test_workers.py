"""Stages on several workers: the same bytes for any number of them, whoever is killed or interrupted."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infoplane.running.workers.choice import SCHEDULER, WORKERS
from pipeline import OF_SECONDS, Pipeline, main_of, stage_command
from running_command import Running

pytestmark = pytest.mark.slow
SLOW_UNITS: dict[str, Any] = {"method": "mine", "steps": 60, "folds": 2, "width": 16, "rank": 8, "noise_std": 0.5}
CHANGES: dict[str, Any] = {
    **OF_SECONDS,
    "train.epochs": 3,
    "train.repetitions": 2,
    "record.epochs": "all",
    "estimators": {"mine": SLOW_UNITS},
}
SECONDS = 2.0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline in which `estimate@mine` has run in one process."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("workers") / "infoplane", CHANGES)
    for stage in ("check", "prepare", "train", "estimate@mine"):
        status, output = pipeline.stage(stage)
        assert status == 0, output
    return pipeline


@pytest.fixture
def again(finished: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """A copy in which nothing of `estimate@mine` is left."""
    copied = finished.copy(tmp_path / "infoplane")
    shutil.rmtree(copied.folder / "data/.partial")
    copied.remove_outs("estimate@mine")
    yield copied
    shutil.rmtree(copied.folder)


def started(pipeline: Pipeline, stage: str, workers: int) -> Running:
    pipeline.env[WORKERS] = str(workers)
    return pipeline.start(*stage_command(stage))


def when_it_works(pipeline: Pipeline, running: Running, units: int) -> list[psutil.Process]:
    """Wait until so many units are done: the workers."""
    while pipeline.finished("estimate@mine") < units:
        assert running.process.poll() is None, running.output
        time.sleep(0.02)
    children = psutil.Process(running.process.pid).children()
    return [child for child in children if any("spawn_main" in word for word in child.cmdline())]


def test_estimates_have_the_same_bytes(finished: Pipeline, again: Pipeline):
    """Of four workers; those of two are compared where one is killed."""
    status, output = started(again, "estimate@mine", 4).end()
    assert status == 0, output
    assert again.results() == finished.results()


def test_trained_repetitions_have_the_same_bytes(finished: Pipeline, again: Pipeline):
    again.remove_outs("train")
    status, output = started(again, "train", 2).end()
    assert status == 0, output
    estimated = finished.outs("estimate@mine")
    assert again.results() == {name: digest for name, digest in finished.results().items() if name not in estimated}


def test_a_worker_that_is_killed_is_replaced(finished: Pipeline, again: Pipeline):
    running = started(again, "estimate@mine", 2)
    workers = when_it_works(again, running, 2)
    assert len(workers) == 2
    workers[0].kill()
    status, output = running.end()
    assert status == 0, output
    assert "another one does mine: layer" in output
    assert again.results() == finished.results()


@pytest.mark.parametrize(
    ("number", "to_all"),
    [(signal.SIGINT, True), (signal.SIGKILL, False)],
    ids=["Ctrl-C", "kill -9"],
)
def test_all_processes_end_at_once_and_what_is_done_stays(
    finished: Pipeline, again: Pipeline, number: signal.Signals, to_all: bool
):
    running = started(again, "estimate@mine", 2)
    when_it_works(again, running, 2)
    running.send(number, to_all=to_all)
    assert running.seconds_to_end() < SECONDS
    assert running.process.returncode not in (0, None)
    if number != signal.SIGKILL:
        assert running.output.strip().splitlines()[-1] == "interrupted"
        assert "Traceback" not in running.output
    assert again.finished("estimate@mine") >= 2
    status, output = started(again, "estimate@mine", 1).end()
    assert status == 0, output
    assert "goes on after" in output
    assert again.results() == finished.results()


def test_a_cluster_whose_worker_is_killed_gives_the_same_bytes(
    finished: Pipeline, again: Pipeline, monkeypatch: pytest.MonkeyPatch
):
    distributed = pytest.importorskip("distributed", reason="Dask is an extra (make extras)")
    for name, value in {"OMP_NUM_THREADS": "1", "PYTHONPATH": again.env["PYTHONPATH"]}.items():
        monkeypatch.setenv(name, value)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        again.env[SCHEDULER] = cluster.scheduler_address
        running = again.start(*stage_command("estimate@mine"))
        while again.finished("estimate@mine") < 2:
            assert running.process.poll() is None, running.output
            time.sleep(0.02)
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        status, output = running.end()
    assert status == 0, output
    assert again.results() == finished.results()


def test_a_mistake_in_the_environment_is_one_line(again: Pipeline, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(WORKERS, "gpus" if not os.path.exists("/dev/nvidia0") else "many")
    with pytest.raises(Exception, match=r"CUDA|must be"):
        main_of("estimate@mine", monkeypatch, again)()
