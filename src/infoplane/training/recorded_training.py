"""Every repetition of the training that params.yaml asks for, with the activations of every recorded epoch."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.datasets.dataset import Split
from infoplane.errors import UserError
from infoplane.running.background import Background
from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage import activations_writer
from infoplane.storage.activations import Recorded
from infoplane.storage.activations_writer import Writer
from infoplane.training import chosen_network
from infoplane.training.checkpoints import Checkpoints
from infoplane.training.early_stopping import is_over
from infoplane.training.kept import InMemory
from infoplane.training.loop import Epoch, Tensors, Training
from infoplane.training.recorded_samples import TrainingSamples
from infoplane.training.recorders import described, layer_bytes, output_of, recorder_of, reduced_layers
from infoplane.training.recording import Recorder
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
    disk = chosen.train.repetitions * len(epochs) * sum(counts) * of_all_layers
    disk += sum(x.nbytes + y.nbytes for x, y in samples.recorded.values())
    # All layers of every split at one epoch, and one layer twice as it is written.
    memory = sum(counts) * of_all_layers + max(counts) * 2 * max(of_layers)
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
) -> Trained:
    """Train every repetition, from where an interrupted run ended; activations go to the store at `path`.

    Args:
        told: called after each epoch with those of every repetition so far.

    Raises:
        UserError: a weight, a loss or an activation is not finite, and `record.allow_diverged` is not set.
    """
    scored = {"train": _tensors(samples.train, device), "test": _tensors(samples.test, device)}
    to_record = {
        name: scored[name] if split is getattr(samples, name, None) else _tensors(split, device)
        for name, split in samples.recorded.items()
    }
    repetitions = chosen.train.repetitions
    checkpoints = Checkpoints(work, repetitions)
    finished: list[list[Epoch]] = []
    weights: dict[str, Tensor] = {}
    with (
        activations_writer.create(
            path,
            recorded_epochs(chosen.record.epochs, chosen.train.epochs),
            repetitions,
            allow_diverged=chosen.record.allow_diverged,
            at=checkpoints.store,
            restored=checkpoints.writer_states,
        ) as writer,
        tqdm(
            total=repetitions * (chosen.train.epochs + 1),
            initial=checkpoints.epochs,
            desc=f"train: {chosen.model} on {chosen.dataset}",
            mininterval=0.5,
        ) as bar,
        Background() as background,
    ):
        background.do(partial(_write_samples, writer, samples.recorded))
        for repetition in range(repetitions):
            torch.manual_seed(chosen.seed + repetition)
            network = chosen_network.build(chosen, device)
            recorder = recorder_of(network, chosen)
            training = Training(
                network, scored["train"], scored["test"], chosen.train, allow_diverged=chosen.record.allow_diverged
            )
            finished.append(checkpoints.restore(repetition, training))
            if ends := is_over(finished[repetition], chosen.train.early_stopping):
                writer.end_at(training.number)
            try:
                for number in () if ends else training.epochs():
                    background.wait()
                    # Freed before the next ones are made: `needs` has room for those of one epoch.
                    recorded, state = {}, None
                    epoch, recorded = _score(training, recorder, to_record if number in writer.epochs else {})
                    finished[repetition].append(epoch)
                    if ends := is_over(finished[repetition], chosen.train.early_stopping):
                        recorded = recorded or _record(training, recorder, to_record)
                        writer.end_at(number)
                    state = checkpoints.copy_if_due(training, finished[repetition], is_last=ends)
                    # Written while the next epoch is trained.
                    background.do(partial(_write_epoch, writer, checkpoints, repetition, number, recorded, state))
                    told(finished)
                    bar.set_postfix_str(_in_words(epoch), refresh=False)
                    bar.update()
                    if ends:
                        break
            except FloatingPointError as error:
                raise UserError(f"{error}: lower train.lr = {chosen.train.lr}") from error
            except ValueError as error:
                if "more than 1 value per channel" not in str(error):
                    raise
                raise UserError(
                    f"train.batch_size = {chosen.train.batch_size}: the last minibatch of {len(samples.train.y)} "
                    "samples has a single one, and batch normalisation needs two"
                ) from error
            prefix = f"repetition{repetition}." if repetitions > 1 else ""
            weights |= {prefix + name: tensor for name, tensor in separate_copies(network.state_dict()).items()}
        background.wait()
        units = writer.units()
        writer.finish(
            splits=chosen.record.splits,
            layers=recorder.names,
            output=output_of(recorder, scored["test"].x[:2]),
            reduce=chosen.record.reduce,
            reduced=reduced_layers(recorder),
            model=chosen.model,
            dataset=chosen.dataset,
            seed=chosen.seed,
            split_sizes=dict(samples.split_sizes),
            **described(network, samples.class_names),
        )
    return Trained(finished, weights, units)


def _score(
    training: Training, recorder: Recorder, to_record: dict[str, Tensors]
) -> tuple[Epoch, dict[str, dict[str, Recorded]]]:
    """The scores of an epoch and its activations on each split: in one pass where the samples are the same."""
    scored = {"train": training.train_split, "test": training.test_split}
    batch = training.evaluation_batch
    for split in list(to_record.values())[:1]:
        recorder.learn(split.x.split(batch))
    kept = {name: InMemory(len(split.y)) for name, split in to_record.items() if split is scored.get(name)}
    epoch = training.score({name: recorder.listen(in_memory) for name, in_memory in kept.items()})
    return epoch, {
        name: kept[name].recorded(recorder.names) if name in kept else recorder.record(split.x, batch)
        for name, split in to_record.items()
    }


def _record(training: Training, recorder: Recorder, to_record: dict[str, Tensors]) -> dict[str, dict[str, Recorded]]:
    """The activations of an epoch on each split, where that was scored before it was known that it is the last."""
    batch = training.evaluation_batch
    for split in list(to_record.values())[:1]:
        recorder.learn(split.x.split(batch))
    return {name: recorder.record(split.x, batch) for name, split in to_record.items()}


def _in_words(epoch: Epoch) -> str:
    assert epoch.train is not None
    assert epoch.test is not None
    return f"loss {epoch.train.loss:.4f}, test accuracy {epoch.test.accuracy:.2%}"


def _write_samples(writer: Writer, recorded: dict[str, Split]) -> None:
    for name, split in recorded.items():
        writer.add_split(name, *split)


def _write_epoch(
    writer: Writer,
    checkpoints: Checkpoints,
    repetition: int,
    epoch: int,
    recorded: dict[str, dict[str, Recorded]],
    state: TrainingState | None,
) -> None:
    for split, layers in recorded.items():
        writer.add_epoch(split, repetition, epoch, layers)
    if state is not None:
        checkpoints.save(repetition, state, writer)


def _tensors(split: Split, device: torch.device) -> Tensors:
    return Tensors(*(torch.from_numpy(part).to(device) for part in split))
