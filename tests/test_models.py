import math

import pytest
import torch
from torch import nn

from infoplane import models
from infoplane.dropout import Dropout
from infoplane.layers import ACTIVATIONS, noise_of
from infoplane.models.cnn import Cnn
from infoplane.models.mlp import Mlp
from infoplane.recording import Recorder

GAUSSIAN = Dropout(kind="gaussian", std=0.3)


def make_mlp(**changes: object) -> Mlp:
    return Mlp((1, 4, 4), 3, **({"widths": [6, 5], "activation": "tanh"} | changes))  # pyright: ignore


def make_cnn(**changes: object) -> Cnn:
    section = {"channels": [2, 3], "kernel": 3, "hidden": 7, "activation": "relu"}
    return Cnn((1, 12, 12), 4, **(section | changes))  # pyright: ignore


@pytest.mark.parametrize("name", models.names())
def test_a_file_of_networks_is_found_by_its_name(name: str):
    assert issubclass(models.find(name), nn.Module)


def test_layers_and_shapes_of_the_mlp():
    recorded = Recorder(make_mlp(), "all", pre_activation=False).record(torch.randn(2500, 1, 4, 4))
    shapes = {name: layer.t.shape for name, layer in recorded.items()}
    assert shapes == {"hidden1": (2500, 6), "hidden2": (2500, 5), "output": (2500, 3)}


def test_layers_and_shapes_of_the_cnn():
    recorded = Recorder(make_cnn(), "all", pre_activation=True).record(torch.randn(5, 1, 12, 12))
    shapes = {name: layer.t.shape[1:] for name, layer in recorded.items()}
    assert shapes == {
        "conv1_pre": (2, 10, 10), "conv1": (2, 5, 5), "conv2_pre": (3, 3, 3), "conv2": (3, 1, 1),
        "hidden_pre": (7,), "hidden": (7,), "output": (4,),
    }  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_pre_activations_go_through_the_activation(activation: str):
    network = make_mlp(activation=activation)
    recorded = Recorder(network, "all", pre_activation=True).record(torch.randn(10, 1, 4, 4))
    function = ACTIVATIONS[activation]()  # pyright: ignore
    for name in ("hidden1", "hidden2"):
        torch.testing.assert_close(
            function(torch.from_numpy(recorded[f"{name}_pre"].t)), torch.from_numpy(recorded[name].t)
        )
    assert "output_pre" not in recorded


def test_only_the_chosen_layers_are_kept():
    recorded = Recorder(make_mlp(), ["hidden2"], pre_activation=False).record(torch.randn(3, 1, 4, 4))
    assert list(recorded) == ["hidden2"]


def test_dropout_is_by_default_at_the_last_hidden_layer():
    for network, last in ((make_mlp(dropout=GAUSSIAN), "hidden2"), (make_cnn(dropout=GAUSSIAN), "hidden")):
        noisy = [name for name in network.layers if noise_of(network.get_submodule(name))]
        assert noisy == [last]


def test_recording_is_without_noise_but_says_what_it_is():
    network = make_mlp(dropout=Dropout(kind="gaussian", std=0.3, layers=["hidden1"])).train()
    x = torch.randn(4, 1, 4, 4)
    recorder = Recorder(network, "all", pre_activation=False)
    first, second = recorder.record(x), recorder.record(x)
    assert all((first[name].t == second[name].t).all() for name in first)
    assert first["hidden1"].noise_kind == "gaussian"
    assert first["hidden1"].noise_std is not None
    assert first["hidden1"].noise_std.item() == pytest.approx(0.3)
    assert first["hidden1"].noise_std.ndim == first["hidden1"].t.ndim
    assert first["hidden2"].noise_kind is None


def test_stored_noise_is_the_distribution_that_the_network_samples_from():
    network = make_mlp(dropout=Dropout(kind="gaussian", std=0.3, layers=["hidden1"]))
    x = torch.randn(1, 1, 4, 4)
    t = torch.from_numpy(Recorder(network, "all", pre_activation=False).record(x)["hidden1"].t)
    torch.manual_seed(0)
    network.train()
    with torch.no_grad():
        z = network.get_submodule("hidden1")(x.flatten(1).expand(100_000, -1))
    torch.testing.assert_close(z.mean(0), t[0], atol=5 * 0.3 * float(t.abs().max()) / math.sqrt(1e5), rtol=0)
    torch.testing.assert_close(z.std(0), 0.3 * t[0].abs(), rtol=0.02, atol=1e-4)


def test_the_output_is_logits():
    torch.manual_seed(0)
    logits = make_mlp()(100 * torch.randn(50, 1, 4, 4))
    assert not torch.allclose(logits.exp().sum(1), torch.ones(50))
    assert logits.min() < 0 < logits.max()
