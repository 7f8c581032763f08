"""Which trained networks, layers and noises estimators are validated on: half of them for tuning, half to report.

`python -m benchmarks.real_networks` trains them, by the package's own training, into `FOLDER`: that is no part of
`known`, which is told by files what others have trained.

The networks for tuning are those on which flags and settings may be chosen; the published rates name both halves. The
halves share no network, width or seed. Epoch 0 is before training; the last epoch of those on few samples is one at
which they have learned these by heart.
"""

from pathlib import Path
from typing import Any, Literal, NamedTuple

FOLDER = Path("data/known")
"""Which git ignores."""


class Case(NamedTuple):
    """A layer at an epoch, and what makes its information finite: noise of a standard deviation, or so many bins."""

    layer: str
    epoch: int
    kind: Literal["additive", "gaussian", "bins"]
    size: float

    def __str__(self) -> str:
        how = f"{self.size:g} bins" if self.kind == "bins" else f"{self.kind} noise {self.size:g}"
        return f"{self.layer} epoch {self.epoch}, {how}"


class RealNetwork(NamedTuple):
    """A network to train.

    Attributes:
        split: whose samples are the population.
        options: the section of the network in params.yaml.
        train: what differs from `TRAIN`.
        for_tuning: whether settings may be chosen on it.
    """

    name: str
    dataset: str
    split: Literal["train", "all"]
    model: str
    options: dict[str, Any]
    train: dict[str, Any]
    seed: int
    for_tuning: bool
    cases: tuple[Case, ...]

    @property
    def task_names(self) -> list[str]:
        """The names of its tasks, which do not take the network to be there."""
        return [f"{self.name} {case}" for case in self.cases]

    @property
    def store(self) -> Path:
        """Where its activations are."""
        return FOLDER / f"{self.name.replace(' ', '-')}.zarr"


TRAIN = {
    "batch_size": 64, "optimizer": "adam", "lr": 0.002, "momentum": 0.9, "weight_decay": 0.0, "schedule": "constant",
}  # fmt: skip


def _mlp(widths: list[int], activation: str) -> dict[str, Any]:
    return {"widths": widths, "activation": activation, "dropout": None}


def _cnn(channels: list[int], hidden: int, activation: str) -> dict[str, Any]:
    return {"channels": channels, "kernel": 5, "hidden": hidden, "activation": activation, "dropout": None}


