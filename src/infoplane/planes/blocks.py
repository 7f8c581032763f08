"""Recorded activations block by block, a few epochs of one layer each, so that memory never holds more than two.

While one block is worked at, another thread reads the next. What is larger than `LARGE` is not read ahead: an estimator
that can reads it in blocks of samples, and parts of the samples are read one at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.streamed import Rows, Streamed, held
from infoplane.information import Noise
from infoplane.storage.activations import Activations

LARGE = 1 << 27
"""Bytes of a layer at one epoch, or of x, above which neither is read whole where that can be helped."""


class Samples(NamedTuple):
    """x of shape (n, d_x) and y of shape (n,) on the device; t of shape (e, n, d_t) and its noise, on the CPU.

    What is read in blocks comes on the device, and the std of noise likewise.
    """

    x: Tensor | Rows
    t: Tensor | Streamed
    y: Tensor
    noise: Noise | None


def memory(activations: Activations, at_a_time: int, *, parts: int, streams: bool) -> int:
    """Bytes of the samples and of a block of a layer's epochs while the next one is read, for the largest layer.

    Args:
        at_a_time, parts, streams: as `blocks` and `Reading` have them.
    """
    sizes = []
    for split, layer in product(activations.splits, activations.layers):
        x, t = activations.input_bytes(split), activations.layer_bytes(split, layer)
        epochs = min(at_a_time, len(activations.epochs))
        if max(x, t) <= LARGE or not (streams or parts > 1):
            sizes.append(x + 2 * epochs * t)
        else:
            sizes.append((x + epochs * t) // parts if parts > 1 else LARGE)
    return max(sizes)


class Block:
    """A few epochs of one layer, of one split and repetition of the network.

    Attributes:
        diverged: at these epochs the layer's activations were not finite, so that there are none.
    """

    def __init__(
        self,
        place: tuple[str, int, str],
        epochs: list[int],
        diverged: bool,
        read: Callable[[], Future[Sequence[Samples]]],
    ):
        self.split, self.repetition, self.layer = place
        self.epochs, self.diverged = epochs, diverged
        self._read = read
        self._samples: Future[Sequence[Samples]] | None = None

    def read_ahead(self) -> None:
        """Begin to read, in another thread."""
        self._samples = self._samples or self._read()

    @property
    def samples(self) -> Sequence[Samples]:
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
        streams: the estimator can read samples in blocks (`estimators.parts.streamed`).
    """

    def __init__(self, activations: Activations, device: torch.device, *, parts: int, seed: int, streams: bool = False):
        self._activations, self._device, self._parts, self._seed = activations, device, parts, seed
        self._streams = streams
        self._inputs: dict[str, tuple[Tensor, Tensor]] = {}

    def __call__(self, split: str, repetition: int, layer: str, indices: slice) -> Sequence[Samples]:
        """The samples of each part, at the epochs with these indices.

        Raises:
            UserError: the store is damaged.
            ValueError: there are fewer samples than parts.
        """
        size = max(self._activations.layer_bytes(split, layer), self._activations.input_bytes(split))
        if size > LARGE and (self._streams or self._parts > 1):
            large = self._large(split, repetition, layer, indices)
            return _Parts(large, self._parts, self._seed) if self._parts > 1 else [large]
        t, noise_kind, noise_std = self._activations.layer(split, layer, indices, repetition)
        noise = noise_kind and Noise(noise_kind, torch.from_numpy(noise_std))
        if split not in self._inputs:
            x, y = (torch.from_numpy(part).to(self._device) for part in self._activations.samples(split))
            self._inputs[split] = x, y
        x, y = self._inputs[split]
        return list(_parts(Samples(x, torch.from_numpy(t), y, noise), self._parts, self._seed))

    def _large(self, split: str, repetition: int, layer: str, indices: slice) -> Samples:
        """The samples of all parts, still on the disk."""
        activations = self._activations
        epochs = range(*indices.indices(len(activations.epochs)))
        t = Streamed([Rows(activations.stored_layer(split, layer, repetition, i), self._device) for i in epochs])
        noise = None
        if found := [each for i in epochs if (each := activations.noise(split, layer, repetition, i))]:
            std = Streamed([Rows(rows, self._device) for _, rows in found])
            noise = Noise(found[0][0], held(std) if std.shape[1] == 1 else std)
        y = torch.from_numpy(activations.labels(split)).to(self._device)
        return Samples(Rows(activations.inputs(split), self._device), t, y, noise)


def blocks(activations: Activations, reading: Reading, reader: Executor, *, at_a_time: int) -> Iterator[Block]:
    """All blocks in the order of splits, repetitions, layers and epochs; each is read when it is first asked for.

    Args:
        reader: in which they are read, with one thread: at most one block at a time.
        at_a_time: epochs in a block, at most.
    """

    def later(place: tuple[str, int, str], indices: slice) -> Callable[[], Future[Sequence[Samples]]]:
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


class _Parts(Sequence[Samples]):
    """Equal parts of samples on the disk, as `_parts` has them, each of which is read when it is asked for."""

    def __init__(self, samples: Samples, parts: int, seed: int):
        self._samples = samples
        self._rows = _dealt(len(samples.y), parts, seed)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part):
        (x, t, y, noise), chosen = self._samples, self._rows[part]
        if noise is not None and isinstance(noise.std, Streamed):
            noise = Noise(noise.kind, noise.std[:, chosen])
        return Samples(x[chosen], t[:, chosen], y[chosen.to(y.device)], noise)


def _dealt(n: int, parts: int, seed: int) -> Sequence[Tensor]:
    """The numbers of the samples of each part, the same at every layer and epoch.

    Raises:
        ValueError: there are fewer samples than parts.
    """
    if parts > n:
        raise ValueError(f"{n} samples cannot be cut into {parts} parts: lower `parts`")
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tensor_split(parts)


def _parts(samples: Samples, parts: int, seed: int) -> Iterator[Samples]:
    """Equal parts of the samples; the samples as they are, if parts is 1."""
    if parts == 1:
        yield samples
        return
    x, t, y, noise = samples
    for chosen in _dealt(len(y), parts, seed):
        of_part = noise
        if noise is not None and noise.std.ndim > 1 and noise.std.shape[1] > 1:
            of_part = Noise(noise.kind, noise.std[:, chosen])
        on_device = chosen.to(y.device)
        yield Samples(x[on_device], t[:, chosen], y[on_device], of_part)
