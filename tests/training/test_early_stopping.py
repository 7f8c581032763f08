"""A training ends after epochs without a better score, at an epoch that is recorded, also where it is resumed."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from test_loop import SETTINGS
from test_recorded_training import settings, trained

from infoplane.settings.sections import EarlyStopping, Train
from infoplane.storage.activations import Activations
from infoplane.training import checkpoints
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.early_stopping import is_over, reason
from infoplane.training.loop import Epoch, Score


def of_losses(*losses: float) -> list[Epoch]:
    return [Epoch(i, Score(0.0, 1.0, None), Score(loss, -loss, None), {}) for i, loss in enumerate(losses)]


@pytest.mark.parametrize("by", ["test_loss", "test_accuracy"])
def test_it_is_over_after_epochs_without_a_better_one(by: str):
    rule = EarlyStopping.model_validate({"patience": 2, "by": by})
    losses = 5.0, 3.0, 3.0, 2.9, 3.1, 2.9, 1.0
    assert [is_over(of_losses(*losses[: i + 1]), rule) for i in range(6)] == [False] * 5 + [True]
    assert not is_over(of_losses(*losses), rule)
    assert not is_over(of_losses(*losses[:6]), None)
    assert reason(of_losses(*losses[:6]), rule) == f"stopped early, since {by} was best after epoch 3, 2 epochs before"


def test_better_by_less_than_min_delta_is_not_better():
    losses = of_losses(5.0, 4.9, 4.8)
    assert is_over(losses, EarlyStopping(patience=2, min_delta=0.3))
    assert not is_over(losses, EarlyStopping(patience=2, min_delta=0.15))


def test_a_loss_that_is_no_number_is_not_better():
    assert is_over(of_losses(5.0, float("nan"), float("nan")), EarlyStopping(patience=2))


def test_several_networks_are_refused():
    with pytest.raises(ValidationError, match=r"needs train\.repetitions = 1"):
        Train.model_validate(SETTINGS | {"repetitions": 2, "early_stopping": {"patience": 3}})


def stopping_at_2(recorded: list[int] | str):
    """Settings of a training of 9 epochs that ends after epoch 2, since no accuracy is better by 2."""
    chosen = settings(epochs=9)
    early = EarlyStopping(patience=2, by="train_accuracy", min_delta=2.0)
    return chosen.model_copy(
        update={
            "train": chosen.train.model_copy(update={"early_stopping": early, "schedule": "constant"}),
            "record": chosen.record.model_copy(update={"epochs": recorded}),
        }
    )


@pytest.mark.parametrize(("recorded", "expected"), [("all", [0, 1, 2]), ([0, 1, 9], [0, 1, 2]), ([9], [2])])
def test_the_epoch_that_ends_it_is_recorded_and_the_last(
    tmp_path: Path, recorded: list[int] | str, expected: list[int]
):
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    for folder in (stopped, whole):
        folder.mkdir()
    result = trained(stopped, stopping_at_2(recorded))
    assert [epoch.number for epoch in result.repetitions[0]] == [0, 1, 2]
    # as a training that was to end there records it
    full = stopping_at_2(expected)
    trained(whole, full.model_copy(update={"train": full.train.model_copy(update={"epochs": 2})}))
    ours, theirs = Activations(stopped / "a.zarr"), Activations(whole / "a.zarr")
    assert ours.epochs == theirs.epochs == expected
    for split in ("train", "test", "all"):
        got, wanted = (store.layer(split, "hidden2", slice(0, 9)).t for store in (ours, theirs))
        np.testing.assert_array_equal(got, wanted)
    assert (stopped / "a.zarr/manifest.json").read_bytes() == (whole / "a.zarr/manifest.json").read_bytes()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_killed_one_stops_where_it_would_have(tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    saves: list[int] = []
    save = Checkpoints.save

    def saving(*arguments) -> None:
        save(*arguments)
        saves.append(1)
        if len(saves) == after:
            raise Killed

    chosen = stopping_at_2([0, 9])
    trained(tmp_path, chosen)
    expected = (tmp_path / "a.zarr/manifest.json").read_bytes()
    monkeypatch.setattr(checkpoints, "SHARE", 1e9)  # save every epoch, however short
    killed = tmp_path / "killed"
    killed.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", saving)
        with pytest.raises(Killed):
            trained(killed, chosen)
    assert [epoch.number for epoch in trained(killed, chosen).repetitions[0]] == [0, 1, 2]
    assert (killed / "a.zarr/manifest.json").read_bytes() == expected
