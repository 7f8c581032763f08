"""The sections of params.yaml whose keys are always the same: one pydantic model each."""

import re
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from infoplane.named import is_own
from infoplane.population import Inputs
from infoplane.settings.recorded_epochs import RECORDED_EPOCHS
from infoplane.settings.schema import Section
from infoplane.storage.objects import check_url

REDUCE = re.compile(r"none|pool|flatten|(pca|random) [1-9][0-9]{0,4}")
REDUCED = {
    "pool": "averaged over positions",
    "pca": "its first {k} principal components",
    "random": "{k} random projections of it",
}
"""In words, for axes; `flatten` changes no information."""


class Augment(Section):
    crop: Annotated[int, Field(ge=0, le=1000)] = 0
    flip: bool = False


class Phase(Section):
    epoch: Annotated[int, Field(ge=1)]
    lr: Annotated[float, Field(gt=0, le=1000)]


def _of_constant_schedule(phases: Any, info: ValidationInfo) -> Any:
    if phases and info.data.get("schedule") == "cosine":
        raise ValueError("needs train.schedule = constant: a cosine changes the learning rate at every step")
    return phases


class EarlyStopping(Section):
    patience: Annotated[int, Field(ge=1, le=1_000_000)]
    by: Literal["test_loss", "test_accuracy", "train_loss", "train_accuracy"] = "test_loss"
    min_delta: Annotated[float, Field(ge=0, le=1000)] = 0.0


def _of_one_network(rule: Any, info: ValidationInfo) -> Any:
    if rule and info.data.get("repetitions", 1) > 1:
        raise ValueError(
            "needs train.repetitions = 1: several networks, which are averaged epoch by epoch, would stop at different "
            "ones; queue experiments with seeds of their own"
        )
    return rule


class Train(Section):
    epochs: Annotated[int, Field(ge=0, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    optimizer: Literal["adam", "adamw", "sgd"]
    lr: Annotated[float, Field(gt=0, le=1000)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0, le=1000)]
    schedule: Literal["constant", "cosine"]
    lr_after: Annotated[list[Phase] | None, AfterValidator(_of_constant_schedule)] = None
    augment: Augment | None = None
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1
    early_stopping: Annotated[EarlyStopping | None, AfterValidator(_of_one_network)] = None


def _names_or_all(value: Any) -> Any:
    if value == "all" or (isinstance(value, list) and value and all(isinstance(name, str) for name in value)):
        return value
    raise ValueError("must be `all` or a list of names")


def _epochs(value: Any) -> Any:
    is_list = isinstance(value, list) and value and all(type(epoch) is int and epoch >= 0 for epoch in value)
    if is_list or (isinstance(value, str) and (is_own(value) or re.fullmatch(RECORDED_EPOCHS, value))):
        return value
    raise ValueError("must be `all`, `every k`, `log n` or a list of epochs, or a function of yours, `module:name`")


def _reduction(value: Any) -> Any:
    if isinstance(value, str) and REDUCE.fullmatch(value):
        return value
    raise ValueError("must be `none`, `pool`, `flatten`, `pca k` or `random k`")


def _url(value: Any) -> Any:
    if value is not None:
        check_url(value)
    return value


def without_repeats(values: Any) -> Any:
    if isinstance(values, list) and len(set(values)) < len(values):
        raise ValueError("an entry is repeated")
    return values


KeptOfGradients = Literal["none", "mean", "minibatches"]
"""Nothing, the mean over the minibatches of an epoch, or the gradient of each of them."""


class Record(Section):
    epochs: Annotated[Any, BeforeValidator(_epochs), AfterValidator(without_repeats)]
    splits: Annotated[list[Literal["train", "test", "all"]], Field(min_length=1), AfterValidator(without_repeats)]
    layers: Annotated[Any, BeforeValidator(_names_or_all), AfterValidator(without_repeats)]
    pre_activation: bool
    samples: Annotated[int, Field(ge=2, le=100_000_000)] | None = None
    allow_diverged: bool = False
    weights: Annotated[str | list[str], Field(min_length=1)] | None = None
    reduce: Annotated[Any, BeforeValidator(_reduction)] = "none"
    store: Annotated[str | None, AfterValidator(_url)] = None
    shard_epochs: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    gradients: KeptOfGradients = "none"

    @property
    def reduced(self) -> str:
        """In words, for axes, what T is of large layers; empty where nothing is lost."""
        kind, _, number = self.reduce.partition(" ")
        return f"large T: {REDUCED[kind].format(k=number)}" if kind in REDUCED else ""


class Import(Section):
    path: Annotated[str, Field(min_length=1)] | None = None


class Validation(Section):
    tasks: Literal["quick", "full"]
    samples: Annotated[int, Field(ge=100, le=1_000_000)] | None
    seeds: Annotated[int, Field(ge=1, le=100)]


class Resolution(Section):
    noise_std: Annotated[list[Annotated[float, Field(gt=0, le=1e6)]], Field(min_length=1, max_length=100)]
    epochs: Annotated[int, Field(ge=1)]


def _ascending(lengths: list[int]) -> list[int]:
    if any(later <= earlier for earlier, later in pairwise(lengths)):
        raise ValueError("must ascend, each once")
    return lengths


class Readout(Section):
    layer: Annotated[str, Field(min_length=1)] | None = None
    normalise: bool = True
    noise_std: Annotated[float, Field(gt=0, le=1e6)] = 0.125
    inputs: Inputs = "split"
    lengths: Annotated[
        list[Annotated[int, Field(ge=1, le=100_000)]], Field(min_length=1, max_length=20), AfterValidator(_ascending)
    ] = Field(default_factory=lambda: [1, 30, 200])
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    lr: Annotated[float, Field(gt=0, le=1000)] = 1e-4
    last_lr: Annotated[float, Field(gt=0, le=1000)] | None = 0.08


class Plot(Section):
    units: Literal["nats", "bits"]
    join: Literal["layers", "epochs"] = "layers"
    style: Literal["screen", "paper"] = "screen"
