"""A training whose activations go to `record.store`, or several epochs to a file: kills, and the disk it needs."""

from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch
from test_recorded_training import settings, split_of

from infoplane.errors import UserError
from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.storage import stored_gradients
from infoplane.storage.activations import Activations
from infoplane.storage.objects import Objects
from infoplane.training import finished_training, recorded_training
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.recorded_samples import TrainingSamples

SPLIT = split_of(60, 0)
SAMPLES = TrainingSamples(SPLIT, SPLIT, {"train": SPLIT})


def chosen_for(**record) -> Params:
    chosen = settings(epochs=4)
    record = {"epochs": [0, 1, 2, 4], "splits": ["train"], **record}
    return chosen.model_copy(update={"record": chosen.record.model_copy(update=record)})


def train(folder: Path, chosen: Params, *, killed_after: int = -1) -> Path:
    (folder / "work").mkdir(parents=True, exist_ok=True)

    def told(repetitions: list) -> None:
        if repetitions[0][-1].number == killed_after:
            raise KeyboardInterrupt

    work = Work("train", folder / "work")
    recorded_training.train(SAMPLES, chosen, torch.device("cpu"), work, folder / "a.zarr", told)
    return folder / "a.zarr"


def manifest_of(store: Path) -> bytes:
    return (store / "manifest.json").read_bytes()


@pytest.mark.parametrize("shard_epochs", [None, 3])
def test_a_training_that_was_killed_goes_on_with_what_it_has_sent(
    tmp_path: Path, shard_epochs: int | None, capsys: pytest.CaptureFixture
):
    chosen = chosen_for(store=f"memory://{tmp_path.name}", shard_epochs=shard_epochs)
    whole = train(tmp_path / "whole", chosen)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", chosen, killed_after=3)
    assert not (tmp_path / "killed/a.zarr").exists()
    again = train(tmp_path / "killed", chosen)
    assert "epochs that an earlier run had finished" in capsys.readouterr().err
    assert manifest_of(again) == manifest_of(whole)
    local = Activations(train(tmp_path / "local", chosen_for()))
    for layer in local.layers:
        there = Activations(again).layer("train", layer, slice(0, 4)).t
        np.testing.assert_array_equal(there, local.layer("train", layer, slice(0, 4)).t)


@pytest.mark.parametrize(("shard_epochs", "elsewhere"), [(3, False), (None, True), (3, True)])
def test_gradients_go_where_activations_go(tmp_path: Path, shard_epochs: int | None, elsewhere: bool):
    store = f"memory://{tmp_path.name}" if elsewhere else None
    found = []
    for name, record in (("here", {}), ("there", {"shard_epochs": shard_epochs, "store": store})):
        root = Activations(train(tmp_path / name, chosen_for(gradients="mean", **record))).root
        assert stored_gradients.epochs(root, "hidden3", 0) == [1, 2, 4]
        found.append([stored_gradients.read(root, "hidden3", epoch, 0) for epoch in (1, 2, 4)])
    for here, there in zip(*found, strict=True):
        assert here.keys() == there.keys()
        assert all(np.array_equal(here[parameter], there[parameter]) for parameter in here)


def test_a_training_whose_objects_are_gone_begins_anew(tmp_path: Path, capsys: pytest.CaptureFixture):
    url = f"memory://{tmp_path.name}"
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, chosen_for(store=url), killed_after=3)
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)
    assert Checkpoints(Work("train", tmp_path / "work"), 1, Objects(url)).epochs == 0
    assert "is damaged; the training starts anew" in capsys.readouterr().err


def test_nothing_is_trained_where_nothing_can_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        train(tmp_path, chosen_for(store=f"file://{tmp_path}/file/a"))
    assert not list((tmp_path / "work").glob("*.checkpoint"))


def test_no_finished_training_is_kept_whose_activations_are_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("infoplane.clone.root", lambda: tmp_path)
    chosen = chosen_for(store=f"memory://{tmp_path.name}")
    chosen = chosen.model_copy(update={"train": chosen.train.model_copy(update={"schedule": "constant"})})
    finished_training.keep(Work("train", tmp_path), {}, chosen)
    assert not (tmp_path / finished_training.FOLDER).exists()


def test_the_disk_that_is_needed_is_that_of_what_lies_there():
    def disk(**record) -> int:
        return recorded_training.needs(SAMPLES, chosen_for(**record))[0]

    samples = sum(part.nbytes for part in SPLIT)
    every = disk() - samples
    assert disk(store="memory://a") - samples == every / 4
    assert disk(shard_epochs=2, store="memory://a") - samples == disk(shard_epochs=2) - samples == 2 * every
