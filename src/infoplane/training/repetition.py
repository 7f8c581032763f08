"""One repetition of the training that params.yaml asks for: its network, its epochs, and what is recorded of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from infoplane.datasets.dataset import Split
from infoplane.errors import UserError
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage import stored_gradients
from infoplane.storage.activations import Recorded
from infoplane.storage.activations_writer import Writer
from infoplane.training import chosen_network
from infoplane.training.kept import InMemory
from infoplane.training.kept_gradients import KeptGradients
from infoplane.training.loop import Epoch, Tensors, Training
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorders import recorder_of
from infoplane.training.recording import Recorder

Activations = dict[str, dict[str, Recorded]]
"""By split and layer, of one epoch."""


class Stored(NamedTuple):
    """What is stored of an epoch; nothing of one that is not recorded.

    Attributes:
        gradients: by layer (infoplane.training.kept_gradients).
    """

    activations: Activations
    gradients: dict[str, np.ndarray]

    @property
    def nbytes(self) -> int:
        """Of memory."""
        size = sum(layer.t.nbytes for layers in self.activations.values() for layer in layers.values())
        return size + sum(values.nbytes for values in self.gradients.values())

    def write(self, writer: Writer, repetition: int, epoch: int) -> None:
        """Write it into the store."""
        for split, layers in self.activations.items():
            writer.add_epoch(split, repetition, epoch, layers)
        stored_gradients.add(writer, repetition, epoch, self.gradients)


NOTHING = Stored({}, {})


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
    # One that ends early may end at any epoch, and that is recorded.
    epochs = None if chosen.train.early_stopping else recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    kept = KeptGradients(network, chosen.record.gradients, epochs)
    allow_diverged = chosen.record.allow_diverged
    training = Training(network, samples.train, samples.test, chosen.train, allow_diverged=allow_diverged, kept=kept)
    return training, recorder


def score(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> tuple[Epoch, Stored]:
    """The scores of an epoch, and what is stored of it; each split is passed once where the samples are the same."""
    scored = {"train": training.train_split, "test": training.test_split}
    _learn(training, recorder, to_record)
    kept = {name: InMemory(len(split.y)) for name, split in to_record.items() if split is scored.get(name)}
    epoch = training.score({name: recorder.listen(in_memory) for name, in_memory in kept.items()})
    if not to_record:
        return epoch, NOTHING
    activations = {
        name: kept[name].recorded(recorder.names)
        if name in kept
        else recorder.record(split.x, training.evaluation_batch)
        for name, split in to_record.items()
    }
    return epoch, Stored(activations, training.kept.of_epoch())


def record(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> Stored:
    """What is stored of an epoch that was scored before it was known that it is the last."""
    _learn(training, recorder, to_record)
    activations = {name: recorder.record(split.x, training.evaluation_batch) for name, split in to_record.items()}
    return Stored(activations, training.kept.of_epoch())


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
