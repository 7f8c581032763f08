"""The repetitions of a training on several workers: the bytes that one after the other gives.

A unit is a few epochs of one repetition, from a saved state to another. This process alone writes: activations, and the
states, from which any number of workers goes on.
"""

import time
from concurrent.futures import Future
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import torch

from infoplane.running import file_digests
from infoplane.running.workers.units import Pool, done
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage import dataset_store, manifest
from infoplane.training import chosen_network
from infoplane.training.loop import Epoch
from infoplane.training.recorded_samples import TrainingSamples, choose_samples
from infoplane.training.recorded_training import Networks, Ongoing, Way, write_samples
from infoplane.training.recorders import recorder_of
from infoplane.training.repetition import OnDevice, Stored, begin, score, told_in_one_line
from infoplane.training.state import NETWORK, TrainingState, copy_state, restore, separate_copies, without_prefix

SECONDS, BYTES = 10.0, 1 << 28
"""A unit ends with the epoch in which it takes longer, or holds more activations: what is lost with a worker."""


class Plan(NamedTuple):
    """What all units of a training have in common; it is pickled.

    Attributes:
        params: the text of params.yaml.
        dataset: the store of the data set, for all workers.
        digest: of what it holds: a worker may outlive one that is written anew.
        device: its type.
    """

    params: str
    dataset: Path
    digest: str
    device: str


class Stretch(NamedTuple):
    """What a unit comes to: epochs with what is stored of them, the state after the last, whether it was the end."""

    epochs: list[tuple[Epoch, Stored]]
    state: bytes
    is_last: bool


def spread(pool: Pool, text: str, dataset: Path) -> Way:
    """The way to train repetitions on a pool's workers.

    Args:
        text: of params.yaml.
        dataset: the store of the data set.
    """
    store = dataset.resolve()
    return partial(_spread, pool, text, store, file_digests.sha256(store / manifest.NAME))


def _spread(
    pool: Pool,
    text: str,
    dataset: Path,
    digest: str,
    samples: TrainingSamples,
    chosen: Params,
    device: torch.device,
    ongoing: Ongoing,
) -> Networks:
    plan = Plan(text, dataset, digest, device.type)
    states = [ongoing.checkpoints.content(repetition) for repetition in range(chosen.train.repetitions)]
    finished = [TrainingState.from_bytes(state).epochs if state else [] for state in states]
    waiting: dict[Future[Stretch], int] = {}

    def submit(repetition: int) -> None:
        name = f"repetition {repetition} of the training after {len(finished[repetition])} epochs"
        waiting[pool.submit(name, train_stretch, plan, repetition, states[repetition])] = repetition

    for repetition in range(chosen.train.repetitions):
        submit(repetition)
    write_samples(ongoing.writer, samples)
    while waiting:
        for future in done(waiting):
            repetition, stretch = waiting.pop(future), future.result()
            states[repetition] = stretch.state
            finished[repetition] += [epoch for epoch, _ in stretch.epochs]
            if not stretch.is_last:
                submit(repetition)
            for epoch, stored in stretch.epochs:
                stored.write(ongoing.writer, repetition, epoch.number)
                ongoing.tell(finished, epoch)
            if stretch.epochs:
                ongoing.checkpoints.save(repetition, TrainingState.from_bytes(stretch.state), ongoing.writer)
    network, weights = chosen_network.build(chosen, device), []
    for state in filter(None, states):
        network.load_state_dict(without_prefix(NETWORK, TrainingState.from_bytes(state).tensors))
        weights.append(separate_copies(network.state_dict()))
    return Networks(finished, weights, recorder_of(network, chosen))


def train_stretch(plan: Plan, repetition: int, state: bytes | None) -> Stretch:
    """Train a repetition for some epochs, from a state or from its beginning.

    Raises:
        UserError: a loss is not finite, and `record.allow_diverged` is not set.
    """
    started, size = time.monotonic(), 0
    chosen, samples = _read(plan)
    training, recorder = begin(samples, chosen, torch.device(plan.device), repetition)
    all_epochs: list[Epoch] = []
    if state is not None:
        before = TrainingState.from_bytes(state)
        restore(training, before)
        all_epochs = before.epochs
    recorded_at = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    stretch: list[tuple[Epoch, Stored]] = []
    is_last = True
    with told_in_one_line(chosen, samples):
        for number in training.epochs():
            epoch, stored = score(training, recorder, samples.recorded if number in recorded_at else {})
            all_epochs.append(epoch)
            stretch.append((epoch, stored))
            size += stored.nbytes
            if time.monotonic() - started > SECONDS or size > BYTES:
                is_last = False
                break
    return Stretch(stretch, copy_state(training, all_epochs).to_bytes(), is_last)


@lru_cache(maxsize=1)
def _read(plan: Plan) -> tuple[Params, OnDevice]:
    """The parameters and the samples, which stay between units."""
    chosen = params.parse(plan.params)
    samples = choose_samples(dataset_store.read_for(chosen.dataset, plan.dataset), chosen)
    return chosen, OnDevice.of(samples, torch.device(plan.device))
