import math

import pytest
import torch
import yaml
from torch import Tensor, nn
from torchvision.models import resnet18

from conftest import ROOT
from infoplane import models
from infoplane.models.parts.layers import Network, noise_of
from infoplane.models.parts.noise import Dropout
from infoplane.settings.schema import schema_of
from infoplane.settings.sections import Train
from infoplane.training.loop import Tensors, train
from infoplane.training.recording import Recorder

IMAGES = ((1, 28, 28), (3, 32, 32))
"""The shapes of the data sets of images."""
SMALL = {
    "cnn": {"channels": [2, 3], "kernel": 5, "hidden": 7, "activation": "relu"},
    "fcn": {"width": 0.05, "activation": "relu"},
    "lenet": {"activation": "relu"},
    "mlp": {"widths": [6, 5], "activation": "tanh"},
    "recurrent": {"cell": "gru", "depth": 2, "width": 6, "hidden": 5, "activation": "tanh"},
    "resnet": {"bottleneck": 6, "activation": "tanh"},
    "transformer": {"depth": 2, "width": 8, "heads": 2, "hidden": 5},
}
"""A section of params.yaml for each network, quick to train."""
RECORDED = {
    ("cnn", 28): {"conv1": (2, 12, 12), "conv2": (3, 4, 4), "hidden": (7,)},
    ("cnn", 32): {"conv1": (2, 14, 14), "conv2": (3, 5, 5), "hidden": (7,)},
    ("fcn", 28): {
        "conv1": (5, 28, 28), "conv2": (5, 28, 28), "conv3": (5, 14, 14), "conv4": (10, 14, 14),
        "conv5": (10, 14, 14), "conv6": (10, 7, 7), "conv7": (10, 5, 5), "conv8": (10, 5, 5),
    },
    ("fcn", 32): {
        "conv1": (5, 32, 32), "conv2": (5, 32, 32), "conv3": (5, 16, 16), "conv4": (10, 16, 16),
        "conv5": (10, 16, 16), "conv6": (10, 8, 8), "conv7": (10, 6, 6), "conv8": (10, 6, 6),
    },
    ("lenet", 28): {"conv1": (6, 14, 14), "conv2": (16, 5, 5), "hidden1": (120,), "hidden2": (84,)},
    ("lenet", 32): {"conv1": (6, 14, 14), "conv2": (16, 5, 5), "hidden1": (120,), "hidden2": (84,)},
    ("mlp", 28): {"hidden1": (6,), "hidden2": (5,)},
    ("mlp", 32): {"hidden1": (6,), "hidden2": (5,)},
    ("recurrent", 28): {"recurrent1": (28, 6), "recurrent2": (28, 6), "hidden": (5,)},
    ("recurrent", 32): {"recurrent1": (32, 6), "recurrent2": (32, 6), "hidden": (5,)},
    ("resnet", 28): {
        "block1": (64, 28, 28), "block2": (128, 14, 14), "block3": (256, 7, 7), "block4": (512, 4, 4),
        "bottleneck": (6,),
    },
    ("resnet", 32): {
        "block1": (64, 32, 32), "block2": (128, 16, 16), "block3": (256, 8, 8), "block4": (512, 4, 4),
        "bottleneck": (6,),
    },
    ("transformer", 28): {"block1": (28, 8), "block2": (28, 8), "hidden": (5,)},
    ("transformer", 32): {"block1": (32, 8), "block2": (32, 8), "hidden": (5,)},
}  # fmt: skip
"""By network and the side of an image: the shape of each hidden layer's T, in order."""
GAUSSIAN = Dropout(kind="gaussian", std=0.3)


def make(name: str, shape: tuple[int, ...] = IMAGES[0], **changes: object) -> Network:
    torch.manual_seed(0)
    return models.find(name)(shape, 10, **(SMALL[name] | changes))  # pyright: ignore


def record(network: Network, x: Tensor) -> dict[str, Tensor]:
    recorded = Recorder(network, "all", pre_activation=False).record(x)
    return {name: torch.from_numpy(layer.t) for name, layer in recorded.items()}


