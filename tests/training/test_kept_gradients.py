"""Gradients in the store: those that the norms in plots/gradients.csv are of, at the recorded epochs alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
import zarr
from test_early_stopping import stopping_at_2
from test_recorded_training import TEST, TRAIN, settings, trained
from torch import nn

from infoplane.errors import UserError
from infoplane.settings.params import Params
from infoplane.storage import activations_writer, stored_gradients
from infoplane.training import recorded_training
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.kept_gradients import KeptGradients, needed_bytes, shapes
from infoplane.training.recorded_samples import TrainingSamples

BATCHES = 24  # of 64, of 1500 samples


def keeping(kind: str, chosen: Params) -> Params:
    return chosen.model_copy(update={"record": chosen.record.model_copy(update={"gradients": kind})})


def stored(folder: Path, epoch: int) -> np.ndarray:
    """Of a layer, a row each, flat."""
    parameters = stored_gradients.read(zarr.open_group(folder / "a.zarr", mode="r"), "hidden3", epoch, 0)
    return np.concatenate([values.reshape(len(values), -1) for values in parameters.values()], axis=1)


def test_those_of_minibatches_have_the_norms_of_the_table(tmp_path: Path):
    (epochs,) = trained(tmp_path, keeping("minibatches", settings(epochs=2))).repetitions
    rows = stored(tmp_path, 2)
    assert rows.shape == (BATCHES, 32 * 16 + 16)
    expected = epochs[-1].gradients["hidden3"]
    assert expected.mean == pytest.approx(np.linalg.norm(rows.mean(0)), rel=1e-4)
    assert expected.std == pytest.approx(np.linalg.norm(rows.std(0)), rel=1e-3)


def test_the_mean_is_that_of_the_minibatches(tmp_path: Path):
    for kind in ("mean", "minibatches"):
        (tmp_path / kind).mkdir()
        trained(tmp_path / kind, keeping(kind, settings(epochs=1)))
    mean = stored(tmp_path / "mean", 1)
    assert mean.shape[0] == 1
    np.testing.assert_allclose(mean[0], stored(tmp_path / "minibatches", 1).mean(0), atol=1e-6)


def test_they_are_those_of_the_recorded_epochs_also_where_the_training_ends_early(tmp_path: Path):
    trained(tmp_path, keeping("mean", stopping_at_2([0, 1, 9])))
    root = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert stored_gradients.epochs(root, "hidden1", 0) == [1, 2]
    assert np.abs(stored(tmp_path, 2)).max() > 0
    assert not np.array_equal(stored(tmp_path, 1), stored(tmp_path, 2))


def test_an_interrupted_training_stores_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = settings(epochs=3)
    record = chosen.record.model_copy(update={"epochs": [0, 1, 2, 3]})
    chosen = keeping("minibatches", chosen.model_copy(update={"record": record}))
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    whole.mkdir()
    resumed.mkdir()
    trained(whole, chosen)
    save = Checkpoints.save

    def interrupt(checkpoints, repetition, state, writer):
        save(checkpoints, repetition, state, writer)
        if state.number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("infoplane.training.checkpoints.SHARE", 1e9)
    monkeypatch.setattr(Checkpoints, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        trained(resumed, chosen)
    monkeypatch.setattr(Checkpoints, "save", save)
    trained(resumed, chosen)
    for epoch in (1, 2, 3):
        np.testing.assert_array_equal(stored(resumed, epoch), stored(whole, epoch))


def test_without_the_option_there_are_none(tmp_path: Path):
    trained(tmp_path, settings(epochs=1))
    assert stored_gradients.layers(zarr.open_group(tmp_path / "a.zarr", mode="r")) == []


def test_they_count_in_the_disk_that_is_needed():
    samples = TrainingSamples(TRAIN, TEST, {"train": TRAIN}, {})
    (without, _), (with_all, _) = (
        recorded_training.needs(samples, keeping(kind, settings(epochs=1))) for kind in ("none", "minibatches")
    )
    parameters = 784 * 128 + 128 + 128 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10
    assert with_all - without == 4 * BATCHES * parameters


def test_a_frozen_parameter_has_none_and_an_unused_one_zeros():
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    network.layers = ("0", "1")  # pyright: ignore
    network[0].weight.requires_grad = False
    kept = KeptGradients(network, "minibatches", None)
    kept.begin(1)
    network[0](torch.ones(4, 2)).sum().backward()
    kept.add()
    found = kept.of_epoch()
    np.testing.assert_array_equal(found["0"], [[4.0, 4.0, 4.0]])
    np.testing.assert_array_equal(found["1"], np.zeros((1, 4)))
    assert shapes(network)["0"] == [("bias", [3])]
    assert needed_bytes(network, "minibatches", 10) == 4 * 10 * (3 + 4)


@pytest.mark.parametrize("allow", [False, True])
def test_one_that_is_not_finite_is_told_or_left_out(tmp_path: Path, allow: bool):
    def write() -> None:
        with activations_writer.create(tmp_path / "a.zarr", [0, 1, 2], allow_diverged=allow) as writer:
            stored_gradients.add(writer, 0, 1, {"a": np.ones((2, 3), "float32")})
            stored_gradients.add(writer, 0, 2, {"a": np.full((2, 3), np.inf, "float32")})
            stored_gradients.finish(writer, {"a": [("weight", [3])]})
            writer.finish(splits=[], layers=[])

    if not allow:
        with pytest.raises(UserError, match="the gradient of layer a holds a NaN or an infinity in epoch 2"):
            write()
        return
    write()
    assert stored_gradients.epochs(zarr.open_group(tmp_path / "a.zarr", mode="r"), "a", 0) == [1]
