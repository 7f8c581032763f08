"""One estimator over every layer and epoch of the recorded activations."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, pairwise
from typing import Any

import torch
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.flags import DIVERGED
from infoplane.information import Information, Noise, from_json, joined, to_json
from infoplane.planes.blocks import Block, Samples, blocks
from infoplane.planes.tables import Piece
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.storage.activations import Activations

EPOCHS_AT_A_TIME = {"cpu": 1, "cuda": 64}
"""Epochs in one call: on a CPU one at a time costs no more and shows progress; a GPU works on them together."""


def estimate_plane(
    estimate: Callable[..., Information],
    activations: Activations,
    *,
    keywords: Mapping[str, Any],
    seed: int,
    device: torch.device,
    name: str,
    parts: int = 1,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> Iterator[Piece]:
    """Estimate I(X;T) and I(T;Y) of every layer at every recorded epoch, with a progress bar.

    Where activations were not finite there are no values, and the flag `diverged`.

    Args:
        estimate: an estimator (docs/estimators.md).
        keywords: its section of params.yaml.
        name: of the estimator, for the progress bar and for errors.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.
        journal: to go on from where an interrupted run ended.

    Raises:
        UserError: the estimator refuses its input; names the estimator, split, layer and epoch.
    """
    places = len(activations.splits) * activations.repetitions * len(activations.layers)
    bar_format = "{desc:<34} {n_fmt:>3}/{total_fmt} layer-epochs |{bar:24}| {elapsed}, {remaining} left"
    bar = tqdm(total=places * len(activations.epochs), bar_format=bar_format, mininterval=0.5)
    with bar, ThreadPoolExecutor(1) as reader:
        at_a_time = EPOCHS_AT_A_TIME[device.type]
        every = blocks(activations, device, reader, at_a_time=at_a_time, parts=parts, seed=seed)
        for block, following in pairwise(chain(every, [None])):
            assert block is not None
            bar.set_description(f"{name}: {block.split} {block.layer}", refresh=False)
            for near in (block, following):
                if near and not near.diverged and any(_key(near, part) not in journal for part in range(parts)):
                    near.read_ahead()
            given: dict[str, Any] = {"seed": seed, **keywords}
            asked = inspect.signature(estimate).parameters
            if "extent" in asked:
                given["extent"] = activations.extent(block.split, block.layer, block.repetition)
            if "split_size" in asked:
                given["split_size"] = activations.split_size(block.split)
            for part in range(parts):
                information = _information(partial(_in_memory, estimate, given), block, part, name, journal)
                yield Piece(block.split, block.repetition, part, block.layer, block.epochs, information)
            bar.update(len(block.epochs))


def _information(
    compute: Callable[[Samples], Information], block: Block, part: int, name: str, journal: Journal | NoJournal
) -> Information:
    """The estimates of one part of a block's samples: recalled ones, if there are."""
    if block.diverged:
        return Information(flag=[DIVERGED] * len(block.epochs))
    try:
        return from_json(journal.recall(_key(block, part), lambda: to_json(compute(block.samples[part]))))
    except (ValueError, torch.OutOfMemoryError) as error:
        place = f"layer {block.layer}, epoch{'s' * (len(block.epochs) > 1)} {', '.join(map(str, block.epochs))}"
        reason = str(error).splitlines()[0]
        raise UserError(f"estimators.{name}: {place} of {block.split}: {reason}") from error


def _key(block: Block, part: int) -> tuple[str, int, int, str, list[int]]:
    return block.split, block.repetition, part, block.layer, block.epochs


def _in_memory(estimate: Callable[..., Information], keywords: dict[str, Any], samples: Samples) -> Information:
    """The estimate, of half of the epochs at a time where the device's memory is too small for all."""
    x, t, y, noise = samples
    try:
        on_device = noise and Noise(noise.kind, noise.std.to(x.device))
        information = estimate(x, t.to(x.device), y, noise=on_device, **keywords)
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
        halves.append(_in_memory(estimate, keywords, Samples(x, t[half], y, of_half)))
    return joined(halves)
