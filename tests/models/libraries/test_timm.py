"""timm's smallest networks by name."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from infoplane.errors import UserError

timm = pytest.importorskip("timm")
from infoplane.models.libraries.timm import network  # noqa: E402

GREY = (1, 28, 28)


def test_it_is_timms_network_for_images_of_any_channels():
    torch.manual_seed(0)
    ours = network("test_resnet", GREY, 10, "inputs")
    torch.manual_seed(0)
    theirs = timm.create_model("test_resnet", num_classes=10, in_chans=1)
    assert all(torch.equal(tensor, theirs.state_dict()[name]) for name, tensor in ours.state_dict().items())
    assert ours.layers == (
        "conv1", "bn1", "act1", "maxpool", "layer1", "layer2", "layer3", "layer4", "global_pool", "fc",
    )  # fmt: skip


def test_networks_of_a_fixed_size_are_built_for_the_data():
    built = network("test_vit", (3, 64, 64), 10, "inputs")
    assert built.layers == ("patch_embed", "blocks", "norm", "head")
    assert built(torch.zeros(2, 3, 64, 64)).shape == (2, 10)


@pytest.mark.parametrize(("classes", "remarks"), [(10, ()), (3, ("fc is drawn at random, for 3 classes",))])
def test_weights_of_a_file(tmp_path: Path, classes: int, remarks: tuple[str, ...]):
    theirs = timm.create_model("test_resnet", num_classes=10, in_chans=1)
    save_file(theirs.state_dict(), tmp_path / "mine.safetensors")
    ours = network("test_resnet", GREY, classes, str(tmp_path), weights="mine.safetensors")
    assert torch.equal(ours.layer1[0].conv1.weight, theirs.layer1[0].conv1.weight)
    assert torch.equal(ours.fc.weight, theirs.fc.weight) == (classes == 10)
    assert tuple(remark.split(", since")[0] for remark in ours.remarks) == remarks


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("test_resnt", {}, "model = 'timm:test_resnt': must be one of"),
        ("test_resnet", {"weights": "DEFAULT"}, "must be null, pretrained, or a file below inputs/"),
        ("test_resnet", {"weights": "other.pt"}, "the weights do not fit the network"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, name: str, keywords: dict, message: str):
    torch.save({"a": torch.ones(1)}, tmp_path / "other.pt")
    with pytest.raises(UserError) as error:
        network(name, GREY, 10, str(tmp_path), **keywords)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_without_a_connection_the_line_says_where_weights_can_be_put(monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object, pretrained: bool, **__: object) -> None:
        assert pretrained
        raise OSError("no connection")

    monkeypatch.setattr(timm, "create_model", refused)
    with pytest.raises(UserError, match=r"cannot be had .*no connection.* put a file of weights below inputs/"):
        network("test_resnet", GREY, 10, "inputs", weights="pretrained")
