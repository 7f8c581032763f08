"""Given weights, recorded without training: one pass over the samples for each, with a batch in memory."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.datasets.dataset import Split
from infoplane.models.parts.layers import Network
from infoplane.models.parts.weights import load_weights, read_weights
from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.settings.weights_series import KEY, Checkpoint, checkpoints
from infoplane.storage import activations_writer, writer_states
from infoplane.storage.activations_writer import Writer
from infoplane.storage.objects import Objects
from infoplane.training import chosen_network, made
from infoplane.training.batches import evaluation_batch
from infoplane.training.kept import stored
from infoplane.training.loop import Epoch, Score, evaluate_batches, weight_norms
from infoplane.training.recorders import described, layer_bytes, output_of, recorder_of, reduced_layers
from infoplane.training.recording import Recorder
from infoplane.training.state import epochs_as_json, epochs_from_json, separate_copies

DONE = "recorded.json"


class RecordedWeights(NamedTuple):
    """What recording ends with.

    Attributes:
        epochs: the scores of each checkpoint, on the splits that were recorded.
        weights: of the last checkpoint, by name.
        units: the number of units of each recorded layer.
    """

    epochs: list[Epoch]
    weights: dict[str, Tensor]
    units: dict[str, int]


def fits(network: Network, checkpoint: Checkpoint) -> None:
    """Load the weights of a checkpoint.

    Raises:
        UserError: the file cannot be read, or does not fit the network.
    """
    if checkpoint.path is not None:
        place = f"{KEY}: {checkpoint.path.as_posix()}"
        load_weights(network, read_weights(checkpoint.path, KEY), place)


def check(params: Params) -> None:
    """Try every checkpoint on the network, before anything is recorded.

    Raises:
        UserError: a file lacks, cannot be read or does not fit; says which, and what of it.
    """
    network = chosen_network.build(params, "cpu")
    for checkpoint in checkpoints(params):
        fits(network, checkpoint)


def needs(recorded: dict[str, Split], series: Sequence[Checkpoint], chosen: Params) -> tuple[int, int]:
    """Bytes of disk, for data/activations.zarr, and of memory that `record` needs at most."""
    network = chosen_network.build(chosen, "cpu")
    x = next(iter(recorded.values())).x[0:2]
    of_one = sum(layer_bytes(recorder_of(network, chosen), x))
    count = sum(len(split.y) for split in recorded.values())
    batch = evaluation_batch(network, torch.from_numpy(x[:1]))
    disk = count * (made.on_disk(chosen, len(series)) * of_one + x[:1].nbytes)
    weights = sum(tensor.nbytes for tensor in network.state_dict().values())
    return disk, 3 * weights + 2 * batch * (of_one + x[:1].nbytes)


def record(
    recorded: dict[str, Split],
    split_sizes: dict[str, int],
    class_names: tuple[str, ...],
    series: Sequence[Checkpoint],
    chosen: Params,
    device: torch.device,
    work: Work,
    path: Path,
) -> RecordedWeights:
    """Record every checkpoint, from where an interrupted run ended; activations go to the store at `path`.

    Args:
        recorded: the samples of each split; their x may stay on the disk.
        split_sizes: how many samples each split has.
        class_names: of the data set, for the store.

    Raises:
        UserError: weights do not fit, or an activation is not finite and `record.allow_diverged` is not set.
    """
    torch.manual_seed(chosen.seed)
    network = chosen_network.build(chosen, device)
    if refuse := getattr(network, "refuse", None):
        for split in recorded.values():
            refuse(split.x[:])  # tokens, which take little memory
    recorder = recorder_of(network, chosen)
    first = next(iter(recorded.values()))
    one = torch.from_numpy(first.x[0:1]).to(device)
    batch = evaluation_batch(network, one)
    unfinished = work.folder / "activations.zarr"
    objects = made.objects(chosen)
    state, epochs = _recalled(work, unfinished, objects)
    samples = sum(len(split.y) for split in recorded.values())
    with (
        activations_writer.create(
            path,
            [checkpoint.epoch for checkpoint in series],
            allow_diverged=chosen.record.allow_diverged,
            at=unfinished,
            restored=[state],
            objects=objects,
            shard_epochs=chosen.record.shard_epochs,
        ) as writer,
        tqdm(
            total=len(series) * samples,
            initial=len(epochs) * samples,
            desc=f"record: {chosen.model} on {chosen.dataset}",
            unit=" samples",
            mininterval=0.5,
        ) as bar,
    ):
        for name, split in recorded.items():
            writer.add_split(name, split.x, split.y)
        done = {epoch.number for epoch in epochs}
        left = [checkpoint for checkpoint in series if checkpoint.epoch not in done]
        if not left:  # the last weights are asked for below
            fits(network, series[-1])
        for checkpoint in left:
            fits(network, checkpoint)
            recorder.learn(x for x, _ in _Batches(first, batch, device))
            scores = {
                name: _record_split(recorder, writer, name, checkpoint.epoch, _Batches(split, batch, device, bar))
                for name, split in recorded.items()
            }
            epochs.append(Epoch(checkpoint.epoch, scores.get("train"), scores.get("test"), weight_norms(network)))
            _remember(work, writer, epochs)
        units = writer.units()
        writer.finish(
            splits=chosen.record.splits,
            layers=recorder.names,
            output=output_of(recorder, one),
            reduce=chosen.record.reduce,
            reduced=reduced_layers(recorder),
            model=chosen.model,
            dataset=chosen.dataset,
            seed=chosen.seed,
            split_sizes=split_sizes,
            **described(network, class_names),
        )
    return RecordedWeights(epochs, separate_copies(network.state_dict()), units)


class _Batches:
    """x and y of a split, on the device, a batch at a time."""

    def __init__(self, split: Split, batch: int, device: torch.device, bar: tqdm | None = None):
        self.split, self.batch, self.device, self.bar = split, batch, device, bar

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(self.split.y), self.batch):
            x, y = (torch.from_numpy(part[start : start + self.batch]).to(self.device) for part in self.split)
            yield x, y
            if self.bar is not None:
                self.bar.update(len(y))


def _record_split(recorder: Recorder, writer: Writer, split: str, epoch: int, batches: _Batches) -> Score:
    """Every layer's activations on a split, and the network's score on it, in one pass."""
    with stored(writer, split, epoch, len(batches.split.y)) as kept, recorder.listen(kept):
        return evaluate_batches(recorder.network, batches)


def _remember(work: Work, writer: Writer, epochs: list[Epoch]) -> None:
    work.write(DONE, json.dumps({"writer": writer.state(0), "epochs": epochs_as_json(epochs)}).encode())


def _recalled(work: Work, unfinished: Path, objects: Objects | None) -> tuple[Any, list[Epoch]]:
    """What an interrupted run has left: the state of its writer, and its epochs."""
    content = work.read(DONE)
    if content is not None:
        done = json.loads(content)
        if writer_states.is_intact(unfinished, [done["writer"]], objects):
            epochs = epochs_from_json(done["epochs"])
            work.say(f"goes on after {len(epochs)} checkpoints that an interrupted run had recorded")
            return done["writer"], epochs
        work.say(f"{unfinished} is damaged; the recording starts anew")
        work.clear()
    shutil.rmtree(unfinished, ignore_errors=True)
    return None, []
