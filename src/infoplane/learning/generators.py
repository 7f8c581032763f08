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
from infoplane.settings.objectives import Objectives


def train(
    samples: Mapping[str, Tensor], chosen: Objectives, device: torch.device, work: Work
) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    """Every generator of the task (`runs.train`).

    Args:
        samples: what stage `data` wrote, on the device.

    Raises:
        UserError: a training diverged; names weight, seed and step.
    """
    target, i = target_of(chosen, samples), chosen.information
    if chosen.task == "bigan":
        kept = held_out(chosen.bigan, samples, chosen.seed)

        def make(run: Run) -> Training:
            return BiganTraining(chosen.bigan, i, run.weight, target, kept, device, run.seed)

        return train_every(make, chosen.bigan, chosen.seed, work, "bigan")
    settings = chosen.stacked_mnist if chosen.task == "stacked_mnist" else chosen.gan

    def make_gan(run: Run) -> Training:
        return GanTraining(settings, i, run.weight, target, device, run.seed)

    return train_every(make_gan, settings, chosen.seed, work, chosen.task)
