"""A longer training goes on with a finished one, to the bytes that it gives at once; and never with another one."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from test_recorded_training import settings, trained

from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.settings.sections import EarlyStopping, Phase
from infoplane.training import finished_training
from infoplane.training.loop import Training

FINGERPRINT: dict[str, Any] = {"seed": 0, "torch": "2", "train": {"lr": 0.1, "epochs": 3}, "record": {"epochs": "all"}}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def epochs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the epochs that have been trained."""
    numbers: list[int] = []
    train = Training._train_epoch
    monkeypatch.setattr(
        Training, "_train_epoch", lambda training: (numbers.append(training.number + 1), train(training))[1]
    )
    return numbers


def of(epochs: int, recorded: Any = "all", **train: Any) -> Params:
    chosen = settings(epochs)
    return chosen.model_copy(
        update={
            "train": chosen.train.model_copy(update={"schedule": "constant", **train}),
            "record": chosen.record.model_copy(update={"epochs": recorded}),
        }
    )


def run(name: str, chosen: Params, fingerprint: dict[str, Any] = FINGERPRINT) -> tuple[bytes, Any]:
    """As the stage does it, in a folder of its own; the bytes of the store's manifest, and the scores."""
    folder = Path(name)
    (folder / "work").mkdir(parents=True)
    work = Work("train", folder / "work")
    finished_training.take_up(work, fingerprint, chosen)
    result = trained(folder, chosen)
    finished_training.keep(work, fingerprint, chosen)
    return (folder / "a.zarr/manifest.json").read_bytes(), result.repetitions


PHASES = [Phase(epoch=1, lr=0.01)]
STOP = EarlyStopping(patience=3, by="train_accuracy", min_delta=2.0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (of(2), of(4)),
        (of(3, "every 2"), of(5, "every 2")),  # 3 was recorded as the last, and is not now
        (of(2, [0, 2]), of(4, [0])),
        (of(2, lr_after=PHASES), of(4, lr_after=[*PHASES, Phase(epoch=2, lr=0.1)])),
        (of(2, repetitions=2), of(3, repetitions=2)),
        (of(4, early_stopping=STOP.model_copy(update={"patience": 2})), of(4, early_stopping=STOP)),
    ],
    ids=["all", "every", "list", "a phase more", "two networks", "more patience"],
)
def test_it_goes_on_to_the_same_bytes(before: Params, after: Params, epochs: list[int]):
    expected = run("at once", after)
    shutil.rmtree("data/.trained")
    _, short = run("shorter", before)
    epochs.clear()
    assert run("longer", after) == expected
    reached = short[0][-1].number
    assert epochs == list(range(reached + 1, len(expected[1][0]))) * after.train.repetitions


def test_it_goes_on_twice_and_again(epochs: list[int]):
    for last in (1, 2, 4):
        run(f"to {last}", of(last))
    assert epochs == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (of(6, "log 3"), of(9, "log 5")),
        (of(2, [0, 2]), of(3, [0, 1, 3])),
        (of(3), of(2)),
        (of(2, schedule="cosine"), of(3, schedule="cosine")),
        (of(2), of(3, schedule="cosine")),
        (of(2), of(3, lr_after=PHASES)),
        (of(3), of(4, early_stopping=STOP.model_copy(update={"patience": 2}))),
    ],
    ids=["log", "list", "shorter", "cosine", "to cosine", "another rate", "less patience"],
)
def test_it_begins_anew_where_it_would_have_come_another_way(before: Params, after: Params, epochs: list[int]):
    run("before", before)
    epochs.clear()
    run("after", after)
    assert epochs[:1] == [1]


@pytest.mark.parametrize("change", [{"seed": 1}, {"torch": "3"}, {"train": {"lr": 0.2}}, {"record": {"samples": 3}}])
def test_nothing_of_another_setting_is_used(change: dict[str, Any], epochs: list[int]):
    run("before", of(2))
    epochs.clear()
    run("after", of(3), FINGERPRINT | change)
    assert epochs == [1, 2, 3]


@pytest.mark.parametrize("name", ["repetition0.checkpoint", "activations.zarr/train/layers/hidden1/t/c/0/1/0/0"])
def test_what_is_damaged_is_not_used(name: str, epochs: list[int]):
    expected = run("at once", of(3))
    shutil.rmtree("data/.trained")
    run("before", of(2))
    (path,) = Path("data/.trained").glob(f"*/{name}")
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    epochs.clear()
    assert run("after", of(3)) == expected
    assert epochs == [1, 2, 3]
