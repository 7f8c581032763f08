"""Every repetition of the training that params.yaml asks for, with the activations of every recorded epoch."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.running.background import Background
from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage import activations_writer, stored_gradients
from infoplane.storage.activations_writer import Writer
from infoplane.training import chosen_network, made
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.early_stopping import is_over
from infoplane.training.kept_gradients import needed_bytes, shapes
from infoplane.training.loop import Epoch
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorders import described, layer_bytes, output_of, recorder_of, reduced_layers
from infoplane.training.recording import Recorder
from infoplane.training.repetition import NOTHING, OnDevice, Stored, begin, record, score, told_in_one_line
from infoplane.training.state import TrainingState, separate_copies


class Trained(NamedTuple):
    """What a training with all its repetitions ends with.

    Attributes:
        repetitions: the epochs of each repetition.
        weights: by name, that of the repetition first where there are several.
        units: the number of units of each recorded layer.
    """

    repetitions: list[list[Epoch]]
    weights: dict[str, Tensor]
    units: dict[str, int]


class Ongoing(NamedTuple):
    """What a training writes to while it goes on, and who is told.

    Attributes:
        told: is given the epochs of every repetition so far.
    """

    writer: Writer
    checkpoints: Checkpoints
    bar: tqdm
    told: Callable[[list[list[Epoch]]], None]

    def tell(self, repetitions: list[list[Epoch]], epoch: Epoch) -> None:
        """Of one more epoch."""
        assert epoch.train is not None
        assert epoch.test is not None
        self.told(repetitions)
        words = f"loss {epoch.train.loss:.4f}, test accuracy {epoch.test.accuracy:.2%}"
        self.bar.set_postfix_str(words, refresh=False)
        self.bar.update()


class Networks(NamedTuple):
    """Trained networks: the epochs and the weights of each, and a recorder of the last."""

    repetitions: list[list[Epoch]]
    weights: list[dict[str, Tensor]]
    recorder: Recorder


Way = Callable[[TrainingSamples, Params, torch.device, Ongoing], Networks]
"""In which the repetitions are trained."""


def needs(samples: TrainingSamples, chosen: Params) -> tuple[int, int]:
    """Bytes of disk, for data/activations.zarr, and of memory that `train` needs at most."""
    network = chosen_network.build(chosen, "cpu")
    if refuse := getattr(network, "refuse", None):
        for x, _ in (samples.train, samples.test):
            refuse(x)
    of_layers = layer_bytes(recorder_of(network, chosen), samples.test.x[:2])
    of_all_layers = sum(of_layers)
    counts = [len(y) for _, y in samples.recorded.values()]
    epochs = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    of_activations = made.on_disk(chosen, chosen.train.repetitions * len(epochs)) * sum(counts) * of_all_layers
    minibatches = math.ceil(len(samples.train.y) / chosen.train.batch_size)
    of_gradients = needed_bytes(network, chosen.record.gradients, minibatches)
    disk = of_activations + chosen.train.repetitions * len(epochs) * of_gradients
    disk += sum(x.nbytes + y.nbytes for x, y in samples.recorded.values())
    # All layers of every split at one epoch, and one layer twice as it is written.
    memory = sum(counts) * of_all_layers + max(counts) * 2 * max(of_layers)
    # As they come, in one piece, and as they are written.
    memory += 3 * of_gradients
    # Weights and two moments of each, as they are, as they are copied, as bytes and with a checksum.
    memory += 4 * 3 * sum(tensor.nbytes for tensor in network.state_dict().values())
    splits = (samples.train, samples.test, *samples.recorded.values())
    return disk, memory + sum(x.nbytes for x, _ in splits)


def train(
    samples: TrainingSamples,
    chosen: Params,
    device: torch.device,
    work: Work,
    path: Path,
    told: Callable[[list[list[Epoch]]], None] = lambda repetitions: None,
    way: Way | None = None,
) -> Trained:
    """Train every repetition, from where an interrupted run ended; activations go to the store at `path`.

    Args:
        told: called after each epoch with those of every repetition so far.
        way: in which the repetitions are trained, if not here, one after the other.

    Raises:
        UserError: a weight, a loss or an activation is not finite, and `record.allow_diverged` is not set.
    """
    repetitions = chosen.train.repetitions
    objects = made.objects(chosen)
    checkpoints = Checkpoints(work, repetitions, objects)
    with (
        activations_writer.create(
            path,
            recorded_epochs(chosen.record.epochs, chosen.train.epochs),
            repetitions,
            allow_diverged=chosen.record.allow_diverged,
            at=checkpoints.store,
            restored=checkpoints.writer_states,
            objects=objects,
            shard_epochs=chosen.record.shard_epochs,
        ) as writer,
        tqdm(
            total=repetitions * (chosen.train.epochs + 1),
            initial=checkpoints.epochs,
            desc=f"train: {chosen.model} on {chosen.dataset}",
            mininterval=0.5,
        ) as bar,
    ):
        trained = (way or _one_by_one)(samples, chosen, device, Ongoing(writer, checkpoints, bar, told))
        weights: dict[str, Tensor] = {}
        for repetition, of_network in enumerate(trained.weights):
            prefix = f"repetition{repetition}." if repetitions > 1 else ""
            weights |= {prefix + name: tensor for name, tensor in of_network.items()}
        units = writer.units()
        recorder = trained.recorder
        stored_gradients.finish(writer, shapes(recorder.network))
        writer.finish(
            splits=chosen.record.splits,
            layers=recorder.names,
            output=output_of(recorder, torch.from_numpy(samples.test.x[:2]).to(device)),
            reduce=chosen.record.reduce,
            reduced=reduced_layers(recorder),
            model=chosen.model,
            dataset=chosen.dataset,
            seed=chosen.seed,
            split_sizes=dict(samples.split_sizes),
            **described(recorder.network, samples.class_names),
        )
    return Trained(trained.repetitions, weights, units)


def _one_by_one(samples: TrainingSamples, chosen: Params, device: torch.device, ongoing: Ongoing) -> Networks:
    """Here, one after the other; each epoch is written while the next one is trained."""
    writer, checkpoints = ongoing.writer, ongoing.checkpoints
    on_device = OnDevice.of(samples, device)
    finished: list[list[Epoch]] = []
    weights: list[dict[str, Tensor]] = []
    with Background() as background:
        background.do(partial(write_samples, writer, samples))
        for repetition in range(chosen.train.repetitions):
            training, recorder = begin(on_device, chosen, device, repetition)
            finished.append(checkpoints.restore(repetition, training))
            if ends := is_over(finished[repetition], chosen.train.early_stopping):
                writer.end_at(training.number)
            with told_in_one_line(chosen, on_device):
                for number in () if ends else training.epochs():
                    background.wait()
                    # Freed before the next ones are made: `needs` has room for those of one epoch.
                    stored, state = NOTHING, None
                    epoch, stored = score(training, recorder, on_device.recorded if number in writer.epochs else {})
                    finished[repetition].append(epoch)
                    if ends := is_over(finished[repetition], chosen.train.early_stopping):
                        stored = stored if stored.activations else record(training, recorder, on_device.recorded)
                        writer.end_at(number)
                    state = checkpoints.copy_if_due(training, finished[repetition], is_last=ends)
                    # Written while the next epoch is trained.
                    background.do(partial(_write_epoch, writer, checkpoints, repetition, number, stored, state))
                    ongoing.tell(finished, epoch)
                    if ends:
                        break
            weights.append(separate_copies(recorder.network.state_dict()))
        background.wait()
    return Networks(finished, weights, recorder)


def write_samples(writer: Writer, samples: TrainingSamples) -> None:
    """Write the samples whose activations are recorded."""
    for name, split in samples.recorded.items():
        writer.add_split(name, *split)


def _write_epoch(
    writer: Writer,
    checkpoints: Checkpoints,
    repetition: int,
    epoch: int,
    stored: Stored,
    state: TrainingState | None,
) -> None:
    stored.write(writer, repetition, epoch)
    if state is not None:
        checkpoints.save(repetition, state, writer)
