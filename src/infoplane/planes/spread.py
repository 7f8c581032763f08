"""A plane whose estimates are spread over several workers: the pieces that `plane` gives, to the byte.

A unit is what the journal has a line of: one part of the samples, of one layer at a block of epochs.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from infoplane.information import Estimator, from_json, to_json
from infoplane.planes.blocks import Reading, places
from infoplane.planes.plane import EPOCHS_AT_A_TIME, REFUSALS, diverged, in_memory, keywords_of, progress, refusal
from infoplane.planes.tables import Piece
from infoplane.running import file_digests
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.running.workers.units import Pool, Unit, results
from infoplane.storage import manifest
from infoplane.storage.activations import Activations


class Plan(NamedTuple):
    """What all units of a plane have in common; it is pickled.

    Attributes:
        store: where the activations are, for all workers.
        digest: of what the store holds: a worker may outlive one that is written anew.
        find: gives the estimator, whose function may be one that cannot be pickled.
        keywords, parts, seed, name, streams: as of `plane.estimate_plane`.
        device: its type.
    """

    store: Path
    digest: str
    find: Callable[[], Estimator]
    keywords: Mapping[str, Any]
    parts: int
    seed: int
    name: str
    streams: bool
    device: str


class Place(NamedTuple):
    """Where a unit lies; epochs are those with the indices from `start` up to `stop`."""

    split: str
    repetition: int
    part: int
    layer: str
    start: int
    stop: int


def estimate_plane(
    find: Callable[[], Estimator],
    activations: Activations,
    pool: Pool,
    *,
    keywords: Mapping[str, Any],
    seed: int,
    device: torch.device,
    name: str,
    parts: int = 1,
    streams: bool = False,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> Iterator[Piece]:
    """Estimate as `plane.estimate_plane` does, whose arguments these are; all pieces come when all units are done.

    Args:
        find: gives the estimator.
        pool: the workers, which see the same files as this process.

    Raises:
        UserError: the estimator refuses its input, or workers died of one unit again and again; names the unit.
    """
    store = activations.path.resolve()
    digest = file_digests.sha256(store / manifest.NAME)
    plan = Plan(store, digest, find, dict(keywords), parts, seed, name, streams, device.type)
    every = [
        (Place(split, repetition, part, layer, indices.start, indices.stop), has_diverged)
        for (split, repetition, layer), indices, has_diverged in places(activations, EPOCHS_AT_A_TIME[device.type])
        for part in range(parts)
    ]

    def epochs(place: Place) -> list[int]:
        return activations.epochs[place.start : place.stop]

    def key(place: Place) -> tuple[Any, ...]:
        return *place[:4], epochs(place)

    wanted = [place for place, has_diverged in every if not has_diverged]
    missing = [place for place in wanted if key(place) not in journal]
    done = sum(len(epochs(place)) for place, _ in every) - sum(len(epochs(place)) for place in missing)
    units = (Unit(_in_words(name, place, epochs(place)), estimate_unit, (plan, place)) for place in missing)
    found: dict[Place, Any] = {}
    with progress(activations, initial=done // parts) as bar:
        for unit, result in results(pool, units):
            place = unit.arguments[1]
            found[place] = journal.recall(key(place), lambda result=result: result)
            done += len(epochs(place))
            bar.set_description(f"{name}: {place.split} {place.layer}", refresh=False)
            bar.update(done // parts - bar.n)
    for place, has_diverged in every:
        if has_diverged:
            information = diverged(epochs(place))
        else:
            information = from_json(found[place] if place in found else journal.recall(key(place), dict))
        yield Piece(*place[:4], epochs(place), information)


def estimate_unit(plan: Plan, place: Place) -> dict[str, Any]:
    """What one unit comes to, as JSON can hold it.

    Raises:
        UserError: the estimator refuses its input, or the store is damaged.
    """
    activations, reading = _opened(plan.store, plan.digest, plan.parts, plan.seed, plan.streams, plan.device)
    split, repetition, part, layer, start, stop = place
    estimate = plan.find().estimate
    asked = keywords_of(estimate, plan.keywords, activations, (split, repetition, layer), plan.seed)
    try:
        return to_json(in_memory(estimate, asked, reading(split, repetition, layer, slice(start, stop))[part]))
    except REFUSALS as error:
        raise refusal(plan.name, split, layer, activations.epochs[start:stop], error) from error


@lru_cache(maxsize=1)
def _opened(store: Path, digest: str, parts: int, seed: int, streams: bool, device: str) -> tuple[Activations, Reading]:
    """The store, and what reads it, which keeps x and y between units."""
    activations = Activations(store, check_files=False)  # the stage has, and there may be many workers
    return activations, Reading(activations, torch.device(device), parts=parts, seed=seed, streams=streams)


def _in_words(name: str, place: Place, epochs: list[int]) -> str:
    of_repetition = f", repetition {place.repetition}" * bool(place.repetition)
    return f"{name}: layer {place.layer}, epoch {', '.join(map(str, epochs))} of {place.split}{of_repetition}"
