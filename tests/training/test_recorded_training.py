"""What is recorded while a network is trained."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from infoplane.datasets.dataset import Split
from infoplane.errors import UserError
from infoplane.models.parts.layers import Network
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.storage.activations import Activations
from infoplane.training import chosen_network, recorded_training
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorded_training import Trained
from infoplane.training.recording import Recorder

CPU = torch.device("cpu")


def split_of(count: int, seed: int) -> Split:
    draws = np.random.default_rng(seed)
    return Split(draws.standard_normal((count, 1, 28, 28), dtype=np.float32), draws.integers(0, 10, count))


TRAIN, TEST, OTHER = split_of(1500, 0), split_of(40, 1), split_of(30, 2)


def settings(epochs: int) -> Params:
    chosen = params.read()
    return chosen.model_copy(
        update={
            "train": chosen.train.model_copy(update={"epochs": epochs}),
            "record": chosen.record.model_copy(update={"epochs": [epochs], "splits": ["train", "test", "all"]}),
        }
    )


def trained(folder: Path, chosen: Params) -> Trained:
    (folder / "work").mkdir(exist_ok=True)
    samples = TrainingSamples(TRAIN, TEST, {"train": TRAIN, "test": TEST, "all": OTHER}, {"all": 99})
    return recorded_training.train(samples, chosen, CPU, Work("train", folder / "work"), folder / "a.zarr")


def test_what_is_recorded_is_what_the_trained_network_gives(tmp_path: Path):
    chosen = settings(epochs=2)
    network = chosen_network.build(chosen, CPU)
    network.load_state_dict(trained(tmp_path, chosen).weights)
    store = Activations(tmp_path / "a.zarr")
    for name, split in {"train": TRAIN, "test": TEST, "all": OTHER}.items():
        expected = Recorder(network, "all", pre_activation=False).record(torch.from_numpy(split.x))
        for layer in network.layers:
            np.testing.assert_array_equal(store.layer(name, layer, slice(0, 1)).t[0], expected[layer].t)


def test_samples_that_are_scored_are_not_passed_again_to_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    evaluated: list[int] = []
    build = chosen_network.build

    def counting(*arguments) -> Network:
        network = build(*arguments)
        network.register_forward_hook(lambda module, x, y: None if module.training else evaluated.append(len(y)))
        return network

    monkeypatch.setattr(chosen_network, "build", counting)
    trained(tmp_path, settings(epochs=0))
    to_learn_its_size, to_find_the_output = [1], [2]
    assert evaluated == [*to_learn_its_size, 1000, 500, 40, 30, *to_find_the_output]


def test_the_store_knows_which_layer_gives_the_logits(tmp_path: Path):
    chosen = settings(epochs=0)
    for layers, output in ((["hidden1", "output"], "output"), (["hidden1", "hidden3"], None)):
        folder = tmp_path / str(output)
        folder.mkdir()
        trained(folder, chosen.model_copy(update={"record": chosen.record.model_copy(update={"layers": layers})}))
        assert Activations(folder / "a.zarr").output == output


def test_tied_weights_can_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Tied(nn.Module):
        layers = ("body", "output")

        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
            self.output = nn.Linear(10, 10)
            self.again = self.output

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.again(self.output(self.body(x)))

    monkeypatch.setattr(chosen_network, "build", lambda *_: Tied())
    weights = load(save(trained(tmp_path, settings(epochs=1)).weights))
    assert torch.equal(weights["again.weight"], weights["output.weight"])


def test_a_last_minibatch_that_is_too_small_for_batch_normalisation_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = settings(epochs=1)
    chosen = chosen.model_copy(update={"train": chosen.train.model_copy(update={"batch_size": 1499})})
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.BatchNorm1d(10))
    network.layers = ("1", "2")  # pyright: ignore
    monkeypatch.setattr(chosen_network, "build", lambda *_: network)
    with pytest.raises(
        UserError, match=r"train.batch_size = 1499: the last minibatch of 1500 samples has a single one"
    ):
        trained(tmp_path, chosen)
