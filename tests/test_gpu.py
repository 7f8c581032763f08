"""What only a CUDA device shows: `make gpu` runs these; where there is none they are skipped."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from infoplane import estimators
from infoplane.datasets.dataset import Split
from infoplane.information import VALUES, Information, Noise
from infoplane.models.parts.layers import Network
from infoplane.running import devices
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.training import chosen_network, recorded_training
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recording import Recorder

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]

N = 1000
KEYWORDS: dict[str, dict[str, Any]] = {
    "exact": {"noise_std": 0.5},
    "mine": {"folds": 2, "steps": 100, "width": 32, "rank": 16, "noise_std": 0.5},
}
DRAWS_THERE = ("classifier", "dropout", "exact", "kde", "best", "mine", "doe")
"""Whose random numbers are those of the device, or whose training rounds as it does."""


@pytest.fixture(autouse=True)
def _as_the_stages(monkeypatch: pytest.MonkeyPatch):
    """The settings with which a stage runs."""
    devices.choose("cuda")
    yield
    torch.use_deterministic_algorithms(False)


def found(name: str, device: str, epochs: slice = slice(None)) -> Information:
    """An estimate of three epochs of five units that see five inputs, in three classes, on that device."""
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(N) % 3
    x = torch.randn(N, 5, generator=draw)
    x[:, 0] += 2.0 * (y - 1)
    more = torch.randn(N, 5, generator=draw)
    t = torch.stack([torch.tanh(0.5 * x) + std * more for std in (1.0, 0.5, 0.2)])[epochs]
    noise = Noise("gaussian", torch.tensor(0.4, device=device))
    x, t, y = (part.to(device) for part in (x, t, y))
    return estimators.find(name).estimate(x, t, y, noise=noise, **KEYWORDS.get(name, {}))


@pytest.mark.parametrize("name", estimators.names())
def test_an_estimator_says_what_it_says_on_the_cpu(name: str):
    here, there = found(name, "cpu"), found(name, "cuda")
    for value in ("mi_xt", "mi_ty"):
        a, b = getattr(here, value), getattr(there, value)
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(b, a, atol=0.1 if name in DRAWS_THERE else 1e-4)


@pytest.mark.parametrize("name", ["binning", "dropout", "mine"])
def test_the_same_seed_gives_the_same_bytes(name: str):
    first, second = found(name, "cuda"), found(name, "cuda")
    for value in VALUES:
        a, b = getattr(first, value), getattr(second, value)
        assert a is None or a.tobytes() == b.tobytes()


def test_epochs_together_are_epochs_alone():
    together = found("mine", "cuda")
    for epoch in range(3):
        alone = found("mine", "cuda", slice(epoch, epoch + 1))
        for value in ("mi_xt", "mi_ty"):
            assert getattr(alone, value)[0] == pytest.approx(getattr(together, value)[epoch], abs=0.02)


@pytest.mark.parametrize("model", ["mlp", "cnn", "lenet", "fcn", "resnet", "transformer", "recurrent"])
def test_a_network_trains_and_is_recorded(tmp_path: Path, model: str):
    chosen = params.read()
    changes = {
        "model": model,
        "train": chosen.train.model_copy(update={"epochs": 1}),
        "record": chosen.record.model_copy(update={"epochs": [1], "splits": ["train"], "layers": "all"}),
    }
    chosen = chosen.model_copy(update=changes)
    draws = np.random.default_rng(0)
    split = Split(draws.standard_normal((200, 1, 28, 28), dtype=np.float32), draws.integers(0, 10, 200))
    samples = TrainingSamples(split, split, {"train": split}, {})
    (tmp_path / "work").mkdir()
    work = Work("train", tmp_path / "work")
    trained = recorded_training.train(samples, chosen, torch.device("cuda"), work, tmp_path / "a.zarr")
    network: Network = chosen_network.build(chosen, "cpu")
    network.load_state_dict(trained.weights)
    store, on_cpu = Activations(tmp_path / "a.zarr"), Recorder(network, "all", pre_activation=False)
    for layer, recorded in on_cpu.record(torch.from_numpy(split.x)).items():
        np.testing.assert_allclose(store.layer("train", layer, slice(0, 1)).t[0], recorded.t, atol=2e-3)
