"""Weights of files in the real formats, and what does not fit, in one line."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from infoplane.errors import UserError
from infoplane.models.parts.weights import load_weights, read_weights

PLACE = "params.yaml: models.torchvision.weights"


def network(classes: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, classes))


def saved(path: Path, weights: dict) -> Path:
    (save_file if path.suffix == ".safetensors" else torch.save)(weights, path)
    return path


def equal(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize("ending", ["safetensors", "pt", "pth", "ckpt", "bin"])
def test_what_was_saved_is_what_is_loaded(tmp_path: Path, ending: str):
    original, copy = network(), network()
    load_weights(copy, read_weights(saved(tmp_path / f"a.{ending}", original.state_dict()), PLACE), PLACE)
    assert equal(original, copy)


def test_the_format_before_zip_archives(tmp_path: Path):
    original, copy = network(), network()
    torch.save(original.state_dict(), tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    load_weights(copy, read_weights(tmp_path / "a.pt", PLACE), PLACE)
    assert equal(original, copy)


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict", "network", "weights"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "network.", "_orig_mod.", "module._orig_mod."])
def test_checkpoints_of_training_scripts(tmp_path: Path, key: str, prefix: str):
    original, copy = network(), network()
    weights = {prefix + name: tensor for name, tensor in original.state_dict().items()}
    checkpoint = {"epoch": 3, "optimizer": {"state": {}}, key: weights}
    load_weights(copy, read_weights(saved(tmp_path / "a.ckpt", checkpoint), PLACE), PLACE)
    assert equal(original, copy)


def test_a_prefix_that_is_the_networks_own_stays():
    original, copy = nn.ModuleDict({"model": network()}), nn.ModuleDict({"model": network()})
    load_weights(copy, original.state_dict(), PLACE)
    assert equal(original, copy)


def test_of_tied_weights_one_name_suffices():
    tied = nn.ModuleDict({"embedding": nn.Embedding(7, 4), "head": nn.Linear(4, 7, bias=False)})
    tied["head"].weight = tied["embedding"].weight
    load_weights(tied, {"embedding.weight": torch.ones(7, 4)}, PLACE)
    assert tied["head"].weight.eq(1).all()


def test_counters_of_batch_normalisation_may_be_missing():
    weights = {name: tensor for name, tensor in network().state_dict().items() if "num_batches" not in name}
    assert load_weights(network(), weights, PLACE) == []


def test_a_head_for_other_classes_stays_as_it_is():
    pretrained, ours = network(classes=1000), network(classes=3)
    head = ours[2].weight.clone()
    assert load_weights(ours, pretrained.state_dict(), PLACE, replaceable=["2"]) == ["2"]
    assert torch.equal(ours[2].weight, head)
    assert torch.equal(ours[0].weight, pretrained[0].weight)
    assert load_weights(ours, network(classes=3).state_dict(), PLACE, replaceable=["2"]) == []


def without(name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in network().state_dict().items() if key != name}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (without("0.bias"), "the weights do not fit the network: 1 missing (0.bias)"),
        (network().state_dict() | {"3.bias": torch.ones(1)}, "1 unknown to the network (3.bias)"),
        (network(4).state_dict(), "2 of another shape (2.weight is (4, 5) and must be (3, 5), 2.bias is"),
        ({"a": torch.ones(1)}, "8 missing (0.weight, 0.bias, 1.weight, ...); 1 unknown to the network (a)"),
    ],
)
def test_weights_that_do_not_fit_are_one_line_and_change_nothing(weights: dict[str, Tensor], message: str):
    ours = network()
    before = {name: tensor.clone() for name, tensor in ours.state_dict().items()}
    with pytest.raises(UserError) as error:
        load_weights(ours, weights, PLACE)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in ours.state_dict().items())


class Code:
    def __reduce__(self):
        return print, ("code of the file ran",)


def cut(path: Path, weights: dict) -> None:
    saved(path, weights)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


UNREADABLE: list[tuple[str, Callable[[Path, dict], object], str]] = [
    ("code.pt", lambda path, _: torch.save({"a": Code()}, path), "would run code"),
    ("module.pt", lambda path, _: torch.save(network(), path), "would run code"),
    ("cut.pt", cut, "is damaged"),
    ("cut.safetensors", cut, "is damaged"),
    ("text.pt", lambda path, _: path.write_text("no weights"), "is damaged, or no file of weights"),
    ("text.safetensors", lambda path, _: path.write_text("no weights"), "is damaged"),
    ("empty.pt", lambda path, _: path.touch(), "is damaged"),
    ("empty.safetensors", lambda path, _: path.touch(), "is damaged"),
    ("list.pt", lambda path, _: torch.save([1, 2], path), "holds no weights"),
    ("epoch.pt", lambda path, _: torch.save({"epoch": 1}, path), "holds no weights"),
    ("weights.npz", saved, "its name must end in one of .safetensors, .pt"),
    ("missing.pt", lambda *_: None, "cannot be read: No such file"),
    ("folder.pt", lambda path, _: path.mkdir(), "cannot be read: Is a directory"),
    ("folder.safetensors", lambda path, _: path.mkdir(), "cannot be read"),
]


@pytest.mark.parametrize(("name", "write", "message"), UNREADABLE, ids=[name for name, _, _ in UNREADABLE])
def test_a_file_that_gives_no_weights_is_one_line(tmp_path: Path, capsys, name: str, write: Callable, message: str):
    write(tmp_path / name, network().state_dict())
    with pytest.raises(UserError) as error:
        read_weights(tmp_path / name, PLACE)
    assert f"{PLACE}: {(tmp_path / name).as_posix()}" in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_any_damage_is_one_line_or_the_weights(tmp_path: Path, ending: str):
    path = saved(tmp_path / f"a.{ending}", network().state_dict())
    content, draw = path.read_bytes(), random.Random(0)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(8):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            load_weights(network(), read_weights(path, PLACE), PLACE)
        except UserError as error:
            assert "\n" not in str(error)