NETWORKS = (
    RealNetwork(
        "szt tanh", "szt", "all", "mlp", _mlp([10, 7, 5, 4, 3], "tanh"), {"epochs": 300, "batch_size": 512}, 1, True, (
            Case("hidden1", 30, "additive", 0.3), Case("hidden2", 300, "gaussian", 0.4),
            Case("hidden3", 0, "additive", 0.1), Case("hidden3", 300, "additive", 0.3),
            Case("hidden5", 30, "additive", 0.05), Case("hidden5", 300, "additive", 0.1),
            Case("hidden4", 30, "bins", 30), Case("hidden5", 300, "bins", 8),
        ),
    ),
    RealNetwork(
        "mnist5k relu", "mnist5k", "all", "mlp", _mlp([64, 16, 2], "relu"), {"epochs": 40}, 2, True, (
            Case("hidden1", 5, "additive", 1.0), Case("hidden2", 0, "additive", 0.1),
            Case("hidden2", 5, "bins", 3), Case("hidden2", 40, "additive", 1.0), Case("hidden3", 5, "additive", 0.2),
            Case("hidden3", 40, "additive", 0.5), Case("hidden3", 40, "bins", 30), Case("output", 40, "additive", 0.5),
        ),
    ),
    RealNetwork(
        "mnist5k cnn tanh", "mnist5k", "all", "cnn", _cnn([2, 4], 10, "tanh"), {"epochs": 12}, 3, True, (
            Case("conv2", 0, "additive", 0.3), Case("conv2", 12, "additive", 1.0), Case("hidden", 2, "gaussian", 0.3),
            Case("hidden", 12, "additive", 0.3), Case("hidden", 12, "bins", 3),
        ),
    ),
    RealNetwork(
        "mnist tanh", "mnist", "train", "mlp", _mlp([128, 32, 16], "tanh"), {"epochs": 5, "batch_size": 128}, 4, True, (
            Case("hidden1", 5, "additive", 2.0), Case("hidden2", 1, "additive", 1.0),
            Case("hidden2", 5, "additive", 0.5), Case("hidden3", 0, "additive", 0.2),
            Case("hidden3", 5, "additive", 0.3), Case("hidden3", 5, "gaussian", 0.5), Case("hidden3", 1, "bins", 3),
            Case("output", 1, "additive", 0.1), Case("output", 5, "additive", 0.5),
        ),
    ),
    RealNetwork(
        "mnist softplus", "mnist", "train", "mlp", _mlp([32, 8], "softplus"), {"epochs": 4, "batch_size": 128}, 5, True,
        (
            Case("hidden1", 4, "additive", 2.0), Case("hidden1", 1, "gaussian", 0.7), Case("hidden2", 0, "bins", 4),
            Case("hidden2", 1, "gaussian", 0.2), Case("hidden2", 4, "additive", 2.0),
            Case("hidden2", 4, "gaussian", 0.4),
        ),
    ),
    RealNetwork(
        "fashion relu", "fashion_mnist", "train", "mlp", _mlp([80, 20, 5], "relu"), {"epochs": 5, "batch_size": 128}, 6,
        True, (
            Case("hidden1", 5, "additive", 2.0), Case("hidden2", 5, "additive", 2.0),
            Case("hidden3", 1, "additive", 0.7), Case("hidden3", 5, "bins", 8), Case("output", 5, "additive", 1.0),
        ),
    ),
    RealNetwork(
        "szt relu", "szt", "all", "mlp", _mlp([12, 8, 6, 2], "relu"), {"epochs": 250, "batch_size": 256}, 21, False, (
            Case("hidden1", 25, "additive", 0.5), Case("hidden2", 0, "additive", 0.1),
            Case("hidden3", 250, "additive", 1.0), Case("hidden4", 25, "additive", 0.2),
            Case("hidden4", 250, "additive", 0.5), Case("hidden3", 25, "bins", 8), Case("hidden4", 250, "bins", 30),
        ),
    ),
    RealNetwork(
        "szt softplus", "szt", "all", "mlp", _mlp([9, 4], "softplus"), {"epochs": 200, "batch_size": 256}, 22, False, (
            Case("hidden1", 20, "gaussian", 0.5), Case("hidden1", 200, "additive", 1.0),
            Case("hidden2", 0, "additive", 0.05), Case("hidden2", 200, "gaussian", 0.2),
        ),
    ),
    RealNetwork(
        "mnist5k tanh", "mnist5k", "all", "mlp", _mlp([100, 30, 10], "tanh"), {"epochs": 80}, 23, False, (
            Case("hidden1", 80, "additive", 2.0), Case("hidden2", 8, "additive", 0.7),
            Case("hidden3", 0, "additive", 0.2), Case("hidden3", 8, "additive", 0.4),
            Case("hidden3", 80, "additive", 0.1), Case("hidden3", 80, "gaussian", 0.4), Case("hidden3", 8, "bins", 3),
        ),
    ),
    RealNetwork(
        "mnist5k softplus", "mnist5k", "all", "mlp", _mlp([48, 6], "softplus"), {"epochs": 30}, 24, False, (
            Case("hidden1", 30, "gaussian", 0.6), Case("hidden2", 3, "additive", 0.8),
            Case("hidden2", 30, "additive", 2.0), Case("hidden2", 30, "gaussian", 0.3), Case("hidden2", 3, "bins", 5),
        ),
    ),
    RealNetwork(
        "mnist relu", "mnist", "train", "mlp", _mlp([96, 24, 12], "relu"), {"epochs": 6, "batch_size": 128}, 25, False,
        (
            Case("hidden1", 1, "additive", 2.0), Case("hidden2", 6, "additive", 1.0),
            Case("hidden3", 0, "additive", 0.1), Case("hidden3", 1, "additive", 0.5),
            Case("hidden3", 6, "additive", 1.5), Case("hidden3", 6, "bins", 4), Case("output", 6, "additive", 1.0),
            Case("output", 1, "additive", 0.2),
        ),
    ),
    RealNetwork(
        "mnist cnn softplus", "mnist", "train", "cnn", _cnn([3, 5], 14, "softplus"), {"epochs": 2, "batch_size": 128},
        26, False, (
            Case("conv2", 2, "additive", 2.0), Case("hidden", 0, "additive", 0.1),
            Case("hidden", 1, "gaussian", 0.5), Case("hidden", 2, "additive", 0.6), Case("output", 2, "additive", 0.3),
        ),
    ),
    RealNetwork(
        "fashion tanh", "fashion_mnist", "train", "mlp", _mlp([110, 28, 7], "tanh"), {"epochs": 6, "batch_size": 128},
        27, False, (
            Case("hidden1", 6, "additive", 1.5), Case("hidden2", 6, "gaussian", 0.7),
            Case("hidden3", 1, "additive", 0.3), Case("hidden3", 6, "additive", 0.15), Case("hidden3", 6, "bins", 4),
        ),
    ),
)  # fmt: skip