@pytest.mark.parametrize("name", models.names())
def test_a_file_of_networks_is_found_by_its_name(name: str):
    assert issubclass(models.find(name), nn.Module)


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("name", models.names())
def test_layers_and_shapes_on_images(name: str, shape: tuple[int, ...]):
    recorded = record(make(name, shape), torch.randn(2, *shape))
    expected = RECORDED[name, shape[-1]] | {"output": (10,)}
    assert list(recorded) == list(expected)
    assert {layer: t.shape for layer, t in recorded.items()} == {layer: (2, *t) for layer, t in expected.items()}


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("name", models.names())
def test_an_epoch_trains_every_parameter(name: str, shape: tuple[int, ...]):
    network = make(name, shape)
    split = Tensors(torch.randn(2, *shape), torch.tensor([0, 9]))
    settings = Train(
        epochs=1, batch_size=2, optimizer="sgd", lr=0.01, momentum=0.0, weight_decay=0.0, schedule="constant"
    )
    before = {parameter: value.detach().clone() for parameter, value in network.named_parameters()}
    *_, last = train(network, split, split, settings)
    assert math.isfinite(last.train.loss)
    for parameter, value in network.named_parameters():
        assert value.grad is not None, parameter
        assert value.grad.isfinite().all(), parameter
        assert not torch.equal(value, before[parameter]), parameter


@pytest.mark.parametrize("name", models.names())
def test_the_section_of_params_yaml_builds(name: str):
    section = yaml.safe_load((ROOT / "params.yaml").read_text())["models"][name]
    schema = schema_of(name, models.named(name).keywords())
    network = models.find(name)(IMAGES[0], 10, **dict(schema.model_validate(section)))
    assert network.eval()(torch.randn(1, *IMAGES[0])).shape == (1, 10)


@pytest.mark.parametrize("name", models.names())
def test_dropout_is_by_default_at_the_last_hidden_layer_and_in_training_only(name: str):
    network = make(name, dropout=GAUSSIAN)
    assert [layer for layer in network.layers if noise_of(network.get_submodule(layer))] == [network.layers[-2]]
    x = torch.randn(2, *IMAGES[0])
    with torch.no_grad():
        network.train()
        assert not torch.equal(network(x), network(x))
        network.eval()
        assert torch.equal(network(x), network(x))


@pytest.mark.parametrize("name", models.names())
def test_without_dropout_training_is_without_noise(name: str):
    network, x = make(name).train(), torch.randn(2, *IMAGES[0])
    assert not any(noise_of(network.get_submodule(layer)) for layer in network.layers)
    with torch.no_grad():
        assert torch.equal(network(x), network(x))


NOT_POSSIBLE = [
    ("cnn", IMAGES[0], {"pools": [2]}, "pools: 1 entries for 2 convolutions"),
    *((name, (12,), {}, r"needs images .* one x has shape \(12,\)") for name in models.names() if name != "mlp"),
    *(
        (name, IMAGES[0], {"dropout": Dropout(kind="gaussian", std=0.3, layers=["output"])}, "not a hidden layer")
        for name in models.names()
    ),
    ("cnn", (1, 12, 12), {}, r"nothing of an image \(1, 12, 12\) is left after conv2"),
    ("lenet", (1, 11, 28), {}, r"nothing of an image \(1, 11, 28\) is left after conv2"),
    ("fcn", (3, 32, 8), {}, r"needs images of 9 x 9 pixels or more, but one x has shape \(3, 32, 8\)"),
    ("transformer", IMAGES[0], {"heads": 3}, "width = 8 is not divisible by heads = 3"),
]


