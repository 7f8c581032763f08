"""Every generator that params.yaml asks for: each weight of information with each seed."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.learning.checkpoints import Checkpoint
from infoplane.learning.gan.points import Modes, gaussians25, spiral
from infoplane.learning.gan.training import GanTraining, Row
from infoplane.running.unfinished import Work
from infoplane.settings.objectives import Gan, Objectives

GENERATED = 10_000
"""Points of each trained generator that are kept."""
FOR_POINTS, FOR_MADE = 1, 2
"""Added to seeds, so that data, training and judging share no draw."""
DISTANT = 1_000_003


class Run(NamedTuple):
    """One generator.

    Attributes:
        weight: of information in its loss.
        seed: of its training.
    """

    weight: float
    seed: int

    @property
    def name(self) -> str:
        return f"weight_{self.weight:g}_seed_{self.seed}"


def runs(settings: Gan, seed: int) -> list[Run]:
    """All of them, in order."""
    return [Run(weight, seed + k) for weight in settings.weights for k in range(settings.repetitions)]


def modes_of(settings: Gan) -> Modes:
    """What the data cluster about."""
    return gaussians25(settings.spacing, settings.std) if settings.data == "gaussians25" else spiral()


def draw_points(settings: Gan, seed: int) -> Tensor:
    """The data, shape (n, 2)."""
    generator = torch.Generator().manual_seed(seed + FOR_POINTS * DISTANT)
    return modes_of(settings).draw(settings.samples, generator)


def train(points: Tensor, chosen: Objectives, device: torch.device, work: Work) -> tuple[pd.DataFrame, dict]:
    """Train every generator, from where an interrupted run ended.

    Returns: the looks at all trainings, a row each (`Row`), and tensors by name: for each run z, c and the points that
        were made of them, after training.

    Raises:
        UserError: a training diverged; names weight, seed and step.
    """
    every = runs(chosen.gan, chosen.seed)
    rows, tensors = [], {}
    bar = tqdm(total=len(every) * chosen.gan.looks, desc=f"train: gan on {chosen.gan.data}", mininterval=0.5)
    with bar:
        for run in every:
            looks, made = _train_one(run, points.to(device), chosen, work, bar)
            rows += [{"weight": run.weight, "seed": run.seed, **look._asdict()} for look in looks]
            tensors |= {f"{run.name}.{name}": tensor.cpu().contiguous() for name, tensor in made.items()}
    return pd.DataFrame(rows), tensors


def _train_one(run: Run, points: Tensor, chosen: Objectives, work: Work, bar: tqdm) -> tuple[list[Row], dict]:
    training = GanTraining(chosen.gan, chosen.information, run.weight, modes_of(chosen.gan), points, run.seed)
    networks = dict(training.networks.items())
    checkpoint = Checkpoint(work, run.name, networks, training.optimizers, training.generator)
    done, kept = checkpoint.restore()
    looks = [Row(*row) for row in kept]
    bar.update(max(len(looks) - 1, 0))
    try:
        for look in _from(training, done):
            looks.append(look)
            checkpoint.save_if_due(look.step, looks, now=look.step == chosen.gan.steps)
            bar.update(look.step > 0)
            bar.set_postfix_str(f"weight {run.weight:g}, seed {run.seed}: {look.modes} modes", refresh=False)
    except FloatingPointError as error:
        raise UserError(
            f"gan with weight {run.weight:g} and seed {run.seed} diverged: {error}: lower gan.lr = {chosen.gan.lr} in "
            "objectives/params.yaml"
        ) from error
    training.generator.manual_seed(run.seed + FOR_MADE * DISTANT)
    training.networks.eval()
    with torch.no_grad():
        codes = training.codes(GENERATED)
        return looks, {"z": codes.z, "c": codes.c, "made": training.generate(codes)}


def _from(training: GanTraining, done: int) -> Iterator[Row]:
    return training.steps(done) if done < training.settings.steps else iter(())
