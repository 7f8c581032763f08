"""Given weights, recorded without training."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from infoplane.datasets.dataset import Dataset, Split
from infoplane.errors import UserError
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.settings.weights_series import checkpoints
from infoplane.storage import dataset_store
from infoplane.storage import store as store_module
from infoplane.storage.activations import Activations
from infoplane.training import chosen_network, recorded_training, recorded_weights
from infoplane.training.loop import Tensors, Training
from infoplane.training.recorded_samples import choose_samples, stored_samples
from infoplane.training.recorded_weights import RecordedWeights

CPU = torch.device("cpu")
EPOCHS = 3


def split_of(count: int, seed: int) -> Split:
    draws = np.random.default_rng(seed)
    return Split(draws.standard_normal((count, 1, 28, 28), dtype=np.float32), draws.integers(0, 10, count))


def dataset_of(count: int) -> Dataset:
    return Dataset("mnist5k", split_of(count, 0), split_of(60, 1), 10, "none", "")


def settings(folder: Path, *, source: str = "record", **record: Any) -> Params:
    chosen = params.read()
    of_record = {"epochs": "all", "splits": ["train", "test"], "weights": "run/*.pt", **record}
    return chosen.model_copy(
        update={
            "source": source,
            "inputs": str(folder),
            "train": chosen.train.model_copy(update={"epochs": EPOCHS}),
            "record": chosen.record.model_copy(update=of_record),
        }
    )


def recorded(folder: Path, chosen: Params, dataset: Path) -> RecordedWeights:
    (folder / "work").mkdir(parents=True, exist_ok=True)
    samples, sizes = stored_samples(dataset_store.read(dataset, whole=False), chosen)
    work = Work("train", folder / "work")
    return recorded_weights.record(samples, sizes, (), checkpoints(chosen), chosen, CPU, work, folder / "a.zarr")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A training of ours, its store `trained.zarr`, its data set, and what a loop would have saved of each epoch."""
    chosen, dataset = settings(tmp_path, source="train"), dataset_of(300)
    dataset_store.write(dataset, tmp_path / "dataset.zarr")
    (tmp_path / "training").mkdir()
    samples = choose_samples(dataset, chosen)
    recorded_training.train(samples, chosen, CPU, Work("train", tmp_path / "training"), tmp_path / "trained.zarr")
    (tmp_path / "run").mkdir()
    torch.manual_seed(chosen.seed)
    network = chosen_network.build(chosen, CPU)
    splits = [Tensors(*map(torch.from_numpy, split)) for split in (dataset.train, dataset.test)]
    training = Training(network, *splits, chosen.train)
    for epoch in training.epochs():
        training.score()
        torch.save({"epoch": epoch, "state_dict": network.state_dict()}, tmp_path / f"run/epoch{epoch:02}.pt")
        save_file(network.state_dict(), tmp_path / f"run/epoch{epoch:02}.safetensors")
    return tmp_path


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("pattern", ["run/*.pt", "run/*.safetensors"])
def test_the_checkpoints_of_a_training_give_the_store_of_the_training(run: Path, pattern: str):
    found = recorded(run / "recorded", settings(run, weights=pattern), run / "dataset.zarr")
    assert bytes_of(run / "recorded/a.zarr") == bytes_of(run / "trained.zarr")
    assert [epoch.number for epoch in found.epochs] == [0, 1, 2, 3]


