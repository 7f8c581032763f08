"""Every generator that params.yaml asks for: each weight of information with each seed.

A training goes on after a kill from its last look, and ends in one line where it diverges.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.learning.checkpoints import Checkpoint
from infoplane.running.unfinished import Work
from infoplane.settings.objectives import Adversarial

FOR_POINTS, FOR_MADE, FOR_HELD_OUT = 1, 2, 3
"""Times `DISTANT`, added to seeds, so that data, training and judging share no draw."""
DISTANT = 1_000_003
CHECKED_EVERY = 100
"""Steps between looks at whether the losses are finite, which on a GPU wait for it."""


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


class Step(NamedTuple):
    """What a training step found, on its minibatch.

    Attributes:
        loss_generator, loss_discriminator: scalars.
        information: the critic's bound, nats; None without information in the loss.
        scale: how far information's gradient was scaled down at the generator or encoder; likewise.
    """

    loss_generator: Tensor
    loss_discriminator: Tensor
    information: Tensor | None
    scale: float | None

    def numbers(self) -> dict[str, float | None]:
        """By the names of the columns of plots/training.csv."""
        return {name: None if value is None else float(value) for name, value in self._asdict().items()}


class Training(Protocol):
    """One generator and what it is trained with.

    Attributes:
        networks, optimizers: by name; rates of `generator` and `discriminator` are set at every step.
        generator: of all randomness of the training but torch's own.
    """

    networks: nn.ModuleDict
    optimizers: dict[str, torch.optim.Optimizer]
    generator: torch.Generator

    def step(self) -> Step:
        """Train everything for a step."""
        ...

    def look(self) -> dict[str, Any]:
        """How good it is, by column; draws beside the training's own randomness."""
        ...

    def made(self) -> dict[str, Tensor]:
        """What is kept after training."""
        ...


def runs(settings: Adversarial, seed: int) -> list[Run]:
    """All of them, in order."""
    return [Run(weight, seed + k) for weight in settings.weights for k in range(settings.repetitions)]


def train(
    make: Callable[[Run], Training], settings: Adversarial, seed: int, work: Work, words: str
) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    """Train every generator, from where an interrupted run ended.

    Args:
        make: the training of a run.
        settings: its section of params.yaml.
        words: the task, for messages.

    Returns: the looks at all trainings, a row each: weight, seed, step, what `Step` has (empty before training) and
        the task's own columns; and tensors by name, `<run>.<name>`.

    Raises:
        UserError: a training diverged; names weight, seed and step.
    """
    every = runs(settings, seed)
    rows, tensors = [], {}
    with tqdm(total=len(every) * settings.looks, desc=f"train: {words}", mininterval=0.5) as bar:
        for run in every:
            looks, made = _train_one(run, make(run), settings, work, bar, words)
            rows += [{"weight": run.weight, "seed": run.seed, **look} for look in looks]
            tensors |= {f"{run.name}.{name}": tensor.cpu().contiguous() for name, tensor in made.items()}
    return pd.DataFrame(rows), tensors


def _train_one(
    run: Run, training: Training, settings: Adversarial, work: Work, bar: tqdm, words: str
) -> tuple[list[dict], dict[str, Tensor]]:
    networks = dict(training.networks.items())
    checkpoint = Checkpoint(work, run.name, networks, training.optimizers, training.generator)
    done, looks = checkpoint.restore()
    bar.update(max(len(looks) - 1, 0))
    try:
        for look in _looks(training, settings, done):
            looks.append(look)
            checkpoint.save_if_due(look["step"], looks, now=look["step"] == settings.steps)
            bar.update(look["step"] > 0)
            bar.set_postfix_str(f"weight {run.weight:g}, seed {run.seed}: {look['modes']} modes", refresh=False)
    except FloatingPointError as error:
        raise UserError(
            f"{words} with weight {run.weight:g} and seed {run.seed} diverged: {error}: lower {words}.lr = "
            f"{settings.lr} in objectives/params.yaml"
        ) from error
    training.generator.manual_seed(run.seed + FOR_MADE * DISTANT)
    training.networks.eval()
    with torch.no_grad():
        return looks, training.made()


def _looks(training: Training, settings: Adversarial, done: int) -> Iterator[Mapping[str, Any]]:
    """Train from the step after `done` on, and look now and then, at the last step among others."""
    steps = settings.steps
    at = {round(steps * (k + 1) / settings.looks) for k in range(settings.looks)}
    if not done:
        yield {"step": 0, **dict.fromkeys(Step._fields), **_look(training)}
    for step in range(done + 1, steps + 1):
        set_rates(training, settings, step)
        try:
            found = training.step()
            losses = found.loss_generator + found.loss_discriminator
            if step % CHECKED_EVERY == 0 and not bool(torch.isfinite(losses)):
                raise FloatingPointError("a loss is not finite")
        except FloatingPointError as error:
            raise FloatingPointError(f"step {step}: {error}") from error
        if step in at:
            yield {"step": step, **found.numbers(), **_look(training)}


def set_rates(training: Training, settings: Adversarial, step: int) -> None:
    """Rates of both players stay, and then fall along a line to 0; the critic of information keeps up with them."""
    left = 1 - (step - 1) / settings.steps
    falling = 1 - settings.constant_for
    factor = min(1.0, left / falling) if falling else 1.0
    for name, rate in (("generator", settings.lr), ("discriminator", settings.lr_discriminator)):
        training.optimizers[name].param_groups[0]["lr"] = rate * factor


@torch.no_grad()
def _look(training: Training) -> dict[str, Any]:
    state = training.generator.get_state()
    training.networks.eval()
    found = training.look()
    training.networks.train()
    training.generator.set_state(state)
    return found
