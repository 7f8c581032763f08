"""The stage `readout` in a small pipeline: off, on, again, and after an interruption."""

import shutil
from pathlib import Path

import pytest

from changed_params import REMOVED
from infoplane.readout import measuring
from infoplane.readout.table import COLUMNS
from infoplane.storage.csv_files import read_table
from pipeline import Pipeline, ending, main_of, run_here

TABLE = "plots/readout.csv"
ON = {
    "record.splits": ["train", "test"],
    "record.epochs": [2],
    "record.samples": 200,
    "train.epochs": 2,
    "train.repetitions": 1,
    "readout.layer": "last_hidden",
    "readout.lengths": [2],
}


@pytest.fixture(scope="module")
def read_out(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline in which a network is read out; to be copied, not changed."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("read_out") / "infoplane")
    pipeline.change(ON)
    with pytest.MonkeyPatch.context() as patch:
        for stage in ("check", "prepare", "train", "readout"):
            run_here(stage, patch, pipeline)
    return pipeline


def test_without_a_layer_it_writes_columns_alone(read_out: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pipeline = read_out.copy(tmp_path / "infoplane")
    pipeline.change({"readout": REMOVED})  # as in files from before
    run_here("readout", monkeypatch, pipeline)
    assert (pipeline.folder / TABLE).read_text() == ",".join(COLUMNS) + "\n"


def test_every_split_is_read_out(read_out: Pipeline):
    table = read_table(read_out.folder / TABLE)
    assert table["layer"].eq("hidden2").all()
    assert table["epoch"].eq(2).all()
    assert table.groupby("split").size().tolist() == [5, 5]
    assert table["value"].notna().all()


@pytest.mark.slow
def test_an_interrupted_stage_goes_on_to_the_same_bytes(
    read_out: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pipeline = read_out.copy(tmp_path / "infoplane")
    expected = (pipeline.folder / TABLE).read_bytes()
    shutil.rmtree(pipeline.folder / "data/.partial")
    estimate, calls = measuring.kde.estimate, []

    def counting(*arguments, **keywords):
        calls.append(keywords)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return estimate(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(measuring.kde, "estimate", counting)
        with pytest.raises(KeyboardInterrupt):
            main_of("readout", patch, pipeline)()
    pipeline.remove_outs("readout")
    run_here("readout", monkeypatch, pipeline)
    assert (pipeline.folder / TABLE).read_bytes() == expected
    assert len(calls) == 2


def test_a_layer_that_is_not_recorded_is_one_line(read_out: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pipeline = read_out.copy(tmp_path / "infoplane")
    pipeline.change({"readout.layer": "hidden7"})
    assert "readout.layer = 'hidden7': is not recorded: did you mean" in ending("readout", monkeypatch, pipeline)
