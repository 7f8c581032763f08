"""Samples that a bidirectional GAN has not seen, on which its encoder is judged."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.learning.gan import classifier
from infoplane.learning.gan.targets import modes_of
from infoplane.learning.runs import DISTANT, FOR_HELD_OUT
from infoplane.settings.objectives import Bigan

N = 1000


class HeldOut(NamedTuple):
    """Of the distribution of the data.

    Attributes:
        x: shape (n, d).
        mode: of each, int64, shape (n,).
    """

    x: Tensor
    mode: Tensor

    def error(self, reconstructed: Tensor) -> float:
        """Mean squared distance of x from its reconstruction, shape (n, d), over that from the mean of x."""
        around = (self.x - self.x.mean(0)).square().sum(1).mean()
        return float((self.x - reconstructed).square().sum(1).mean() / around)


def held_out(settings: Bigan, samples: Mapping[str, Tensor], seed: int) -> HeldOut:
    """Fresh points, or as many test images.

    Args:
        samples: what stage `data` wrote, on the device of the training.
    """
    generator = torch.Generator().manual_seed(seed + FOR_HELD_OUT * DISTANT)
    if "points" in samples:
        modes = modes_of(settings)
        mode = torch.randint(len(modes.centres), (N,), generator=generator)
        x = modes.centres[mode] + modes.std * torch.randn(N, 2, generator=generator)
        return HeldOut(x.to(samples["points"].device), mode.to(samples["points"].device))
    rows = torch.randperm(len(samples["test_labels"]), generator=generator)[:N].to(samples["test_labels"].device)
    return HeldOut(classifier.scaled(samples["test_images"][rows]).flatten(1), samples["test_labels"][rows])
