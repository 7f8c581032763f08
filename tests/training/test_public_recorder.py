"""infoplane.Recorder, on loops that are not ours."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import infoplane
from infoplane.errors import UserError
from infoplane.storage.activations import Activations

X, Y = torch.randn(200, 6, generator=torch.Generator().manual_seed(0)), torch.arange(200) % 2


def network_of_ones_own() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(5, 2))


def loop(network: nn.Module, recorder: "infoplane.Recorder | None") -> None:
    """Three epochs of a plain training loop."""
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    torch.manual_seed(2)
    network.train()
    for epoch in range(3):
        if recorder:
            recorder.epoch(epoch)
        for batch in torch.randperm(len(Y)).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(X[batch]), Y[batch]).backward()
            optimizer.step()
    if recorder:
        recorder.epoch(3)


def test_a_plain_loop_is_recorded_and_not_disturbed(tmp_path: Path):
    watched, alone = network_of_ones_own(), network_of_ones_own()
    watched[1].eval()  # a part that the loop keeps frozen
    alone[1].eval()
    with infoplane.Recorder(watched, ["2", "4"], tmp_path / "run.zarr", train=(X, Y), test=(X[:9], Y[:9])) as recorder:
        loop(watched, recorder)
    loop(alone, None)
    for name, weights in alone.state_dict().items():
        torch.testing.assert_close(watched.state_dict()[name], weights, rtol=0, atol=0)
    store = Activations(tmp_path / "run.zarr")
    assert (store.epochs, store.layers, store.splits) == ([0, 1, 2, 3], ["2", "4"], ["train", "test"])
    np.testing.assert_array_equal(store.layer("train", "4", slice(3, 4)).t[0], watched.eval()(X).detach())
    np.testing.assert_array_equal(
        store.layer("test", "2", slice(0, 1)).t[0], network_of_ones_own().eval()[:3](X[:9]).detach()
    )


def test_an_error_in_the_loop_leaves_no_store(tmp_path: Path):
    network = network_of_ones_own()
    with pytest.raises(ZeroDivisionError), infoplane.Recorder(network, ["2"], tmp_path / "a.zarr", train=(X, Y)) as r:
        r.epoch(0)
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_mistakes_are_one_line(tmp_path: Path):
    network, path = network_of_ones_own(), tmp_path / "a.zarr"
    with pytest.raises(UserError, match=r"no layer '5'; there are"):
        infoplane.Recorder(network, ["5"], path, train=(X, Y))
    with pytest.raises(UserError, match="no samples"):
        infoplane.Recorder(network, ["0"], path)
    with pytest.raises(UserError, match="a class from 0 on"):
        infoplane.Recorder(network, ["0"], path, train=(X, Y[:3]))
    with pytest.raises(UserError, match="samples are those of"):
        infoplane.Recorder(network, ["0"], path, validation=(X, Y))
    with (
        pytest.raises(UserError, match="no epoch was recorded"),
        infoplane.Recorder(network, ["0"], path, train=(X, Y)),
    ):
        pass
    with infoplane.Recorder(network, ["0"], path, train=(X, Y)) as recorder:
        recorder.epoch(1)
        with pytest.raises(UserError, match="must ascend"):
            recorder.epoch(1)
    with pytest.raises(UserError, match="with block"):
        recorder.epoch(2)


def test_the_trainer_of_transformers_is_watched_by_a_callback(tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    tokens, labels = torch.randint(1, 30, (40, 6)), torch.arange(40) % 2
    small = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.BertConfig(vocab_size=30, max_position_embeddings=8, num_labels=2, **small)
    network = transformers.BertForSequenceClassification(config)
    layers = ["bert.pooler", "classifier"]

    class Watch(transformers.TrainerCallback):
        def on_epoch_end(self, args, state, control, **kwargs):
            recorder.epoch(round(state.epoch))

    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), num_train_epochs=2, save_strategy="no", report_to=[], disable_tqdm=True,
        use_cpu=True,
    )  # fmt: skip
    rows = [{"input_ids": x, "labels": y} for x, y in zip(tokens, labels, strict=True)]
    with infoplane.Recorder(network, layers, tmp_path / "run.zarr", train=(tokens, labels)) as recorder:
        transformers.Trainer(network, arguments, train_dataset=rows, callbacks=[Watch()]).train()
    store = Activations(tmp_path / "run.zarr")
    assert store.epochs == [1, 2]
    last = network.eval()(tokens).logits.detach()
    np.testing.assert_allclose(store.layer("train", "classifier", slice(1, 2)).t[0], last, atol=1e-6)


@pytest.mark.parametrize(
    "x",
    [
        torch.randint(0, 256, (20, 6), dtype=torch.uint8),
        torch.randint(0, 2, (20, 6)) * 2 - 1,
        torch.randn(20, 6, requires_grad=True),
        torch.randn(20, 6).to(torch.bfloat16),
    ],
    ids=["bytes", "signs", "gradient", "half"],
)
def test_x_of_any_type_is_stored_as_numbers(tmp_path: Path, x: torch.Tensor):
    class Cast(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = 3  # no names
            self.body = nn.Linear(6, 2)

        def forward(self, x):
            return self.body(x.float())

    with infoplane.Recorder(Cast(), ["body"], tmp_path / "run.zarr", train=(x, Y[:20])) as recorder:
        recorder.epoch(0)
    stored, _ = Activations(tmp_path / "run.zarr").samples("train")
    np.testing.assert_allclose(stored, x.detach().float(), rtol=1e-6)


def test_an_epoch_that_failed_leaves_no_store(tmp_path: Path):
    network = network_of_ones_own()
    recorder = infoplane.Recorder(network, ["0"], tmp_path / "a.zarr", train=(X, Y))
    with pytest.raises(UserError, match="an epoch could not be recorded"), recorder:
        recorder.epoch(0)
        torch.nn.init.constant_(network[0].weight, torch.nan)
        with pytest.raises(UserError, match="NaN"):
            recorder.epoch(1)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_recorded_is_one_line(tmp_path: Path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused, self.lists, self.relu = nn.Linear(6, 2), nn.Identity(), nn.ReLU()
            self.again = self.relu

        def forward(self, x):
            self.lists([x])
            return self.again(self.relu(x))

    for layers, message in ((["unused"], "'unused' is not called"), (["lists"], "returns list, and not a tensor")):
        recorder = infoplane.Recorder(Odd(), layers, tmp_path / "a.zarr", train=(X, Y))
        with pytest.raises(UserError, match=message), recorder:
            recorder.epoch(0)
    with infoplane.Recorder(Odd(), ["again"], tmp_path / "b.zarr", train=(X, Y)) as recorder:
        with pytest.raises(UserError, match="no whole number"):
            recorder.epoch(0.5)  # pyright: ignore[reportArgumentType]
        recorder.epoch(0)
    for reduce in ("mean", "pca", "PCA 3"):
        with pytest.raises(UserError, match="must be none, pool, flatten"):
            infoplane.Recorder(Odd(), ["relu"], tmp_path / "c.zarr", reduce=reduce, train=(X, Y))
    with pytest.raises(UserError, match="no layers"):
        infoplane.Recorder(Odd(), [], tmp_path / "c.zarr", train=(X, Y))
