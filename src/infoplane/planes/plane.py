"""One estimator over every layer and epoch of the recorded activations."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, pairwise
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.estimators.parts.streamed import Streamed
from infoplane.flags import DIVERGED
from infoplane.information import Information, Noise, from_json, joined, to_json
from infoplane.planes.blocks import Block, Reading, Samples, blocks
from infoplane.planes.tables import Piece
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.storage.activations import Activations

EPOCHS_AT_A_TIME = {"cpu": 1, "cuda": 64}
"""Epochs in one call: on a CPU one at a time costs no more and shows progress; a GPU works on them together."""
REFUSALS = (ValueError, torch.OutOfMemoryError)
"""What an estimator raises that cannot take its input."""


def estimate_plane(
    estimate: Callable[..., Information],
    activations: Activations,
    *,
    keywords: Mapping[str, Any],
    seed: int,
    device: torch.device,
    name: str,
    parts: int = 1,
    streams: bool = False,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> Iterator[Piece]:
    """Estimate I(X;T) and I(T;Y) of every layer at every recorded epoch, with a progress bar.

    Where activations were not finite there are no values, and the flag `diverged`.

    Args:
        estimate: an estimator (docs/estimators.md).
        keywords: its section of params.yaml.
        name: of the estimator, for the progress bar and for errors.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.
        streams: whether the estimator can read samples in blocks (`STREAMS`).
        journal: to go on from where an interrupted run ended.

    Raises:
        UserError: the estimator refuses its input; names the estimator, split, layer and epoch.
    """
    at_a_time = EPOCHS_AT_A_TIME[device.type]
    reading = Reading(activations, device, parts=parts, seed=seed, streams=streams)
    with progress(activations) as bar, ThreadPoolExecutor(1) as reader:
        every = blocks(activations, reading, reader, at_a_time=at_a_time)
        for block, following in pairwise(chain(every, [None])):
            assert block is not None
            bar.set_description(f"{name}: {block.split} {block.layer}", refresh=False)
            for near in (block, following):
                if near and not near.diverged and any(_key(near, part) not in journal for part in range(parts)):
                    near.read_ahead()
            asked = keywords_of(estimate, keywords, activations, (block.split, block.repetition, block.layer), seed)
            for part in range(parts):
                information = _information(partial(in_memory, estimate, asked), block, part, name, journal)
                yield Piece(block.split, block.repetition, part, block.layer, block.epochs, information)
            bar.update(len(block.epochs))


def progress(activations: Activations, initial: int = 0) -> tqdm:
    """A bar of all layers and epochs, of which some are done already."""
    places = len(activations.splits) * activations.repetitions * len(activations.layers)
    bar_format = "{desc:<34} {n_fmt:>3}/{total_fmt} layer-epochs |{bar:24}| {elapsed}, {remaining} left"
    total = places * len(activations.epochs)
    return tqdm(total=total, initial=initial, bar_format=bar_format, mininterval=0.5)


def keywords_of(
    estimate: Callable[..., Information],
    keywords: Mapping[str, Any],
    activations: Activations,
    place: tuple[str, int, str],
    seed: int,
) -> dict[str, Any]:
    """All keywords of an estimator but for the noise: its section's, and what it asks for of the store.

    Args:
        place: split, repetition and layer.
    """
    split, repetition, layer = place
    given: dict[str, Any] = {"seed": seed, **keywords}
    asked = inspect.signature(estimate).parameters
    if "extent" in asked:
        given["extent"] = activations.extent(split, layer, repetition)
    if "split_size" in asked:
        given["split_size"] = activations.split_size(split)
    return given


def refusal(name: str, split: str, layer: str, epochs: list[int], error: Exception) -> UserError:
    """An estimator's refusal of its input, as the user is told it."""
    place = f"layer {layer}, epoch{'s' * (len(epochs) > 1)} {', '.join(map(str, epochs))}"
    return UserError(f"estimators.{name}: {place} of {split}: {str(error).splitlines()[0]}")


def _information(
    compute: Callable[[Samples], Information], block: Block, part: int, name: str, journal: Journal | NoJournal
) -> Information:
    """The estimates of one part of a block's samples: recalled ones, if there are."""
    if block.diverged:
        return diverged(block.epochs)
    try:
        return from_json(journal.recall(_key(block, part), lambda: to_json(compute(block.samples[part]))))
    except REFUSALS as error:
        raise refusal(name, block.split, block.layer, block.epochs, error) from error


def diverged(epochs: list[int]) -> Information:
    """What there is to say where activations were not finite."""
    return Information(flag=[DIVERGED] * len(epochs))


def _key(block: Block, part: int) -> tuple[str, int, int, str, list[int]]:
    return block.split, block.repetition, part, block.layer, block.epochs


def in_memory(estimate: Callable[..., Information], keywords: dict[str, Any], samples: Samples) -> Information:
    """The estimate, of half of the epochs at a time where the device's memory is too small for all."""
    x, t, y, noise = samples
    try:
        on_device = noise and Noise(noise.kind, _on(x.device, noise.std))
        information = estimate(x, _on(x.device, t), y, noise=on_device, **keywords)
        if not isinstance(information, Information):
            raise ValueError(f"it returns {type(information).__name__}, not an Information")
        return information
    except torch.OutOfMemoryError:
        if len(t) == 1:
            raise
    torch.cuda.empty_cache()
    middle = len(t) // 2
    halves = []
    for half in (slice(0, middle), slice(middle, None)):
        of_half = noise if noise is None or len(noise.std) == 1 else Noise(noise.kind, noise.std[half])
        halves.append(in_memory(estimate, keywords, Samples(x, t[half], y, of_half)))
    return joined(halves)


def _on(device: torch.device, values: Tensor | Streamed) -> Tensor | Streamed:
    return values if isinstance(values, Streamed) else values.to(device)
