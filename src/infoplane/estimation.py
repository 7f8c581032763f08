"""One estimator over every layer and epoch of the recorded activations."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane import journal
from infoplane.activations import Activations
from infoplane.errors import UserError
from infoplane.information import DIVERGED, Information, Noise, from_json, joined, to_json

EPOCHS_AT_A_TIME = {"cpu": 1, "cuda": 64}
"""Epochs in one call: on a CPU one at a time costs no more and shows progress; a GPU works on them together."""


class Piece(NamedTuple):
    """Estimates of one layer at a few epochs: of one split, repetition of the network and part of the samples."""

    split: str
    repetition: int
    part: int
    layer: str
    epochs: list[int]
    information: Information


class Samples(NamedTuple):
    """x of shape (n, d_x) and y of shape (n,) on the device; t of shape (e, n, d_t) and its noise, on the CPU."""

    x: Tensor
    t: Tensor
    y: Tensor
    noise: Noise | None


def estimate_plane(
    estimate: Callable[..., Information],
    activations: Activations,
    *,
    keywords: Mapping[str, Any],
    seed: int,
    device: torch.device,
    name: str,
    parts: int = 1,
    recall: Callable[..., Any] = journal.compute,
) -> Iterator[Piece]:
    """Estimate I(X;T) and I(T;Y) of every layer at every recorded epoch, with a progress bar.

    Where activations were not finite there are no values, and the flag `diverged`.

    Args:
        estimate: an estimator (docs/estimators.md).
        keywords: its section of params.yaml.
        name: of the estimator, for the progress bar and for errors.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.
        recall: of a journal, to go on from where an interrupted run ended.

    Raises:
        UserError: the estimator refuses its input; names the estimator, split, layer and epoch.
    """
    runs = list(product(activations.splits, range(activations.repetitions), activations.layers))
    samples_of = cache(lambda split: tuple(torch.from_numpy(part).to(device) for part in activations.samples(split)))
    bar_format = "{desc:<34} {n_fmt:>3}/{total_fmt} layer-epochs |{bar:24}| {elapsed}, {remaining} left"
    with tqdm(total=len(runs) * len(activations.epochs), bar_format=bar_format, mininterval=0.5) as bar:
        for split, repetition, layer in runs:
            bar.set_description(f"{name}: {split} {layer}")
            every: dict[str, Any] = {"seed": seed, **keywords}
            if "extent" in inspect.signature(estimate).parameters:
                every["extent"] = activations.extent(split, layer, repetition)
            diverged = activations.diverged(split, layer, repetition)
            for indices in _blocks(diverged, EPOCHS_AT_A_TIME[device.type]):
                block = _Block(activations, split, repetition, layer, indices, partial(samples_of, split), parts, seed)
                for part in range(parts):
                    if diverged[indices.start]:
                        information = Information(flag=[DIVERGED] * len(block.epochs))
                    else:
                        information = block.information(estimate, part, every, name, recall)
                    yield Piece(split, repetition, part, layer, block.epochs, information)
                bar.update(len(block.epochs))


@dataclass
class _Block:
    """A few epochs of one layer of one network, with the parts of its samples."""

    activations: Activations
    split: str
    repetition: int
    layer: str
    indices: slice
    inputs: Callable[[], tuple[Tensor, ...]]
    parts: int
    seed: int

    @property
    def epochs(self) -> list[int]:
        return self.activations.epochs[self.indices]

    @cached_property  # not read at all, if every part is recalled
    def samples(self) -> list[Samples]:
        t, noise_kind, noise_std = self.activations.layer(self.split, self.layer, self.indices, self.repetition)
        noise = noise_kind and Noise(noise_kind, torch.from_numpy(noise_std))
        x, y = self.inputs()
        return list(_parts(Samples(x, torch.from_numpy(t), y, noise), self.parts, self.seed))

    def information(
        self, estimate: Callable[..., Information], part: int, keywords: dict[str, Any], name: str, recall: Callable
    ) -> Information:
        """The estimate of one part of the samples: a recalled one, if there is."""
        key = self.split, self.repetition, part, self.layer, self.epochs
        try:
            return from_json(recall(key, lambda: to_json(_in_memory(estimate, self.samples[part], keywords))))
        except (ValueError, torch.OutOfMemoryError) as error:
            place = f"layer {self.layer}, epoch{'s' * (len(self.epochs) > 1)} {', '.join(map(str, self.epochs))}"
            reason = str(error).splitlines()[0]
            raise UserError(f"estimators.{name}: {place} of {self.split}: {reason}") from error


def _blocks(diverged: list[bool], at_a_time: int) -> list[slice]:
    """The epochs, in order, at most so many in a block, in none of which some diverged and others did not."""
    blocks: list[slice] = []
    for index in range(len(diverged)):
        last = blocks[-1] if blocks else None
        if last and last.stop - last.start < at_a_time and diverged[last.start] == diverged[index]:
            blocks[-1] = slice(last.start, index + 1)
        else:
            blocks.append(slice(index, index + 1))
    return blocks


def _in_memory(estimate: Callable[..., Information], samples: Samples, keywords: dict[str, Any]) -> Information:
    """The estimate, of half of the epochs at a time where the device's memory is too small for all."""
    x, t, y, noise = samples
    try:
        on_device = noise and Noise(noise.kind, noise.std.to(x.device))
        return estimate(x, t.to(x.device), y, noise=on_device, **keywords)
    except torch.OutOfMemoryError:
        if len(t) == 1:
            raise
    torch.cuda.empty_cache()
    middle = len(t) // 2
    halves = []
    for half in (slice(0, middle), slice(middle, None)):
        of_half = noise if noise is None or len(noise.std) == 1 else Noise(noise.kind, noise.std[half])
        halves.append(_in_memory(estimate, Samples(x, t[half], y, of_half), keywords))
    return joined(halves)


def _parts(samples: Samples, parts: int, seed: int) -> Iterator[Samples]:
    """Equal parts of the samples, the same at every layer and epoch; the samples as they are, if parts is 1.

    Raises:
        ValueError: there are fewer samples than parts.
    """
    if parts == 1:
        yield samples
        return
    x, t, y, noise = samples
    if parts > len(y):
        raise ValueError(f"{len(y)} samples cannot be cut into {parts} parts: lower `parts`")
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    for chosen in order.tensor_split(parts):
        of_part = noise
        if noise is not None and noise.std.ndim > 1 and noise.std.shape[1] > 1:
            of_part = Noise(noise.kind, noise.std[:, chosen])
        on_device = chosen.to(y.device)
        yield Samples(x[on_device], t[:, chosen], y[on_device], of_part)
