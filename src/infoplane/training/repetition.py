"""One repetition of the training that params.yaml asks for: its network, its epochs, and what is recorded of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch

from infoplane.datasets.dataset import Split
from infoplane.errors import UserError
from infoplane.settings.params import Params
from infoplane.storage.activations import Recorded
from infoplane.training import chosen_network
from infoplane.training.kept import InMemory
from infoplane.training.loop import Epoch, Tensors, Training
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorders import recorder_of
from infoplane.training.recording import Recorder

Activations = dict[str, dict[str, Recorded]]
"""By split and layer, of one epoch."""


class OnDevice(NamedTuple):
    """The samples of a training on the device; a split that is both scored and recorded is there once."""

    train: Tensors
    test: Tensors
    recorded: dict[str, Tensors]

    @classmethod
    def of(cls, samples: TrainingSamples, device: torch.device) -> "OnDevice":
        """The samples, moved."""
        scored = {"train": _tensors(samples.train, device), "test": _tensors(samples.test, device)}
        recorded = {
            name: scored[name] if split is getattr(samples, name, None) else _tensors(split, device)
            for name, split in samples.recorded.items()
        }
        return cls(scored["train"], scored["test"], recorded)


def begin(samples: OnDevice, chosen: Params, device: torch.device, repetition: int) -> tuple[Training, Recorder]:
    """The training of a new network, from the repetition's seed, and the recorder of its layers."""
    torch.manual_seed(chosen.seed + repetition)
    network = chosen_network.build(chosen, device)
    recorder = recorder_of(network, chosen)
    allow_diverged = chosen.record.allow_diverged
    return Training(network, samples.train, samples.test, chosen.train, allow_diverged=allow_diverged), recorder


def score(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> tuple[Epoch, Activations]:
    """The scores of an epoch and its activations on each split: in one pass where the samples are the same."""
    scored = {"train": training.train_split, "test": training.test_split}
    _learn(training, recorder, to_record)
    kept = {name: InMemory(len(split.y)) for name, split in to_record.items() if split is scored.get(name)}
    epoch = training.score({name: recorder.listen(in_memory) for name, in_memory in kept.items()})
    return epoch, {
        name: kept[name].recorded(recorder.names)
        if name in kept
        else recorder.record(split.x, training.evaluation_batch)
        for name, split in to_record.items()
    }


def record(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> Activations:
    """The activations of an epoch on each split, where that was scored before it was known that it is the last."""
    _learn(training, recorder, to_record)
    return {name: recorder.record(split.x, training.evaluation_batch) for name, split in to_record.items()}


def _learn(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> None:
    """Show the recorder the first split, from which it learns what it keeps of large layers."""
    for split in list(to_record.values())[:1]:
        recorder.learn(split.x.split(training.evaluation_batch))


@contextmanager
def told_in_one_line(chosen: Params, samples: OnDevice) -> Iterator[None]:
    """Turn what a training raises because of its settings into a UserError that names them."""
    try:
        yield
    except FloatingPointError as error:
        raise UserError(f"{error}: lower train.lr = {chosen.train.lr}") from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise UserError(
            f"train.batch_size = {chosen.train.batch_size}: the last minibatch of {len(samples.train.y)} "
            "samples has a single one, and batch normalisation needs two"
        ) from error


def _tensors(split: Split, device: torch.device) -> Tensors:
    return Tensors(*(torch.from_numpy(part).to(device) for part in split))
