"""torchvision's networks by name, with random weights and weights of files in the real formats."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model, resnet18

from infoplane.errors import UserError
from infoplane.models.libraries.torchvision import network
from infoplane.training.recording import Recorder

IMAGES = (3, 32, 32)
RESNET = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc")


def test_it_is_torchvisions_network_and_its_layers_are_its_stages(tmp_path: Path):
    torch.manual_seed(0)
    ours = network("resnet18", IMAGES, 10, str(tmp_path))
    torch.manual_seed(0)
    theirs = resnet18(num_classes=10)
    assert all(torch.equal(tensor, theirs.state_dict()[name]) for name, tensor in ours.state_dict().items())
    assert ours.layers == RESNET
    assert ours.training


@pytest.mark.parametrize(
    ("name", "side", "layers"),
    [
        ("inception_v3", 75, "Mixed_7c avgpool fc"),
        ("googlenet", 32, "inception5b avgpool fc"),
        ("vit_b_32", 64, "conv_proj encoder heads"),
        ("squeezenet1_1", 32, "features classifier"),
        ("maxvit_t", 224, "blocks.2 blocks.3 classifier"),
    ],
)
def test_networks_with_auxiliary_heads_fixed_sizes_or_lists_of_blocks(name: str, side: int, layers: str):
    built = network(name, (3, side, side), 7, "inputs")
    assert " ".join(built.layer_names[-3:]).endswith(layers)
    assert built.train()(torch.zeros(2, 3, side, side)).shape == (2, 7)


def test_a_network_whose_own_child_is_called_layers():
    built = network("mnasnet0_5", IMAGES, 7, "inputs")
    assert built.layer_names == ("layers", "classifier")
    assert built.eval()(torch.zeros(2, *IMAGES)).shape == (2, 7)


def test_grey_images_are_shown_to_each_channel():
    grey, x = network("resnet18", (1, 32, 32), 10, "inputs").eval(), torch.randn(2, 1, 32, 32)
    assert grey.remarks == ("an image of one channel is shown to each of the network's three",)
    assert torch.equal(grey(x), grey.forward(x.repeat(1, 3, 1, 1)))
    assert Recorder(grey, ["flatten"], pre_activation=False).record(x)["flatten"].t.shape == (2, 512)


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_weights_of_a_file(tmp_path: Path, ending: str):
    theirs = resnet18(num_classes=10)
    path = tmp_path / f"mine.{ending}"
    (save_file if ending == "safetensors" else torch.save)(theirs.state_dict(), path)
    ours = network("resnet18", IMAGES, 10, str(tmp_path), weights=path.name)
    assert all(torch.equal(tensor, theirs.state_dict()[name]) for name, tensor in ours.state_dict().items())
    assert ours.remarks == ()
    other = network("resnet18", IMAGES, 3, str(tmp_path), weights=path.name)
    assert torch.equal(other.conv1.weight, theirs.conv1.weight)
    assert other.remarks == ("fc is drawn at random, for 3 classes, since the weights have others",)


def test_weights_that_torchvision_publishes_from_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # What a download leaves there, so that nothing is downloaded; the hash in its name is that of other bytes.
    from torchvision.models import SqueezeNet1_1_Weights as Weights

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    theirs = get_model("squeezenet1_1")
    torch.save(theirs.state_dict(), tmp_path / "checkpoints" / Weights.DEFAULT.url.rpartition("/")[2])
    ours = network("squeezenet1_1", IMAGES, 10, "inputs", weights="DEFAULT")
    assert torch.equal(ours.features[0].weight, theirs.features[0].weight)
    assert ours.remarks == ("classifier.1 is drawn at random, for 10 classes, since the weights have others",)


def test_positions_of_other_image_sizes_are_interpolated(tmp_path: Path):
    torch.save(get_model("vit_b_32", image_size=64).state_dict(), tmp_path / "vit.pt")
    ours = network("vit_b_32", (3, 96, 96), 1000, str(tmp_path), weights="vit.pt")
    assert ours.remarks == ("the weights' embeddings of positions are interpolated to 96 x 96 pixels",)


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("resnet19", {}, "model = 'torchvision:resnet19': must be one of 80 names, such as resnet18, resnet1"),
        ("fcn_resnet50", {}, "must be one of 80 names"),
        ("resnet18", {"weights": "IMAGENET"}, "weights = 'IMAGENET': must be one of DEFAULT, IMAGENET1K_V1"),
        ("resnet18", {"weights": "none.pt"}, "models.torchvision.weights = 'none.pt': "),
        ("resnet18", {"weights": "other.pt"}, "do not fit the network: 1 missing (layer4.1.bn2.running_var)"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, name: str, keywords: dict, message: str):
    weights = resnet18().state_dict()
    del weights["layer4.1.bn2.running_var"]
    torch.save(weights, tmp_path / "other.pt")
    with pytest.raises(UserError) as error:
        network(name, IMAGES, 10, str(tmp_path), **keywords)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_without_a_connection_the_line_says_where_the_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object, **__: object) -> None:
        raise OSError("no connection")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refused)
    with pytest.raises(UserError) as error:
        network("resnet18", IMAGES, 10, "inputs", weights="DEFAULT")
    assert f"no connection): put the file into {tmp_path}/checkpoints/" in str(error.value)
    assert "resnet18-f37072fd.pth" in str(error.value)


@pytest.mark.parametrize(
    ("name", "shape", "options", "message"),
    [
        ("resnet18", (2, 28, 28), None, r"an x of shape \(2, 28, 28\) cannot pass: .* to have 3 channels"),
        ("inception_v3", IMAGES, None, r"an x of shape \(3, 32, 32\) cannot pass"),
        ("vit_b_32", (3, 32, 64), None, "needs square images"),
        ("resnet18", (12,), None, "needs images"),
        ("resnet18", IMAGES, {"depth": 3}, "options = {'depth': 3}: .*depth"),
    ],
)
def test_data_and_options_that_do_not_go_with_the_network(name: str, shape: tuple, options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        network(name, shape, 10, "inputs", options=options)
