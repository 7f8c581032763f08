"""Transformers over tokens, built from tiny configurations and read from folders as the library writes them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from infoplane.errors import UserError

transformers = pytest.importorskip("transformers")
from infoplane.models.libraries.transformers import network  # noqa: E402

TOKENS, CLASSES, VOCABULARY = (6,), 3, 20
BERT = {
    "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16,
    "vocab_size": VOCABULARY, "max_position_embeddings": 16,
}  # fmt: skip
GPT2 = {"num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "vocab_size": VOCABULARY, "n_positions": 16}


def tokens(n: int = 4) -> torch.Tensor:
    return torch.randint(1, VOCABULARY, (n, *TOKENS))


def saved(folder: Path) -> "transformers.BertForMaskedLM":
    """A BERT with a head of another task, whose weights are tied, as the library saves it."""
    model = transformers.BertForMaskedLM(transformers.BertConfig(**BERT)).eval()
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize(
    ("name", "config", "blocks"),
    [("bert", BERT, "body.encoder.layer."), ("gpt2", GPT2, "body.h.")],
)
def test_layers_are_the_embeddings_the_blocks_and_the_head(name: str, config: dict, blocks: str):
    built = network(name, TOKENS, CLASSES, "inputs", config=config)
    assert built.layers == ("embeddings", f"{blocks}0", f"{blocks}1", "pooled", "head")
    assert built(tokens()).shape == (4, CLASSES)
    assert built.remarks == ()


@pytest.mark.parametrize("name", ["bert", "gpt2"])
@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_padding_changes_nothing(name: str, pooling: str):
    built = network(name, TOKENS, CLASSES, "inputs", config=BERT if name == "bert" else GPT2, pooling=pooling, pad=0)
    built.eval()
    x = tokens()
    padded = torch.cat([x, torch.zeros(4, 3, dtype=torch.int64)], dim=1)
    with torch.no_grad():
        torch.testing.assert_close(built(padded), built(x))
        built.pad = None
        assert not torch.allclose(built(padded), built(x))


def test_a_sample_of_padding_alone_has_logits():
    built = network("bert", TOKENS, CLASSES, "inputs", config=BERT, pad=0)
    assert torch.isfinite(built(torch.zeros(2, *TOKENS, dtype=torch.int64))).all()


def test_weights_of_a_folder_are_those_of_the_library(tmp_path: Path):
    theirs = saved(tmp_path / "mine")
    ours = network("mine", TOKENS, CLASSES, str(tmp_path), weights="pretrained", pooling="cls").eval()
    x = tokens()
    with torch.no_grad():
        expected = theirs.bert(input_ids=x).last_hidden_state
        torch.testing.assert_close(ours.body(input_ids=x).last_hidden_state, expected)
        torch.testing.assert_close(ours(x), ours.head(expected[:, 0]))
    assert ours.remarks == ("head is drawn at random, for 3 classes: the weights have none",)


def test_a_folder_without_its_weights_gives_random_ones(tmp_path: Path):
    theirs = saved(tmp_path / "mine")
    ours = network("mine", TOKENS, CLASSES, str(tmp_path), config={"num_hidden_layers": 1})
    assert ours.layers == ("embeddings", "body.encoder.layer.0", "pooled", "head")
    weight = ours.body.embeddings.word_embeddings.weight
    assert not torch.equal(weight, theirs.bert.embeddings.word_embeddings.weight)


def test_a_file_has_the_whole_network_or_its_body(tmp_path: Path):
    first = network("gpt2", TOKENS, CLASSES, str(tmp_path), config=GPT2).eval()
    save_file(first.state_dict(), tmp_path / "whole.safetensors")
    torch.save(first.body.state_dict(), tmp_path / "body.pt")
    x = tokens()
    whole = network("gpt2", TOKENS, CLASSES, str(tmp_path), config=GPT2, weights="whole.safetensors").eval()
    assert torch.equal(whole(x), first(x))
    assert whole.remarks == ()
    body = network("gpt2", TOKENS, CLASSES, str(tmp_path), config=GPT2, weights="body.pt").eval()
    assert torch.equal(body.body(input_ids=x).last_hidden_state, first.body(input_ids=x).last_hidden_state)
    assert body.remarks
    other = network("gpt2", TOKENS, 5, str(tmp_path), config=GPT2, weights="whole.safetensors")
    assert other.remarks


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("bert", {"config": {"num_layer": 3}}, "models.transformers.config.num_layer: must be one of"),
        ("bert", {"config": BERT | {"hidden_size": "wide"}}, "models.transformers.config = "),
        ("bert", {"weights": "pretrained"}, "bert is a type of networks: name a folder below inputs/"),
        ("bert", {"weights": "DEFAULT"}, "must be null, pretrained, or a file below inputs/"),
        ("gpt2", {"config": GPT2, "weights": "other.pt"}, "the weights do not fit the network"),
        ("mine", {"config": {"hidden_size": 4}, "weights": "pretrained"}, "the weights do not fit the network"),
        ("mine", {"config": {"num_hidden_layers": 3}, "weights": "pretrained"}, "the weights do not fit the network"),
        ("../elsewhere", {}, "model = '../elsewhere': must lie below inputs"),
        ("somebody/nothing", {}, "cannot be had ("),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, keywords: dict, message):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    inputs = tmp_path / "inputs"
    saved(inputs / "mine")
    (tmp_path / "elsewhere").mkdir()
    torch.save({"a": torch.ones(1)}, inputs / "other.pt")
    with pytest.raises(UserError) as error:
        network(name, TOKENS, CLASSES, str(inputs), **keywords)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "shape", "keywords", "message"),
    [
        ("bert", (1, 8, 8), {}, "needs tokens"),
        ("bert", TOKENS, {"config": BERT, "pooling": 6}, "pooling = 6: one x has 6 tokens, from 0 to 5"),
        ("vit", TOKENS, {"config": {"num_hidden_layers": 1, "hidden_size": 12}}, "takes pixel_values"),
    ],
)
def test_data_that_do_not_go_with_the_network(name: str, shape: tuple, keywords: dict, message: str):
    with pytest.raises(ValueError, match=message):
        network(name, shape, CLASSES, "inputs", **keywords)


def test_what_is_no_token_is_one_line():
    built = network("bert", TOKENS, CLASSES, "inputs", config=BERT)
    with pytest.raises(UserError, match=r"needs tokens, x of torch.int64, but x is torch.float32"):
        built(torch.zeros(2, *TOKENS))
    built.refuse(tokens().numpy())
    with pytest.raises(UserError, match=r"tokens from 0 to 20, the vocabulary has 20"):
        built.refuse(torch.tensor([[0, 20]]).numpy())
