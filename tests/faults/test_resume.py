"""An interrupted stage goes on from where it was, to the same bytes; partial work that does not fit is not used."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from infoplane.errors import UserError
from infoplane.known import judging
from infoplane.planes import plane
from infoplane.running.journal import Journal
from infoplane.training import checkpoints
from infoplane.training.checkpoints import Checkpoints
from pipeline import TRIALS, Pipeline, damage, main_of

STAGES = ("train", "estimate@binning", "validate@gaussian")


class Killed(BaseException):
    """What stands in for a kill within this process."""


def interrupt(pipeline: Pipeline, stage: str, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a stage until it has finished so many units of its work."""
    units = 0

    def counting(function):
        def counted(*arguments):
            nonlocal units
            result = function(*arguments)
            units += 1
            if units == after:
                raise Killed
            return result

        return counted

    pipeline.remove_outs(stage)
    shutil.rmtree(pipeline.folder / "data/.partial", ignore_errors=True)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "SHARE", 1e9)  # save every epoch, however short
        if stage == "train":
            patch.setattr(Checkpoints, "save", counting(Checkpoints.save))
        else:
            patch.setattr(Journal, "recall", counting(Journal.recall))
        with pytest.raises(Killed):
            main_of(stage, patch, pipeline)()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("after", [1, 3, 11])
def test_a_resumed_stage_writes_the_same_bytes_and_computes_nothing_twice(
    pipeline: Pipeline, stage: str, after: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
):
    expected = pipeline.results()
    interrupt(pipeline, stage, after, monkeypatch)
    assert pipeline.finished(stage) == after
    assert pipeline.results() != expected
    monkeypatch.setattr(checkpoints, "SHARE", 1e9)
    computed = count_computed(stage, monkeypatch)
    main_of(stage, monkeypatch, pipeline)()
    assert f"goes on after {after} " in capfd.readouterr().err
    assert len(computed) == pipeline.finished(stage) - after > 0
    assert pipeline.results() == expected


def count_computed(stage: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that grows by one with each unit of work that is computed, not recalled."""
    module, name = {
        "train": (Checkpoints, "save"),
        "estimate@binning": (plane, "in_memory"),
        "validate@gaussian": (judging, "_judged"),
    }[stage]
    computed: list[Any] = []
    original = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: (computed.append(1), original(*arguments))[1])
    return computed


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_dvc_could_not_record_computes_nothing_again(
    pipeline: Pipeline, stage: str, monkeypatch: pytest.MonkeyPatch
):
    expected = pipeline.results()
    interrupt(pipeline, stage, 2, monkeypatch)
    main_of(stage, monkeypatch, pipeline)()
    pipeline.remove_outs(stage)
    computed = count_computed(stage, monkeypatch)
    main_of(stage, monkeypatch, pipeline)()
    assert computed == []
    assert pipeline.results() == expected


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_every_bit_of_partial_work_counts_or_does_no_harm(
    pipeline: Pipeline, stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: Any
):
    record_property("trials", TRIALS // 3)
    expected = pipeline.results()
    interrupt(pipeline, stage, 11, monkeypatch)
    kept = tmp_path / "kept"
    shutil.copytree(pipeline.folder / "data/.partial", kept)
    rng = random.Random(0)
    for trial in range(TRIALS // 3):
        shutil.rmtree(pipeline.folder / "data/.partial")
        shutil.copytree(kept, pipeline.folder / "data/.partial")
        pipeline.remove_outs(stage)
        damage(pipeline.folder / "data/.partial" / stage, ("bit", "bit", "cut", "missing")[trial % 4], rng)
        main_of(stage, monkeypatch, pipeline)()
        assert pipeline.results() == expected


@pytest.mark.parametrize(
    ("stage", "change", "named"),
    [
        ("train", {"train.lr": 0.01}, "train"),
        ("estimate@binning", {"estimators.binning": {"method": "binning", "bins": 7}}, "estimators.binning"),
        ("validate@gaussian", {"validation.seeds": 1}, "validation"),
    ],
)
def test_partial_work_of_other_params_is_discarded(
    pipeline: Pipeline, stage: str, change: dict, named: str, monkeypatch: pytest.MonkeyPatch, capfd: Any
):
    interrupt(pipeline, stage, 4, monkeypatch)
    other = pipeline.copy(pipeline.folder.with_name("other"))
    shutil.rmtree(other.folder / "data/.partial")
    for each in (pipeline, other):
        each.change(change)
        main_of(stage, monkeypatch, each)()
    assert f"{stage}: partial work is discarded, because of a change of {named}\n" in capfd.readouterr().err
    assert pipeline.results() == other.results()


def test_partial_work_of_other_code_and_other_input_is_discarded(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capfd: Any
):
    changes = {
        "src/infoplane/estimators/binning.py": "data/code/estimate@binning.json",
        "data/activations.zarr/manifest.json": "data/activations.zarr",
    }
    for name, named in changes.items():
        interrupt(pipeline, "estimate@binning", 4, monkeypatch)
        path = pipeline.folder / name
        path.write_text(path.read_text() + "\n")
        status, output = pipeline.stage("check")
        assert status == 0, output
        main_of("estimate@binning", monkeypatch, pipeline)()
        assert f"because of a change of {named}\n" in capfd.readouterr().err


def test_what_another_stage_has_finished_is_removed(pipeline: Pipeline):
    assert (pipeline.folder / "data/.partial/validate@gaussian/finished").exists()
    (pipeline.folder / "data/.partial/train.removed/half").mkdir(parents=True)  # where a kill met the removal
    status, _ = pipeline.stage("check")
    assert status == 0
    assert not (pipeline.folder / "data/.partial").exists()


def test_a_stage_that_ended_with_an_error_goes_on_from_there(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch):
    interrupt(pipeline, "train", 5, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", lambda *_: (_ for _ in ()).throw(UserError("full")))
        with pytest.raises(UserError, match="full"):
            main_of("train", patch, pipeline)()
    assert pipeline.finished("train") == 5
