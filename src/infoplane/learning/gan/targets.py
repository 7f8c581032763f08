"""What a generator shall make, by params.yaml, and how it is judged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from infoplane import datasets
from infoplane.learning.gan import classifier
from infoplane.learning.gan.digits import STACKED, Digits
from infoplane.learning.gan.modes import Judged
from infoplane.learning.gan.points import Modes, Points, gaussians25, spiral
from infoplane.learning.runs import DISTANT, FOR_POINTS
from infoplane.settings.objectives import Bigan, Gan, Objectives, StackedMnist


class Target(Protocol):
    """Data that have modes.

    Attributes:
        shape: of a sample.
        m: number of modes.
        judged: of how many generated samples coverage is told after training.
        has_noise: whether N, of the settings' `output_noise`, is in the data, too, so that it belongs into what the
            discriminator sees.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def m(self) -> int: ...
    @property
    def judged(self) -> int: ...
    @property
    def has_noise(self) -> bool: ...

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n samples of the data."""
        ...

    def judge(self, samples: Tensor) -> Judged:
        """Generated samples by their modes."""
        ...


def modes_of(settings: Gan | Bigan) -> Modes:
    """What points cluster about."""
    return spiral() if settings.data == "spiral" else gaussians25(settings.spacing, settings.std)


def draw_points(settings: Gan | Bigan, seed: int) -> Tensor:
    """The data, shape (n, 2)."""
    generator = torch.Generator().manual_seed(seed + FOR_POINTS * DISTANT)
    return modes_of(settings).draw(settings.samples, generator)


def samples_of(chosen: Objectives, raw: Path) -> dict[str, Tensor]:
    """The data of the task as tensors by name: `points`, or digits and a classifier of them (`classifier.prepare`).

    Args:
        raw: the folder of raw files.

    Raises:
        UserError: raw files are missing, or cannot be read.
    """
    settings = chosen.section
    if isinstance(settings, StackedMnist):
        name, noise_std = settings.digits, settings.output_noise
    else:
        assert isinstance(settings, Gan | Bigan)
        if settings.data in ("gaussians25", "spiral"):
            return {"points": draw_points(settings, chosen.seed)}
        name, noise_std = settings.data, 0.0
    tensors, error = classifier.prepare(datasets.load(name, raw), noise_std, chosen.seed)
    print(f"classifier of digits: {error:.2%} of the test images of {name} are wrong")
    return tensors


def target_of(chosen: Objectives, samples: Mapping[str, Tensor]) -> Target:
    """The data of the task.

    Args:
        samples: as `samples_of` gives them, on the device of the training.
    """
    settings = chosen.section
    if isinstance(settings, StackedMnist):
        return Digits(samples, STACKED, settings.output_noise)
    assert isinstance(settings, Gan | Bigan)
    return Points(samples["points"], modes_of(settings)) if "points" in samples else Digits(samples, 1, 0.0)
