"""Networks of libraries from params.yaml to the store: check, prepare and train, as the stages run them."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import resnet18

from infoplane.storage.activations import Activations
from pipeline import Pipeline, ending, run_here

DATA = """
from pathlib import Path

import numpy as np

from infoplane.datasets.dataset import Dataset, Split, sha256_of, shaped


def _split(x):
    return Dataset("tiny", Split(x[:12], np.arange(12) % 3), Split(x[12:], np.arange(6) % 3), 3, "", sha256_of(x))


@shaped((3, 16, 16), 3)
def tiny_images(raw: Path) -> Dataset:
    return _split(np.random.default_rng(0).normal(size=(18, 3, 16, 16)).astype(np.float32))


@shaped((6,), 3, dtype="int64")
def tiny_tokens(raw: Path) -> Dataset:
    return _split(np.random.default_rng(0).integers(0, 20, (18, 6)))


@shaped((6,), 3, dtype="int64")
def negative_tokens(raw: Path) -> Dataset:
    return _split(np.random.default_rng(0).integers(-3, 20, (18, 6)))
"""
QUICK: dict[str, Any] = {
    "dataset": "tiny_library_data:tiny_images", "model": "torchvision:resnet18", "train.epochs": 1,
    "train.batch_size": 6, "record.epochs": "all", "record.splits": ["train", "test"],
    "estimators": {"binning": {"method": "binning"}},
}  # fmt: skip
BERT = {
    "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 20,
    "max_position_embeddings": 16,
}  # fmt: skip
TOKENS = {
    "dataset": "tiny_library_data:tiny_tokens", "model": "transformers:bert", "models.transformers.config": BERT,
    "models.transformers.pad": 0,
}  # fmt: skip


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = Pipeline.create(tmp_path / "infoplane", QUICK)
    (pipeline.folder / "extensions/tiny_library_data.py").write_text(DATA)
    monkeypatch.syspath_prepend(pipeline.folder / "extensions")
    return pipeline


def trained(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Activations:
    for stage in ("check", "prepare", "train"):
        run_here(stage, monkeypatch, pipeline)
    return Activations(pipeline.folder / "data/activations.zarr")


def test_torchvision(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    torch.save(resnet18().state_dict(), tiny.folder / "inputs/resnet.pt")
    tiny.change(
        {"models.torchvision.weights": "resnet.pt", "record.layers": ["layer1.0.add", "layer4", "flatten", "fc"]}
    )
    store = trained(tiny, monkeypatch)
    assert store.layers == ["layer1.0.add", "layer4", "flatten", "fc"]
    assert store.output == "fc"
    assert store.layer("test", "flatten", slice(None)).t.shape == (2, 6, 512)
    assert "model torchvision:resnet18: fc is drawn at random, for 3 classes" in capsys.readouterr().out
    weights = load_file(tiny.folder / "data/weights.safetensors")
    assert weights["fc.weight"].shape == (3, 512)
    code = [Path(name).name for name in json.loads((tiny.folder / "data/code/train.json").read_text())]
    assert {"resnet.pt", "torchvision.py"} <= set(code)
    assert not {"timm.py", "transformers.py", "mlp.py"} & set(code)


def test_tokens(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("transformers")
    tiny.change(TOKENS)
    store = trained(tiny, monkeypatch)
    assert store.layers == ["embeddings", "body.encoder.layer.0", "body.encoder.layer.1", "pooled", "head"]
    assert store.output == "head"
    x, _ = store.samples("train")
    assert x.dtype == np.float32
    assert set(x.ravel()) <= set(range(20))
    last_block, pooled = (store.layer("train", name, slice(None)).t for name in ("body.encoder.layer.1", "pooled"))
    assert last_block.shape == (2, 12, 8)
    np.testing.assert_allclose(last_block, pooled, rtol=1e-5)  # BERT has nothing between the two but the mean
    assert store.root.attrs["pooled_by"] == "mean over tokens"


def test_a_folder_of_the_librarys_is_what_the_training_depends_on(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch):
    transformers = pytest.importorskip("transformers")
    model = transformers.GPT2Model(
        transformers.GPT2Config(n_layer=1, n_embd=8, n_head=2, vocab_size=20, n_positions=16)
    )
    model.save_pretrained(tiny.folder / "inputs/mine")
    changes = {"model": "transformers:mine", "models.transformers.weights": "pretrained", "train.lr": 1e-12}
    tiny.change(TOKENS | {"models.transformers.config": None} | changes)
    trained(tiny, monkeypatch)
    weights = load_file(tiny.folder / "data/weights.safetensors")
    torch.testing.assert_close(weights["body.wte.weight"], model.wte.weight.detach())
    code = json.loads((tiny.folder / "data/code/train.json").read_text())
    assert {"config.json", "model.safetensors"} <= {Path(name).name for name in code}


def test_the_same_seed_gives_the_same_store(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("transformers")
    tiny.change(TOKENS)
    results = []
    for _ in range(2):
        trained(tiny, monkeypatch)
        results.append(tiny.results())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "mlp", "dataset": "tiny_library_data:tiny_tokens"}, "takes numbers, and one x is 6 tokens (int64)"),
        (
            {"dataset": "tiny_library_data:tiny_tokens"},
            "needs images (channels, height, width), but one x has shape (6,)",
        ),
        ({"model": "torchvision:"}, "model = 'torchvision:': must be `torchvision:name`"),
        ({"model": "torchvision:resnet19"}, "must be one of 80 names, such as resnet18"),
        ({"model": "torchvision:vgg11", "dataset": "mnist5k"}, "models.torchvision: on dataset mnist5k: an x of shape"),
        ({"models.torchvision.weights": 3}, "models.torchvision.weights = 3: input should be a valid string"),
        ({"models.torchvision.weights": "absent.pt"}, "models.torchvision.weights = 'absent.pt'"),
        ({"models.torchvision.weights": "other.pt"}, "weights do not fit the network: 100 missing (conv1.weight, "),
        ({"models.torchvision.depth": 3}, "models.torchvision.depth = 3: unknown key; known are weights, options"),
        (
            {"record.layers": ["layer1.0.ad"]},
            "record.layers = 'layer1.0.ad': must be one of 85 names, such as layer1.0.add",
        ),
        ({"model": "mlp", "record.layers": ["hiden1"]}, "output (nearest: hidden1"),
    ],
)
def test_a_mistake_is_told_in_check(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch, changes: dict, message: str):
    torch.save({"a": torch.ones(1)}, tiny.folder / "inputs/other.pt")
    tiny.change(changes)
    assert message in ending("check", monkeypatch, tiny)
    assert not (tiny.folder / "data/network.json").exists()


@pytest.mark.parametrize("library", ["timm", "transformers"])
def test_a_library_that_is_not_installed_is_one_line(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch, library: str):
    monkeypatch.setitem(sys.modules, library, None)  # as Python marks what cannot be imported
    tiny.change({"model": f"{library}:anything"})
    assert f"the package {library} is not installed: run `make extras`" in ending("check", monkeypatch, tiny)
    tiny.change({"model": "mlp"})
    run_here("check", monkeypatch, tiny)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "tiny_library_data:negative_tokens"}, "from -3, expected tokens: whole numbers from 0"),
        ({"models.transformers.config": BERT | {"vocab_size": 9}}, "the vocabulary has 9"),
    ],
)
def test_tokens_that_the_network_cannot_take_are_one_line(
    tiny: Pipeline, monkeypatch: pytest.MonkeyPatch, changes: dict, message: str
):
    pytest.importorskip("transformers")
    tiny.change(TOKENS | changes)
    run_here("check", monkeypatch, tiny)
    if "dataset" in changes:
        assert message in ending("prepare", monkeypatch, tiny)
    else:
        run_here("prepare", monkeypatch, tiny)
        assert message in ending("train", monkeypatch, tiny)