def test_an_interrupted_recording_goes_on_and_ends_the_same(run: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = settings(run)
    load, seen = recorded_weights.fits, []

    def stopping(network: Any, checkpoint: Any) -> None:
        if checkpoint.epoch == 2 and not seen:
            seen.append(checkpoint.epoch)
            raise KeyboardInterrupt
        load(network, checkpoint)

    monkeypatch.setattr(recorded_weights, "fits", stopping)
    with pytest.raises(KeyboardInterrupt):
        recorded(run / "cut", chosen, run / "dataset.zarr")
    assert not (run / "cut/a.zarr").exists()
    passes: list[int] = []
    evaluate = recorded_weights.evaluate_batches
    monkeypatch.setattr(recorded_weights, "evaluate_batches", lambda *given: passes.append(1) or evaluate(*given))
    recorded(run / "cut", chosen, run / "dataset.zarr")
    assert len(passes) == 2 * 2, "two checkpoints on two splits are left"
    recorded(run / "whole", chosen, run / "dataset.zarr")
    assert bytes_of(run / "cut/a.zarr") == bytes_of(run / "whole/a.zarr")


def test_a_list_of_epochs_chooses_checkpoints_and_the_curves_say_how_good_they_are(run: Path):
    found = recorded(run / "some", settings(run, epochs=[3, 1], splits=["test"]), run / "dataset.zarr")
    assert Activations(run / "some/a.zarr").epochs == [1, 3]
    assert [epoch.train for epoch in found.epochs] == [None, None]
    assert all(epoch.test and 0 <= epoch.test.accuracy <= 1 for epoch in found.epochs)


def test_without_weights_the_network_is_recorded_as_it_is_built(run: Path):
    recorded(run / "built", settings(run, weights=None), run / "dataset.zarr")
    built, trained = Activations(run / "built/a.zarr"), Activations(run / "trained.zarr")
    assert built.epochs == [0]
    first = slice(0, 1)
    np.testing.assert_array_equal(built.layer("train", "hidden1", first).t, trained.layer("train", "hidden1", first).t)


@pytest.mark.parametrize(
    ("names", "weights", "message"),
    [
        (["b2.pt", "b1.pt"], ["run/b2.pt", "run/b1.pt"], "out of order: epochs 2, 1"),
        (["b2.pt", "c2.pt"], ["run/b2.pt", "run/c2.pt"], "are both epoch 2"),
        (["b2.pt", "last.pt"], "run/*.pt", r"last\.pt has no number in its name"),
        (["b2.pt"], "run/*.ckpt", "no file below .* matches"),
        (["b2.pt"], "run", "is a folder"),
        (["b2.pt"], "other.pt", "does not exist"),
        (["b2.pt"], "/etc/passwd", "must lie below inputs"),
    ],
)
def test_a_series_without_an_order_is_one_line(tmp_path: Path, names: list[str], weights: Any, message: str):
    (tmp_path / "run").mkdir()
    for name in names:
        (tmp_path / "run" / name).write_bytes(b"")
    with pytest.raises(UserError, match=message) as raised:
        checkpoints(settings(tmp_path, weights=weights))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("names", "weights", "epochs"),
    [
        (["epoch=9-step=10.ckpt", "epoch=10-step=20.ckpt"], "run/*.ckpt", [10, 20]),
        (["m_9.pt", "m_10.pt"], "run/*.pt", [9, 10]),
        (["start.pt", "end.pt"], ["run/start.pt", "run/end.pt"], [0, 1]),
        (["best.pt"], "run/best.pt", [0]),
    ],
)
def test_the_last_number_of_a_name_is_the_epoch(tmp_path: Path, names: list[str], weights: Any, epochs: list[int]):
    (tmp_path / "run").mkdir()
    for name in names:
        (tmp_path / "run" / name).write_bytes(b"")
    assert [checkpoint.epoch for checkpoint in checkpoints(settings(tmp_path, weights=weights))] == epochs


def test_weights_that_do_not_fit_are_told_before_anything_is_recorded(run: Path):
    torch.save({"hidden1.weights.weight": torch.zeros(3, 3)}, run / "run/epoch02.pt")
    with pytest.raises(
        UserError, match=r"epoch02\.pt: the weights do not fit the network: .* missing .* of another shape"
    ):
        recorded_weights.check(settings(run))


def peak(run: Path, count: int) -> int:
    """Bytes that recording so many samples takes at most, of what numpy and Python count."""
    folder = run / str(count)
    dataset_store.write(dataset_of(count), folder / "dataset.zarr")
    chosen = settings(run, splits=["train"], epochs=[3])
    tracemalloc.start()
    recorded(folder, chosen, folder / "dataset.zarr")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 1 << 16)
    monkeypatch.setattr(recorded_weights, "evaluation_batch", lambda *_: 100)


@pytest.mark.usefixtures("_small_blocks")
def test_four_times_as_many_samples_take_no_more_memory(run: Path):
    assert peak(run, 4000) < 1.5 * peak(run, 1000)


def test_files_outside_the_folder_and_epochs_that_are_not_there_are_told(tmp_path: Path):
    (tmp_path / "inputs").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a1.pt").write_bytes(b"")
    with pytest.raises(UserError, match="leads out of inputs"):
        checkpoints(settings(tmp_path / "inputs", weights="../other/*.pt"))
    with pytest.raises(UserError, match="there is no checkpoint of epoch 5"):
        checkpoints(settings(tmp_path / "inputs", weights=None, epochs=[5]))
