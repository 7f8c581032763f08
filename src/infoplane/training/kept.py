"""Where a recording goes, batch by batch: into memory, or on, a batch at a time, such as into a store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from infoplane.information import NoiseKind
from infoplane.storage.activations import Recorded
from infoplane.storage.activations_writer import LayerEpoch, Writer


class Kept(Protocol):
    """Where a recording goes, batch by batch. Of a layer that is called several times the last output counts."""

    def t(self, layer: str, rows: slice, t: Tensor) -> None:
        """Activations of the samples with these numbers; they are to be copied at once."""
        ...

    def noise(self, layer: str, rows: slice, kind: NoiseKind, std: np.ndarray) -> None:
        """The noise of these samples: std of shape (1, ...) where it is the same for all."""
        ...

    def end_batch(self) -> None:
        """All layers of these samples have come."""
        ...


class InMemory:
    """All of a recording, as `Kept`.

    Args:
        samples: how many there will be.
    """

    def __init__(self, samples: int):
        self._samples, self._end = samples, 0
        self._t: dict[str, Tensor] = {}
        self._noise_kinds: dict[str, NoiseKind] = {}
        self._noise_stds: dict[str, np.ndarray] = {}

    def t(self, layer: str, rows: slice, t: Tensor) -> None:
        if layer not in self._t:
            self._t[layer] = torch.empty((self._samples, *t.shape[1:]), dtype=t.dtype)
        self._t[layer][rows].copy_(t)
        self._end = rows.stop

    def noise(self, layer: str, rows: slice, kind: NoiseKind, std: np.ndarray) -> None:
        if layer not in self._noise_stds:
            # Noise that depends on the input has a row for each sample, other noise is the same for every batch.
            self._noise_kinds[layer] = kind
            self._noise_stds[layer] = np.empty((self._samples if len(std) > 1 else 1, *std.shape[1:]), np.float32)
        stored = self._noise_stds[layer]
        stored[rows if len(stored) > 1 else slice(None)] = std

    def end_batch(self) -> None:
        pass

    def recorded(self, layers: Sequence[str]) -> dict[str, Recorded]:
        """Of all passes, one after another, once: t of shape (n, *unit) for each layer, in order."""
        if self._end != self._samples:
            raise ValueError(f"{self._samples} samples were to be recorded, the network has been shown {self._end}")
        return {
            name: Recorded(self._t.pop(name).numpy(), self._noise_kinds.get(name), self._noise_stds.get(name))
            for name in layers
        }


class Streamed:
    """A recording that goes on, layer by layer, with one batch in memory, as `Kept`.

    Args:
        write: takes a layer's name and its next samples, which nothing else holds.
    """

    def __init__(self, write: Callable[[str, Recorded], None]):
        self._write = write
        self._t: dict[str, np.ndarray] = {}
        self._noise: dict[str, tuple[NoiseKind, np.ndarray]] = {}

    def t(self, layer: str, rows: slice, t: Tensor) -> None:
        self._t[layer] = t.detach().to("cpu", torch.float32, copy=True).numpy()

    def noise(self, layer: str, rows: slice, kind: NoiseKind, std: np.ndarray) -> None:
        self._noise[layer] = kind, std

    def end_batch(self) -> None:
        for layer, t in self._t.items():
            self._write(layer, Recorded(t, *self._noise.get(layer, (None, None))))
        self._t.clear()


@contextmanager
def stored(writer: Writer, split: str, epoch: int, n: int) -> Iterator[Streamed]:
    """A recording of n samples that goes into a store, finished when the block ends without an error."""
    layers: dict[str, LayerEpoch] = {}

    def write(layer: str, block: Recorded) -> None:
        if layer not in layers:
            layers[layer] = LayerEpoch(writer, split, 0, epoch, layer, n)
        layers[layer].add(block)

    yield Streamed(write)
    for layer in layers.values():
        layer.finish()
