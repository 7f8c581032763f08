"""Every tensor follows the device of its inputs: on a device that refuses to mix, where there is no GPU."""

from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane import estimators
from infoplane.datasets.dataset import Split
from infoplane.estimators.parts.closed_forms import twisting
from infoplane.information import Noise
from infoplane.known import channels, closed_forms, judging
from infoplane.planes import plane
from infoplane.running import devices
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.training import recorded_training
from infoplane.training.recorded_samples import TrainingSamples
from second_device import is_there, second_device

N, CLASSES = 120, 3
KEYWORDS = {
    "binning": [{"bins": 4}, {"edges": "quantile"}],
    "classifier": [{"steps": 4}],
    "dropout": [{}, {"centres": 40}],
    "exact": [{}, {"bits": 2}, {"noise_std": 0.5}],
    "kde": [{}, {"point": "middle"}],
    "ksg": [{}, {"variant": 2}, {"marginals": "raw", "nonuniformity": 0.5, "k": 9}],
    "mine": [
        {"folds": 2, "steps": 3, "noise_std": 0.5},
        {"folds": 2, "steps": 3, "critic": "concat", "objective": "dv", "dropout": 0.2, "ensemble": 2},
    ],
    "sliced": [{"projections": 4}],
}
CASES = [(name, words) for name in estimators.names() if name != "best" for words in KEYWORDS.get(name, [{}])]
"""All but the one that runs others, each of which is here."""


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is like the first."""
    monkeypatch.setattr(twisting, "OPTIMISATION", twisting.OPTIMISATION._replace(steps=25))
    monkeypatch.setattr(twisting, "TRIAL", 25)


def sample(d_x: int = 3, d_t: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x, t at two epochs, and y, on the CPU."""
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(N) % CLASSES
    x = torch.randn(N, d_x, generator=draw)
    x[:, 0] += y
    t = torch.tanh(x[:, :1]) + 0.3 * torch.randn(2, N, d_t, generator=draw)
    return x, t, y


def estimate(name: str, keywords: dict, d_x: int = 3, d_t: int = 3) -> None:
    """On the second device."""
    with second_device() as device:
        x, t, y = (part.to(device) for part in sample(d_x, d_t))
        noise = Noise("gaussian", torch.full((d_t,), 0.3).to(device))
        estimators.find(name).estimate(x, t, y, **({"noise": noise} | keywords))


@pytest.mark.parametrize(("name", "keywords"), CASES)
def test_an_estimator_stays_on_the_device_of_its_inputs(name: str, keywords: dict):
    estimate(name, keywords)


@pytest.mark.parametrize(("d_x", "d_t", "noise_std"), [(1, 1, 0.0), (2, 1, 0.0), (70, 66, 0.5)])
def test_a_critic_of_one_unit_or_of_many_does(d_x: int, d_t: int, noise_std: float):
    estimate("mine", {"folds": 2, "steps": 3, "noise_std": noise_std}, d_x, d_t)


def test_what_mixes_devices_is_refused():
    with second_device() as device:
        here, there = torch.ones(3), torch.ones(3, device=device)
        assert is_there(there * 2.0)
        assert is_there(there * torch.tensor(2.0))
        assert there.device.type == (there[:1] + 1).device.type == "cuda"
        for wrong in (lambda: here + there, lambda: there[torch.tensor([0])], lambda: torch.stack([here, there])):
            with pytest.raises(RuntimeError, match="on the CPU"):
                wrong()
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        with pytest.raises(RuntimeError, match="generator"):
            torch.randn(3, generator=torch.Generator(), device=device)
        with pytest.raises(RuntimeError, match="deterministic"):
            there.cumsum(0)
        assert (there.cpu() + here).tolist() == [2.0] * 3


def split_of(count: int, seed: int) -> Split:
    draws = np.random.default_rng(seed)
    return Split(draws.standard_normal((count, 1, 28, 28), dtype=np.float32), draws.integers(0, 10, count))


@pytest.mark.parametrize("model", ["mlp", "cnn", "transformer", "recurrent"])
def test_a_network_trains_and_is_recorded_there(tmp_path: Path, model: str):
    chosen = params.read()
    changes = {
        "model": model,
        "train": chosen.train.model_copy(update={"epochs": 1, "batch_size": 20}),
        "record": chosen.record.model_copy(update={"epochs": [0, 1], "splits": ["train", "test"]}),
    }
    chosen = chosen.model_copy(update=changes)
    one, other = split_of(40, 0), split_of(20, 1)
    samples = TrainingSamples(one, other, {"train": one, "test": other}, {})
    (tmp_path / "work").mkdir()
    with second_device() as device:
        work = Work("train", tmp_path / "work")
        trained = recorded_training.train(samples, chosen, device, work, tmp_path / "a.zarr")
    assert not any(map(is_there, trained.weights.values()))
    assert Activations(tmp_path / "a.zarr").epochs == [0, 1]


class Here(Executor):
    """Reads in this thread, which alone knows of the second device."""

    def __init__(self, _: int):
        pass

    def submit(self, fn, /, *args, **kwargs):
        done: Future = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_a_plane_is_estimated_there(store: Activations, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plane, "ThreadPoolExecutor", Here)
    with second_device():
        device = devices.choose("cuda")
        for name in ("dropout", "kde"):
            estimate_of = estimators.find(name).estimate
            pieces = list(plane.estimate_plane(estimate_of, store, keywords={}, seed=0, device=device, name=name))
            # all epochs of a layer in one call
            assert [piece.epochs for piece in pieces] == [[0, 2, 5]] * 4
    torch.use_deterministic_algorithms(False)


def test_an_estimator_is_validated_there():
    with second_device() as device:
        for name in ("kde", "gaussian"):
            tasks = [closed_forms.gaussian(2, 0.5), channels.gaussian_in_noise(2, 1.0)]
            judged = judging.judge(estimators.find(name), {}, tasks, name=name, n=60, seeds=[0], device=device)
            assert sum(map(len, judged)) > 0