@pytest.mark.parametrize(("name", "shape", "changes", "message"), NOT_POSSIBLE)
def test_what_cannot_be_built_is_said_in_words(name: str, shape: tuple[int, ...], changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        make(name, shape, **changes)


@pytest.mark.parametrize(("name", "side"), [("lenet", 12), ("fcn", 9)])
def test_the_smallest_image_that_fits(name: str, side: int):
    assert make(name, (1, side, side)).eval()(torch.randn(1, 1, side, side)).isfinite().all()


def test_published_networks_have_the_published_numbers_of_parameters():
    lenet = make("lenet", (1, 28, 28))
    all_cnn_c = make("fcn", (3, 32, 32), width=1.0, batch_norm=False)
    assert sum(p.numel() for p in lenet.parameters()) == 61_706
    assert sum(p.numel() for p in all_cnn_c.parameters()) == 1_369_738


@pytest.mark.parametrize(
    ("changes", "shapes"),
    [
        # slfx276's InformationPlane
        ({"channels": [10, 20], "kernel": 5, "pools": [1, 2]}, [(10, 24, 24), (20, 10, 10)]),
        # aidinattar's info-bottleneck
        ({"channels": [32, 64], "kernel": 3, "padding": 1}, [(32, 14, 14), (64, 7, 7)]),
    ],
)
def test_convolutions_can_be_padded_and_pooled_apart(changes: dict, shapes: list[tuple[int, ...]]):
    recorded = record(make("cnn", **changes), torch.randn(1, 1, 28, 28))
    assert [tuple(recorded[layer].shape[1:]) for layer in ("conv1", "conv2")] == shapes


def test_lenet_without_padding():
    recorded = record(make("lenet", pad=False), torch.randn(1, 1, 28, 28))
    assert tuple(recorded["conv1"].shape[1:]) == (6, 12, 12)
    assert tuple(recorded["conv2"].shape[1:]) == (16, 4, 4)


def test_lenet_pools_by_the_maximum_or_the_average():
    x = torch.randn(2, *IMAGES[0])
    recorded = {p: record(make("lenet", pooling=p, activation="linear"), x)["conv1"] for p in ("max", "average")}
    assert (recorded["max"] > recorded["average"]).all()


def test_the_residual_network_is_torchvisions():
    network = make("resnet", (3, 32, 32), stem="imagenet").eval()
    torch.manual_seed(0)
    original = resnet18(weights=None).eval()
    for module, name in ((original, "fc"), (network, "bottleneck"), (network, "output")):
        setattr(module, name, nn.Identity())
    network.get_submodule("stem.0").load_state_dict(original.conv1.state_dict())
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(network(x), original(x))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_recurrent_layers_are_recorded_as_sequences_that_know_the_past_alone(cell: str):
    network, x = make("recurrent", cell=cell), torch.randn(2, 1, 28, 28)
    changed = x.clone()
    changed[:, :, 20] += 1
    before, after = record(network, x), record(network, changed)
    for name in ("recurrent1", "recurrent2"):
        assert torch.equal(before[name][:, :20], after[name][:, :20])
        assert (before[name][:, 20] != after[name][:, 20]).any()
    last = network.get_submodule("hidden")(before["recurrent2"][:, -1])
    torch.testing.assert_close(before["hidden"], last.detach())


@pytest.mark.parametrize("pooling", ["class_token", "mean"])
def test_every_token_and_its_position_reach_the_transformers_output(pooling: str):
    network = make("transformer", pooling=pooling)
    x = torch.randn(2, 1, 28, 28, requires_grad=True)
    logits = network(x)
    logits.square().sum().backward()
    assert x.grad is not None
    assert x.grad.abs().amax((0, 1, 3)).min() > 0
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())
    assert not torch.allclose(network(x.flip(2)), logits)
    assert record(network, x.detach())["block2"].shape == (2, 28 + (pooling == "class_token"), 8)


def test_a_transformer_is_recorded_as_it_is_computed_in_training():
    network, x = make("transformer").train(), torch.randn(2, 1, 28, 28)
    torch.testing.assert_close(record(network, x)["output"], network.train()(x).detach(), rtol=1e-6, atol=1e-6)


def test_the_output_is_logits():
    torch.manual_seed(0)
    logits = make("mlp")(100 * torch.randn(50, *IMAGES[0]))
    assert not torch.allclose(logits.exp().sum(1), torch.ones(50))
    assert logits.min() < 0 < logits.max()
