"""Repetitions that are trained on several workers leave what those leave that are trained one after the other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from changed_params import GOOD, set_key
from infoplane import datasets
from infoplane.errors import UserError
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.storage import dataset_store
from infoplane.storage.activations import Activations
from infoplane.training import recorded_training, spread_training
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.loop import Training
from infoplane.training.recorded_samples import choose_samples
from infoplane.training.recorded_training import Trained
from pools import Here

CHANGES: dict[str, Any] = {
    "dataset": "szt",
    "models.mlp": {"widths": [4, 3], "activation": "tanh", "dropout": {"kind": "gaussian", "std": 0.2, "layers": None}},
    "train.epochs": 3,
    "train.batch_size": 512,
    "train.repetitions": 2,
    "record.epochs": [0, 2, 3],
    "record.samples": 50,
}


def text(changes: dict[str, Any]) -> str:
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    for key, value in changes.items():
        set_key(content, key, value)
    return yaml.safe_dump(content)


def trained(folder: Path, pool: Here | None, **changes: Any) -> Trained:
    """Train in a folder, on a pool or without."""
    (folder / "work").mkdir(parents=True, exist_ok=True)
    said = text(CHANGES | {key.replace("__", "."): value for key, value in changes.items()})
    chosen = params.parse(said)
    store = folder.parent / "dataset.zarr"
    if not store.exists():
        dataset_store.write(datasets.load("szt", folder), store)
    samples = choose_samples(dataset_store.read_for("szt", store), chosen)
    way = pool and spread_training.spread(pool, said, store)
    work = Work("train", folder / "work")
    return recorded_training.train(samples, chosen, torch.device("cpu"), work, folder / "a.zarr", way=way)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same(one: Trained, other: Trained) -> None:
    assert one.repetitions == other.repetitions
    assert one.units == other.units
    assert list(one.weights) == list(other.weights)
    assert all(torch.equal(tensor, other.weights[name]) for name, tensor in one.weights.items())


@pytest.mark.parametrize("reduce", ["none", "pca 3"])
def test_the_store_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reduce: str):
    monkeypatch.setattr(spread_training, "SECONDS", 0.0)  # an epoch a unit
    pool = Here()
    here, there = (trained(tmp_path / name, each, record__reduce=reduce) for name, each in (("1", None), ("2", pool)))
    assert_same(here, there)
    assert bytes_of(tmp_path / "1/a.zarr") == bytes_of(tmp_path / "2/a.zarr")
    assert pool.done[0] == "repetition 0 of the training after 0 epochs"
    assert pool.done[-1] == "repetition 1 of the training after 4 epochs"  # which finds that it has ended


def test_a_killed_training_goes_on_with_another_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = trained(tmp_path / "whole", None)
    monkeypatch.setattr(spread_training, "SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "killed", Here(most=4))
    assert 0 < Checkpoints(Work("train", tmp_path / "killed/work"), 2).epochs < 8
    assert_same(whole, trained(tmp_path / "killed", None))
    assert bytes_of(tmp_path / "whole/a.zarr") == bytes_of(tmp_path / "killed/a.zarr")
    pool = Here()
    assert_same(whole, trained(tmp_path / "killed", pool))  # all is there
    assert len(pool.done) == 2
    assert Activations(tmp_path / "killed/a.zarr").output == "output"


def test_a_training_that_diverges_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def diverge(*_):
        raise FloatingPointError("training diverged: the loss is nan after epoch 0")

    monkeypatch.setattr(Training, "score", diverge)
    with pytest.raises(UserError, match=r"^training diverged: .* after epoch 0: lower train.lr = 0.001$"):
        trained(tmp_path / "1", Here())


def test_a_stretch_ends_where_activations_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spread_training, "BYTES", 1)
    pool = Here()
    there = trained(tmp_path / "1", pool, train__repetitions=1)
    # epochs 0 and 2 end a unit, epoch 1 is not recorded
    assert [int(name.split()[-2]) for name in pool.done] == [0, 1, 3, 4]
    assert np.isfinite([epoch.train.loss for epoch in there.repetitions[0] if epoch.train]).all()
