"""The samples and places at which layers are measured: the same random samples at every layer and epoch."""

from itertools import product

import numpy as np
import torch
from torch import Tensor

from infoplane.planes.reading import spread_epochs
from infoplane.storage.activations import Activations


class Sampled:
    """Recorded activations at a few epochs, of at most so many samples of each split.

    Attributes:
        epochs: those looked at: the last, the first, and some between.
        series: each (split, repetition).
    """

    def __init__(self, activations: Activations, *, epochs: int, samples: int, seed: int, device: torch.device):
        self.activations, self.device = activations, device
        self.epochs = spread_epochs(np.array(activations.epochs), epochs)
        self.series = list(product(activations.splits, range(activations.repetitions)))
        labels = {split: activations.samples(split)[1] for split in activations.splits}
        # in random order, so that whoever looks at the first few has a random part
        self._rows = {split: np.random.default_rng(seed).permutation(len(y))[:samples] for split, y in labels.items()}
        self._y = {split: torch.from_numpy(y[self._rows[split]]).to(device) for split, y in labels.items()}

    def labels(self, split: str) -> Tensor:
        """y of shape (n,)."""
        return self._y[split]

    def layer(self, split: str, repetition: int, layer: str, epoch: int) -> Tensor | None:
        """t of shape (n, d), float32; None where the layer diverged."""
        index = self.activations.epochs.index(epoch)
        if self.activations.diverged(split, layer, repetition)[index]:
            return None
        t = self.activations.layer(split, layer, slice(index, index + 1), repetition).t[0]
        return torch.from_numpy(t[self._rows[split]]).to(self.device)
