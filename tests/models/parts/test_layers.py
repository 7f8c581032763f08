"""Parts of networks, their initialisation, and what is recorded of each layer."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from infoplane.models.cnn import Cnn
from infoplane.models.mlp import Mlp
from infoplane.models.parts.layers import ACTIVATIONS, initialise, rows
from infoplane.models.parts.noise import Dropout
from infoplane.training.kept import InMemory
from infoplane.training.recording import Recorder


def make_mlp(**changes: object) -> Mlp:
    return Mlp((1, 4, 4), 3, **({"widths": [6, 5], "activation": "tanh"} | changes))  # pyright: ignore


def make_cnn(**changes: object) -> Cnn:
    section = {"channels": [2, 3], "kernel": 3, "hidden": 7, "activation": "relu"}
    return Cnn((1, 12, 12), 4, **(section | changes))  # pyright: ignore


def test_recording_goes_through_all_batches():
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


def test_layers_that_are_changed_in_place_later_are_recorded_as_they_were():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 3))
    network.layers = ("0", "1", "2")  # pyright: ignore
    x = torch.randn(1200, 4)
    recorded = Recorder(network, "all", pre_activation=False).record(x)  # pyright: ignore
    before = network[0](x).detach().numpy()
    assert before.min() < 0
    np.testing.assert_array_equal(recorded["0"].t, before)
    np.testing.assert_array_equal(recorded["1"].t, np.maximum(before, 0))


def test_of_a_layer_that_is_called_again_the_last_output_is_recorded():
    class Twice(nn.Module):
        layers = ("body",)

        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.body(self.body(x))

    network, x = Twice(), torch.randn(5, 4)
    recorded = Recorder(network, "all", pre_activation=False).record(x)  # pyright: ignore
    np.testing.assert_array_equal(recorded["body"].t, network(x).detach().numpy())


def test_fewer_samples_than_were_announced_are_an_error():
    network = make_mlp()
    kept = InMemory(5)
    with torch.no_grad(), Recorder(network, "all", pre_activation=False).listen(kept):
        network(torch.randn(4, 1, 4, 4))
    with pytest.raises(ValueError, match="5 samples were to be recorded, the network has been shown 4"):
        kept.recorded(["hidden1"])


def test_rows_hold_the_pixels_of_all_channels():
    x = torch.randn(2, 3, 4, 5)
    assert torch.equal(rows(x)[1, 2], x[1, :, 2].flatten())


def test_truncated_normal_weights_have_the_scale_of_their_fan_in():
    network = Mlp((784,), 10, widths=[300, 200], activation="tanh", initialisation="truncated_normal")
    convolution = nn.Conv2d(16, 200, 5)
    initialise(convolution, "truncated_normal")
    for part in (*(m for m in network.modules() if isinstance(m, nn.Linear)), convolution):
        std = 1 / math.sqrt(part.weight[0].numel())
        assert part.weight.abs().max() <= 2 * std
        # a normal distribution that is cut at two standard deviations keeps 0.880 of its own
        assert part.weight.std().item() == pytest.approx(0.880 * std, rel=0.05)
        assert part.bias is not None
        assert not part.bias.any()


def test_the_default_initialisation_is_pytorchs_and_draws_nothing_more():
    torch.manual_seed(0)
    expected = [parameter for fan in ((16, 6), (6, 5), (5, 3)) for parameter in nn.Linear(*fan).parameters()]
    following = torch.rand(3)
    torch.manual_seed(0)
    network = make_mlp()
    assert torch.equal(torch.rand(3), following)
    assert all(torch.equal(p, e) for p, e in zip(network.parameters(), expected, strict=True))


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
