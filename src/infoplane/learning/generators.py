"""The tasks in which a generator plays against a discriminator: `gan`, `stacked_mnist` and `bigan`."""

from collections.abc import Mapping

import pandas as pd
import torch
from torch import Tensor

from infoplane.learning.bigan.held_out import held_out
from infoplane.learning.bigan.training import BiganTraining
from infoplane.learning.gan.targets import target_of
from infoplane.learning.gan.training import GanTraining
from infoplane.learning.runs import Run, Training
from infoplane.learning.runs import train as train_every
from infoplane.running.unfinished import Work
from infoplane.settings.objectives import Bigan, Gan, Objectives, StackedMnist


def train(
    samples: Mapping[str, Tensor], chosen: Objectives, device: torch.device, work: Work
) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    """Every generator of the task (`runs.train`).

    Args:
        samples: what stage `data` wrote, on the device.

    Raises:
        UserError: a training diverged; names weight, seed and step.
    """
    target, i, settings = target_of(chosen, samples), chosen.information, chosen.section
    if isinstance(settings, Bigan):
        kept = held_out(settings, samples, chosen.seed)

        def make(run: Run) -> Training:
            return BiganTraining(settings, i, run.weight, target, kept, device, run.seed)

        return train_every(make, settings, chosen.seed, work, chosen.task)
    assert isinstance(settings, Gan | StackedMnist)

    def make_gan(run: Run) -> Training:
        return GanTraining(settings, i, run.weight, target, device, run.seed)

    return train_every(make_gan, settings, chosen.seed, work, chosen.task)
