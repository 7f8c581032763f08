"""Operations between submodules, recorded as torchvision's feature extraction gives them."""

import pytest
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from infoplane.errors import UserError
from infoplane.models.libraries import torchvision
from infoplane.training.graph_nodes import node_names
from infoplane.training.kept import InMemory
from infoplane.training.recording import Recorder

X = torch.randn(5, 3, 16, 16)
NODES = ["layer1.0.add", "layer2.1.add", "flatten"]


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    network = torchvision.network("resnet18", (3, 16, 16), 10, "inputs").eval()
    network(X)
    return network


def recorded(network, layers: list[str]) -> dict[str, torch.Tensor]:
    activations = Recorder(network, layers, pre_activation=False).record(X)
    return {name: torch.from_numpy(of_layer.t) for name, of_layer in activations.items()}


def test_an_operation_is_what_the_feature_extractor_gives(resnet: nn.Module, monkeypatch: pytest.MonkeyPatch):
    found = recorded(resnet, NODES)
    # The block's last ReLU works in place, and changes what the extractor would give: we keep what the sum was.
    for part in resnet.modules():
        if isinstance(part, nn.ReLU):
            monkeypatch.setattr(part, "inplace", False)
    with torch.no_grad():
        expected = create_feature_extractor(resnet, NODES)(X)
    assert list(found) == NODES
    assert all(torch.equal(found[name], expected[name]) for name in NODES)
    assert found["layer1.0.add"].min() < 0


def test_submodules_beside_operations_are_as_without_and_in_the_networks_order(resnet: nn.Module):
    modules = ["layer1", "layer2.0.conv1", "layer3", "fc", "layer1.0", "layer1.1.conv2"]
    both = recorded(resnet, [*modules, *NODES])
    alone = recorded(resnet, modules)
    assert all(torch.equal(both[name], alone[name]) for name in modules)
    assert list(both) == [
        "layer1.0.add", "layer1.0", "layer1.1.conv2", "layer1", "layer2.0.conv1", "layer2.1.add", "layer3", "flatten",
        "fc",
    ]  # fmt: skip


def test_the_network_stays_as_it_is(resnet: nn.Module):
    before = {name: tensor.clone() for name, tensor in resnet.state_dict().items()}
    logits = resnet(X)
    recorder = Recorder(resnet, NODES, pre_activation=False)
    with torch.no_grad(), recorder.listen(kept := InMemory(len(X))):
        assert torch.equal(resnet(X), logits)
    assert kept.recorded(recorder.names).keys() == set(NODES)
    assert "forward" not in vars(resnet)
    assert all(torch.equal(tensor, before[name]) for name, tensor in resnet.state_dict().items())


def test_weights_that_change_later_are_what_is_recorded():
    network = torchvision.network("resnet18", (3, 16, 16), 10, "inputs")
    recorder = Recorder(network, ["flatten", "fc"], pre_activation=False)
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network.train()(X).sum().backward()
    optimizer.step()
    found = recorder.record(X)
    with torch.no_grad():
        expected = network.eval()(X)
    assert torch.equal(torch.from_numpy(found["fc"].t), expected)


class Branching(nn.Module):
    layers = ("body",)

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + 1 if x.sum() > 0 else self.body(x)


def test_code_that_cannot_be_followed_has_submodules_alone():
    network: nn.Module = Branching()
    assert node_names(network) == []
    with pytest.raises(UserError, match=r"record.layers: add: torch.fx cannot follow the network's code"):
        Recorder(network, ["add"], pre_activation=False)  # pyright: ignore
    Recorder(network, ["body"], pre_activation=False)  # pyright: ignore


def test_what_there_is_not_is_one_line(resnet):
    assert {"x", "layer1.0.add", "flatten", "fc"} <= set(node_names(resnet))
    with pytest.raises(UserError, match=r"neither a submodule nor an operation layer1\.0\.sub"):
        Recorder(resnet, ["layer1.0.sub"], pre_activation=False)
