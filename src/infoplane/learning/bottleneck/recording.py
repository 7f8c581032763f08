"""Every encoder that params.yaml asks for, a weight each, and their z in a store of activations.

The store is that of the main pipeline: layer `z` of the test split, with its noise; a repetition is a weight.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load, save
from torch import Tensor
from tqdm import tqdm

from infoplane.datasets.dataset import Dataset, Split
from infoplane.errors import UserError
from infoplane.learning.bottleneck.training import BottleneckTraining, Score
from infoplane.learning.checkpoints import Checkpoint
from infoplane.running.unfinished import Work
from infoplane.settings.objectives import Objectives
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.storage import activations_writer
from infoplane.storage.activations import Recorded

LAYER, SPLIT = "z", "test"


def train(dataset: Dataset, chosen: Objectives, device: torch.device, work: Work, path: Path) -> pd.DataFrame:
    """Train every encoder, from where an interrupted run ended; z of the test split goes to the store at `path`.

    Returns: a row for each weight and epoch: weight, step (the epoch), and the entries of `Score`.

    Raises:
        UserError: a training diverged; names weight and epoch.
    """
    settings = chosen.bottleneck
    epochs = recorded_epochs(f"log {settings.recorded}", settings.epochs)
    train_split, test_split = (_tensors(split, device) for split in (dataset.train, dataset.test))
    rows = []
    with (
        activations_writer.create(path, epochs, len(settings.weights)) as writer,
        tqdm(total=len(settings.weights) * settings.epochs, desc=f"train: bottleneck by {settings.bound}") as bar,
    ):
        writer.add_split(SPLIT, *dataset.test)
        for place, weight in enumerate(settings.weights):
            training = BottleneckTraining(settings, chosen.information, weight, train_split, test_split, chosen.seed)
            scores = _train_one(training, f"weight_{weight:g}", epochs, work, bar)
            rows += [{"weight": weight, "step": epoch, **score._asdict()} for epoch, score in enumerate(scores)]
            for epoch in epochs:
                content = work.read(_name(f"weight_{weight:g}", epoch))
                assert content is not None
                z = {name: tensor.numpy() for name, tensor in load(content).items()}
                recorded = Recorded(np.array(z["mean"]), "additive", np.array(z["std"]))
                writer.add_epoch(SPLIT, place, epoch, {LAYER: recorded})
        writer.finish(
            splits=[SPLIT],
            layers=[LAYER],
            in_order=False,
            model=f"bottleneck by {settings.bound}",
            dataset=dataset.name,
            seed=chosen.seed,
        )
    return pd.DataFrame(rows)


def _train_one(training: BottleneckTraining, name: str, epochs: list[int], work: Work, bar: tqdm) -> list[Score]:
    last = training.settings.epochs
    checkpoint = Checkpoint(work, name, training.networks, training.optimizers, training.generator)
    done, kept = checkpoint.restore()
    scores = [Score(*row) for row in kept]
    bar.update(done)
    if not scores:
        scores.append(training.before())
        _keep(training, name, 0, work)
    for epoch in range(done + 1, last + 1):
        try:
            scores.append(training.epoch())
        except FloatingPointError as error:
            raise UserError(
                f"bottleneck with weight {training.weight:g} diverged: epoch {epoch}: {error}: lower bottleneck.lr = "
                f"{training.settings.lr} in objectives/params.yaml"
            ) from error
        if epoch in epochs:
            _keep(training, name, epoch, work)
        checkpoint.save_if_due(epoch, scores, now=epoch == last)
        bar.set_postfix_str(f"weight {training.weight:g}: test error {scores[-1].test_error:.2%}", refresh=False)
        bar.update()
    return scores


def _keep(training: BottleneckTraining, name: str, epoch: int, work: Work) -> None:
    mean, std = training.encoded(training.test[0])
    work.write(_name(name, epoch), save({"mean": mean.cpu().contiguous(), "std": std.cpu().contiguous()}))


def _name(name: str, epoch: int) -> str:
    return f"{name}_epoch_{epoch}.safetensors"


def _tensors(split: Split, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(split.x).to(device), torch.from_numpy(split.y).to(device)
