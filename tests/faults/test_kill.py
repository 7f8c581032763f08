"""`dvc repro`, killed and interrupted at random instants: the same bytes as without, and next to nothing twice."""

import random
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from changed_params import REMOVED
from infoplane.running.unfinished import FINISHED, PARTIAL
from pipeline import KILLS, LONG, SIGNALS, Pipeline

pytestmark = pytest.mark.slow
TARGETS = () if LONG else ("estimate@binning",)
"""`make faults` kills all stages; the tests alone, for their time, prepare, train and one estimate."""
REPRO = ("dvc", "repro", *TARGETS)
SECONDS = 2.0
RWLOCK = ".dvc/tmp/rwlock"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline in which nothing has run."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("fresh") / "infoplane")
    # Few stages, and in each some seconds of work besides what it imports.
    pipeline.change({"estimators.gaussian": REMOVED, "train.epochs": 60})
    return pipeline


@pytest.fixture(scope="module")
def uninterrupted(fresh: Pipeline) -> tuple[dict[str, str], float]:
    """The results of a run that nobody interrupts, and how long it takes."""
    pipeline = fresh.copy(fresh.folder.with_name("uninterrupted"))
    started = time.monotonic()
    status, output = pipeline.start(*REPRO).end()
    assert status == 0, output
    assert not left_over(pipeline)
    return pipeline.results(), time.monotonic() - started


def left_over(pipeline: Pipeline) -> set[str]:
    """Stages with partial work, but for a last one that has ended well: the stage that follows it removes that."""
    ended = {stage for stage in TARGETS if (pipeline.folder / PARTIAL / stage / FINISHED).exists()}
    return {path.name for path in (pipeline.folder / PARTIAL).glob("*")} - ended


def test_kill_at_random_instants(
    fresh: Pipeline, uninterrupted: tuple[dict[str, str], float], tmp_path: Path, record_property
):
    record_property("trials", KILLS)
    expected, seconds = uninterrupted
    rng = random.Random(0)
    kills, stages, runs = 0, set(), 0
    while kills < KILLS:
        runs += 1
        pipeline = fresh.copy(tmp_path / f"run{runs}")
        had: dict[str, int] = {}
        while True:
            # So short that the run is killed several times, each time somewhere else.
            delay = rng.uniform(0.05, 0.5) * seconds if kills < KILLS else None
            running = pipeline.start(*REPRO)
            if delay is not None:
                deadline = time.monotonic() + delay
                while running.process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
            if delay is None or running.process.poll() is not None:
                status, output = running.end()
                if "Unable to read RWLock-file" in output:
                    # DVC's own list of locks, which it does not write atomically. The stage has not been touched.
                    print(last_lines(output))
                    (pipeline.folder / RWLOCK).unlink()
                    continue
                assert status == 0, output
                resumed(output, had)
                break
            # Every other time `dvc` alone, which leaves its stage running, for the next run to meet.
            running.send(signal.SIGKILL, to_all=kills % 2 == 0)
            running.process.wait()
            kills += 1
            resumed(running.output, had)
            if running.stage:
                stages.add(running.stage)
                had = {running.stage: pipeline.finished(running.stage)}
        assert pipeline.results() == expected
        assert not left_over(pipeline)
        shutil.rmtree(pipeline.folder)
    print(f"\nkilled {kills} times in {runs} runs, in the stages {', '.join(sorted(stages))}")


def last_lines(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-3:])


def resumed(output: str, had: dict[str, int]) -> None:
    """Check that a stage which ran again went on from all that it had finished when it was killed."""
    for stage, finished in had.items():
        if finished and re.search(rf"Running stage '{stage}'.*(goes on|100%)", output, re.DOTALL):
            counts = re.findall(rf"{stage}: goes on after (\d+)", output)
            assert counts, output
            assert int(counts[0]) >= finished, output


@pytest.mark.parametrize("trial", range(SIGNALS))
def test_interrupts(fresh: Pipeline, uninterrupted: tuple[dict[str, str], float], tmp_path: Path, trial: int):
    expected, seconds = uninterrupted
    delay = random.Random(trial).uniform(0.1, 0.9) * seconds
    while True:
        pipeline = fresh.copy(tmp_path / f"after{delay}")
        running = pipeline.start(*REPRO)
        time.sleep(delay)
        if running.process.poll() is None:
            break
        delay /= 2  # others no longer use the machine, as they did when `seconds` was measured
    # Ctrl-C reaches every process of the terminal, SIGTERM usually one.
    number = (signal.SIGINT, signal.SIGTERM)[trial % 2]
    running.send(number, to_all=number == signal.SIGINT)
    took = running.seconds_to_end()
    status, output = running.end()
    assert took < SECONDS, output
    assert status != 0
    assert "Traceback" not in output
    status, output = pipeline.start(*REPRO).end()
    if "Unable to read RWLock-file" in output:  # DVC was writing it: docs/reliability.md
        (pipeline.folder / RWLOCK).unlink()
        status, output = pipeline.start(*REPRO).end()
    assert status == 0, output
    assert pipeline.results() == expected


def test_two_at_once(fresh: Pipeline, uninterrupted: tuple[dict[str, str], float], tmp_path: Path):
    expected, seconds = uninterrupted
    pipeline = fresh.copy(tmp_path / "infoplane")
    first = pipeline.start(*REPRO)
    time.sleep(0.3 * seconds)
    second = pipeline.start(*REPRO)
    _, said = second.end()
    status, output = first.end()
    if status != 0:
        assert "lock" in output or "busy" in output, output
    assert "Traceback" not in said
    status, output = pipeline.start(*REPRO).end()
    assert status == 0, output
    assert pipeline.results() == expected
