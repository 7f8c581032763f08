"""make live: the page of a run that is not at its end."""

import json
import os
import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from example_tables import mi_table
from infoplane.information import Information, to_json
from infoplane.page import live
from infoplane.planes.captions import captions
from infoplane.running.journal import Journal
from infoplane.running.unfinished import work
from infoplane.storage.csv_files import write_table

EXPERIMENT = Path(".dvc/tmp/exps/standalone/tmpabc")


@pytest.fixture(autouse=True)
def _clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone in which the training has ended, and binning of the run before it."""
    monkeypatch.chdir(tmp_path)
    write_run(Path())


def write_run(folder: Path) -> None:
    (folder / "plots/mi").mkdir(parents=True)
    shutil.copy(ROOT / "params.yaml", folder)
    write_table(mi_table(), folder / "plots/mi/binning.csv")
    shutil.copy(ROOT / "plots/training.csv", folder / "plots/training.csv")
    os.utime(folder / "plots/mi/binning.csv", (1, 1))


def test_planes_of_an_earlier_run_are_left_out_until_they_are_written_anew():
    place = live.places()[-1]
    assert live.planes(place, ["binning", "mine"]) == {}
    write_table(mi_table(), Path("plots/mi/binning.csv"))
    os.utime("plots/training.csv", (2, 2))
    assert list(live.planes(place, ["binning", "mine"])) == ["binning"]


def test_an_estimator_at_work_shows_the_points_that_it_has():
    with pytest.raises(ZeroDivisionError), work("estimate@mine", {}) as unfinished:
        journal = Journal(unfinished)
        for epoch in (0, 3):
            info = Information(mi_xt=[1.0 + epoch], mi_ty=[0.5], flag=[""])
            journal.recall(("train", 0, 0, "hidden1", [epoch]), lambda info=info: to_json(info))
        raise ZeroDivisionError
    with (unfinished.folder / "results").open("a") as file:
        file.write(json.dumps("cut off"))
    place = live.places()[-1]
    table = live.planes(place, ["mine"])["mine"]
    assert list(table["epoch"]) == [0, 3]
    assert list(table["mi_xt"]) == [1.0, 4.0]
    text = live.page(place, captions("run", "nats", {"mine": (None, None)}), "layers")
    assert "working at estimate@mine" in text
    assert text.count("<img") == 2
    assert 'http-equiv="refresh"' in text


def test_the_experiment_that_worked_last_is_shown():
    os.utime("plots/training.csv", (2, 2))
    write_run(EXPERIMENT)
    assert live.places()[-1].folder == EXPERIMENT
    os.utime(EXPERIMENT / "plots/training.csv", (1, 1))
    assert live.places()[-1].folder == Path()
