"""The bottleneck: information falls with its weight, by either bound, and what is stored is the encoder's channel."""

import numpy as np
import pytest
import torch
from small_objectives import changed

from infoplane.datasets.dataset import Dataset, Split
from infoplane.learning.bottleneck import measuring, recording
from infoplane.learning.bottleneck.training import BottleneckTraining
from infoplane.running.journal import Journal
from infoplane.running.unfinished import work
from infoplane.settings import objectives
from infoplane.storage.activations import Activations

pytestmark = pytest.mark.usefixtures("in_tmp_path")
CPU = torch.device("cpu")


def clusters(n: int, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return Split((3 * np.eye(3, 5)[y] + rng.normal(size=(n, 5))).astype(np.float32), y)


DATA = Dataset("clusters", clusters(300, 0), clusters(100, 1), 3, "", "")


def chosen(**changes) -> objectives.Objectives:
    return changed(
        "bottleneck",
        **{"widths": [16], "units": 2, "epochs": 12, "recorded": 3, "batch_size": 30, "lr": 0.01, **changes},
    )


@pytest.mark.parametrize("bound", ["vib", "mine"])
def test_information_falls_with_its_weight(bound: str):
    settings = chosen(bound=bound, weights=[0.0, 1.0])
    with work("objectives-train", {}) as partial:
        training = recording.train(DATA, settings, CPU, partial, path := partial.folder / "activations.zarr")
        table = measuring.measure(Activations(path), training, settings, CPU, Journal(partial))
    assert table["step"].unique().tolist() == [0, 1, 12]
    final = measuring.last(table).set_index("weight")
    assert final.loc[0.0, "mi_xt"] > 1.5 * final.loc[1.0, "mi_xt"]
    assert final.loc[0.0, "test_error"] < 0.15
    assert set(measuring.summary(table)) == {"best_test_error", "best_weight", "test_error_without"}
    assert len(list(measuring.in_markdown(table))) == 2 + 2


def test_the_encoder_lowers_what_the_critic_raises():
    settings = chosen(bound="mine")
    tensors = [tuple(torch.from_numpy(part) for part in split) for split in (DATA.train, DATA.test)]
    training = BottleneckTraining(settings.bottleneck, settings.information, 1000.0, *tensors, seed=0)
    training.clip = False
    training.epoch()
    x, _ = training.train
    with torch.no_grad():
        mean, std = training.encoder(x)
        before = float(training.critic(x, mean + std))
    training.optimizers["information"].param_groups[0]["lr"] = 0.0
    training.epoch()
    with torch.no_grad():
        mean, std = training.encoder(x)
        assert float(training.critic(x, mean + std)) < before


def test_the_critic_has_several_steps_for_each_of_the_encoders():
    settings = chosen(bound="mine", critic_steps=4)
    tensors = [tuple(torch.from_numpy(part) for part in split) for split in (DATA.train, DATA.test)]
    training = BottleneckTraining(settings.bottleneck, settings.information, 0.1, *tensors, seed=0)
    training.epoch()
    steps = {name: next(iter(each.state.values()))["step"] for name, each in training.optimizers.items()}
    assert steps == {"encoder": 10, "information": 40}


def test_an_interrupted_training_goes_on_to_the_bit(monkeypatch: pytest.MonkeyPatch):
    settings = chosen(bound="mine", weights=[0.1], epochs=4)
    with work("whole", {}) as partial:
        expected = recording.train(DATA, settings, CPU, partial, partial.folder / "activations.zarr")
    monkeypatch.setattr("infoplane.learning.checkpoints.EVERY_SECONDS", 0.0)
    told, epochs = BottleneckTraining.epoch, []

    def interrupted(training):
        epochs.append(None)
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return told(training)

    monkeypatch.setattr(BottleneckTraining, "epoch", interrupted)
    with pytest.raises(KeyboardInterrupt), work("part", {}) as partial:
        recording.train(DATA, settings, CPU, partial, partial.folder / "activations.zarr")
    with work("part", {}) as partial:
        found = recording.train(DATA, settings, CPU, partial, partial.folder / "activations.zarr")
    assert len(epochs) == 3 + 2
    assert found.equals(expected)
