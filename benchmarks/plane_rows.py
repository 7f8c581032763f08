"""The rows about a whole network: MINE's plane, and what recording adds to training."""

import contextlib
import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks import textbook
from benchmarks.contest import Bar, Contestant, Row
from infoplane import datasets
from infoplane.datasets.dataset import Split
from infoplane.estimators import kde, mine
from infoplane.planes.plane import estimate_plane
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage.activations import Activations
from infoplane.training import chosen_network, recorded_training
from infoplane.training.loop import Tensors, train
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorded_training import Trained

CPU = torch.device("cpu")
POINTS = 5
"""Layers and epochs at which values are compared, and which the textbook loop computes, one a repeat."""


def default_settings() -> Params:
    """params.yaml, but the network and the data set that the bars name, trained once and recorded as it trains."""
    chosen = params.read()
    train = chosen.train.model_copy(update={"repetitions": 1})
    record = chosen.record.model_copy(update={"splits": ["train"], "layers": "all", "samples": None})
    return chosen.model_copy(update={"model": "mlp", "dataset": "mnist5k", "train": train, "record": record})


def recorded(settings: Params, train_split: Split, test_split: Split, store: Path) -> Trained:
    """Train as the stage does, with the activations of the training samples in a new store."""
    partial = store.with_name("partial")
    partial.mkdir(parents=True)
    samples = TrainingSamples(train_split, test_split, {"train": train_split})
    with contextlib.redirect_stderr(io.StringIO()):
        return recorded_training.train(samples, settings, CPU, Work("train", partial), store)


class _Point(NamedTuple):
    """One layer at one epoch: t of shape (n, d_t), and a lower bound on I(X;T+N) that no critic is needed for."""

    layer: str
    epoch: int
    t: torch.Tensor
    bound_xt: float


def mine_plane(folder: Path, settings: Params | None = None, samples: int | None = None, steps: int = 2000) -> Row:
    """I(X;T+N) and I(T;Y) of every layer and recorded epoch, by a store in `folder`; `steps` are the textbook's."""
    settings = settings or default_settings()
    keywords = params.estimator(settings, "mine").keywords
    noise_std = keywords["noise_std"]
    data = datasets.load(settings.dataset, Path("data/raw"))
    store = folder / "activations.zarr"
    recorded(settings, data.train.draw(samples or len(data.train.y), 0), data.test, store)
    plane = Activations(store)
    y = torch.from_numpy(plane.samples("train")[1])
    points = [_point(plane, i, y, noise_std) for i in range(POINTS)]
    size = len(plane.layers) * len(plane.epochs)

    def compared(point: _Point, mi_xt: float, mi_ty: float) -> tuple[float, float]:
        return max(point.bound_xt - mi_xt, 0.0), mi_ty

    def ours(seed: int):
        with contextlib.redirect_stderr(io.StringIO()):
            pieces = list(
                estimate_plane(mine.estimate, plane, keywords=keywords, seed=seed, device=CPU, name="mine"),
            )
        point = points[seed % POINTS]
        (piece,) = (piece for piece in pieces if piece.layer == point.layer and point.epoch in piece.epochs)
        index, found = piece.epochs.index(point.epoch), piece.information
        assert found.mi_xt is not None
        assert found.mi_ty is not None
        return compared(point, float(found.mi_xt[index]), float(found.mi_ty[index]))

    def loop(seed: int):
        point = points[seed % POINTS]
        return compared(point, *textbook.plane_point(point.t, y, noise_std=noise_std, seed=seed, steps=steps))

    return Row(
        f"MINE plane of {settings.dataset} {settings.model}: {len(plane.layers)} layers x {len(plane.epochs)} epochs",
        f"at {POINTS} points of the plane: how far I(X;T+N) stays below KDE's lower bound; mean I(T;Y), a lower bound "
        "for both, so that more is nearer the truth; nats",
        [
            Contestant("ours", ours, note="params.yaml's section mine"),
            Contestant("textbook", loop, 1 / size, f"another point in each repeat, times {size}"),
        ],
        Bar(60.0, {"textbook": 0.2}),
    )


def _point(plane: Activations, number: int, y: torch.Tensor, noise_std: float) -> _Point:
    layer = plane.layers[number % len(plane.layers)]
    index = (1 + 2 * number) % len(plane.epochs)
    t = torch.from_numpy(plane.layer("train", layer, slice(index, index + 1)).t)
    found = kde.estimate(t[0], t, y, noise_var=noise_std**2)
    assert found.mi_xt_low is not None
    return _Point(layer, plane.epochs[index], t[0], float(found.mi_xt_low[0]))


def recording(folder: Path, settings: Params | None = None, samples: int = 10000) -> Row:
    """Training with and without recording every epoch; the samples are those of mnist5k, as often as it takes."""
    if settings is None:
        settings = default_settings()
        train_section = settings.train.model_copy(update={"epochs": 11})
        record = settings.record.model_copy(update={"epochs": "all"})
        settings = settings.model_copy(update={"train": train_section, "record": record})
    data = datasets.load(settings.dataset, Path("data/raw"))
    repeated = np.arange(samples) % len(data.train.y)
    split = Split(data.train.x[repeated], data.train.y[repeated])
    x = torch.from_numpy(split.x)
    folder.mkdir(exist_ok=True)

    def ours(seed: int):
        # Not that of the last repeat, which would have to be removed first: DVC does that, and not the stage.
        store = Path(tempfile.mkdtemp(dir=folder)) / "activations.zarr"
        weights = recorded(settings, split, data.test, store).weights
        network = chosen_network.build(settings, CPU).eval()
        network.load_state_dict(weights)
        plane = Activations(store)
        with torch.no_grad():
            last = network(x).numpy()
        return (float(np.abs(plane.layer("train", plane.layers[-1], slice(-1, None)).t[0] - last).max()),)

    def alone(seed: int):
        torch.manual_seed(settings.seed)
        network = chosen_network.build(settings, CPU)
        to_train, to_test = (Tensors(*map(torch.from_numpy, part)) for part in (split, data.test))
        for _ in train(network, to_train, to_test, settings.train):
            pass
        return (0.0,)

    epochs = len(recorded_epochs(settings.record.epochs, settings.train.epochs))
    return Row(
        f"training {settings.train.epochs} epochs of {settings.model} on {samples} samples, recording {epochs} of them",
        "largest difference of the recorded output layer from the network's last output",
        [
            Contestant("ours", ours, note="the stage: records all layers, saves checkpoints"),
            Contestant("training alone", alone, note="no store, no checkpoints"),
        ],
        Bar(times={"training alone": 1.15}),
    )
