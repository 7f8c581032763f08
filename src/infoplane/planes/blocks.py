"""Recorded activations block by block, a few epochs of one layer each, so that memory never holds more than two.

While one block is worked at, another thread reads the next.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.information import Noise
from infoplane.storage.activations import Activations


class Samples(NamedTuple):
    """x of shape (n, d_x) and y of shape (n,) on the device; t of shape (e, n, d_t) and its noise, on the CPU."""

    x: Tensor
    t: Tensor
    y: Tensor
    noise: Noise | None


class Block:
    """A few epochs of one layer, of one split and repetition of the network.

    Attributes:
        diverged: at these epochs the layer's activations were not finite, so that there are none.
    """

    def __init__(
        self, place: tuple[str, int, str], epochs: list[int], diverged: bool, read: Callable[[], Future[list[Samples]]]
    ):
        self.split, self.repetition, self.layer = place
        self.epochs, self.diverged = epochs, diverged
        self._read = read
        self._samples: Future[list[Samples]] | None = None

    def read_ahead(self) -> None:
        """Begin to read, in another thread."""
        self._samples = self._samples or self._read()

    @property
    def samples(self) -> list[Samples]:
        """The samples, part by part.

        Raises:
            UserError: the store is damaged.
            ValueError: there are fewer samples than parts.
        """
        self.read_ahead()
        assert self._samples is not None
        return self._samples.result()


class Reading:
    """What reads the samples of a block, part by part.

    Args:
        parts: equal, disjoint, random parts of the samples.
        seed: of these parts.
    """

    def __init__(self, activations: Activations, device: torch.device, *, parts: int, seed: int):
        self._activations, self._device, self._parts, self._seed = activations, device, parts, seed
        self._inputs: dict[str, tuple[Tensor, Tensor]] = {}

    def __call__(self, split: str, repetition: int, layer: str, indices: slice) -> list[Samples]:
        """The samples of each part, at the epochs with these indices.

        Raises:
            UserError: the store is damaged.
            ValueError: there are fewer samples than parts.
        """
        t, noise_kind, noise_std = self._activations.layer(split, layer, indices, repetition)
        noise = noise_kind and Noise(noise_kind, torch.from_numpy(noise_std))
        if split not in self._inputs:
            x, y = (torch.from_numpy(part).to(self._device) for part in self._activations.samples(split))
            self._inputs[split] = x, y
        x, y = self._inputs[split]
        return list(_parts(Samples(x, torch.from_numpy(t), y, noise), self._parts, self._seed))


def blocks(activations: Activations, reading: Reading, reader: Executor, *, at_a_time: int) -> Iterator[Block]:
    """All blocks in the order of splits, repetitions, layers and epochs; each is read when it is first asked for.

    Args:
        reader: in which they are read, with one thread: at most one block at a time.
        at_a_time: epochs in a block, at most.
    """

    def later(place: tuple[str, int, str], indices: slice) -> Callable[[], Future[list[Samples]]]:
        return lambda: reader.submit(reading, *place, indices)

    for place, indices, diverged in places(activations, at_a_time):
        yield Block(place, activations.epochs[indices], diverged, later(place, indices))


def places(activations: Activations, at_a_time: int) -> Iterator[tuple[tuple[str, int, str], slice, bool]]:
    """Of each block: split, repetition and layer, the indices of its epochs, and whether the layer diverged at them."""
    for place in product(activations.splits, range(activations.repetitions), activations.layers):
        split, repetition, layer = place
        diverged = activations.diverged(split, layer, repetition)
        for indices in _alike(diverged, at_a_time):
            yield place, indices, diverged[indices.start]


def _alike(diverged: list[bool], at_a_time: int) -> list[slice]:
    """The epochs, in order, at most so many in a block, in none of which some diverged and others did not."""
    found: list[slice] = []
    for index in range(len(diverged)):
        last = found[-1] if found else None
        if last and last.stop - last.start < at_a_time and diverged[last.start] == diverged[index]:
            found[-1] = slice(last.start, index + 1)
        else:
            found.append(slice(index, index + 1))
    return found


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
