"""The training loop, as a generator of epochs: whoever iterates decides what to keep of each.

Epoch 0 is the network before training. After every epoch both splits are evaluated with frozen weights and without
noise, so that nothing that is recorded mixes weights of different steps.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from infoplane.models.parts.layers import Network, layers_of
from infoplane.models.parts.noise import InformationDropout
from infoplane.settings.sections import Train
from infoplane.training.augmentation import augmented
from infoplane.training.batches import EVALUATION_BATCH, evaluation_batch
from infoplane.training.kept_gradients import KeptGradients


class Score(NamedTuple):
    """How well a split is predicted.

    Attributes:
        loss: mean cross-entropy in nats.
        accuracy: share of samples classified correctly.
        divergence: mean Kullback-Leibler divergence of information dropout from its prior in nats, an upper bound on
            I(X;Z); None for a network without such layers.
    """

    loss: float
    accuracy: float
    divergence: float | None


class Gradient(NamedTuple):
    """One layer's weights and their gradient over the minibatches of one epoch (Shwartz-Ziv & Tishby 2017, fig. 4).

    Attributes:
        weight_norm: L2 norm of the layer's weights and biases.
        mean: L2 norm of the mean gradient; None before training.
        std: L2 norm of the gradient's standard deviation over minibatches; None before training.
    """

    weight_norm: float
    mean: float | None
    std: float | None


@dataclass(frozen=True)
class Epoch:
    """The scores after a finished epoch, on the splits that were looked at, and the gradients in it, by layer."""

    number: int
    train: Score | None
    test: Score | None
    gradients: dict[str, Gradient]


class Tensors(NamedTuple):
    """One split on the device: x of shape (n, ...), tokens in int64, anything else in float32; y of shape (n,)."""

    x: Tensor
    y: Tensor


def train(network: Network, train_split: Tensors, test_split: Tensors, settings: Train) -> Iterator[Epoch]:
    """Train in place, from epoch 0 to the last, and score every epoch; for where nothing needs to be saved."""
    training = Training(network, train_split, test_split, settings)
    for _ in training.epochs():
        yield training.score()


class Training:
    """The training of one network, in place, which can stop after any epoch and go on from there.

    Randomness comes from torch's global generators: seed them before.

    Args:
        allow_diverged: go on where the loss is not finite.
        kept: what takes the gradients of each minibatch, to be stored.

    Attributes:
        number: the last finished epoch; -1 before epoch 0, which is the untrained network.
    """

    def __init__(
        self,
        network: Network,
        train_split: Tensors,
        test_split: Tensors,
        settings: Train,
        *,
        allow_diverged: bool = False,
        kept: KeptGradients | None = None,
    ):
        self.network, self.settings, self.allow_diverged = network, settings, allow_diverged
        self.kept = kept or KeptGradients(network, "none", None)
        self.train_split, self.test_split = train_split, test_split
        self.evaluation_batch = evaluation_batch(network, train_split.x[:1])
        self.optimizer = _optimizer(network, settings)
        self.lr_schedule = _lr_schedule(self.optimizer, settings, math.ceil(len(train_split.y) / settings.batch_size))
        self.number = -1
        self._gradients = {name: _GradientMoments(network.get_submodule(name)) for name in layers_of(network)}

    def epochs(self) -> Iterator[int]:
        """Train epoch by epoch, those that are not finished yet, and yield after each its number."""
        for number in range(self.number + 1, self.settings.epochs + 1):
            self.kept.begin(number)
            if number > 0:
                self._train_epoch()
            self.number = number
            yield number

    def score(self, recordings: Mapping[str, AbstractContextManager] = MappingProxyType({})) -> Epoch:
        """The scores and gradients of the last finished epoch, once; leaves the network in evaluation mode.

        Args:
            recordings: for `train` or `test`, a context in which the network sees that split, all of it and in order.

        Raises:
            FloatingPointError: the loss is not finite; names the epoch.
        """
        with recordings.get("train", nullcontext()):
            train_score = evaluate(self.network, self.train_split, self.evaluation_batch)
        with recordings.get("test", nullcontext()):
            test_score = evaluate(self.network, self.test_split, self.evaluation_batch)
        if not (math.isfinite(train_score.loss) or self.allow_diverged):
            raise FloatingPointError(f"training diverged: the loss is {train_score.loss} after epoch {self.number}")
        gradients = {name: moments.summary() for name, moments in self._gradients.items()}
        return Epoch(self.number, train_score, test_score, gradients)

    def _train_epoch(self) -> None:
        self.network.train()
        dropouts = _information_dropouts(self.network)
        x, y = self.train_split
        augment = self.settings.augment
        # Drawn on the CPU, so that every device sees the samples in the same order.
        order = torch.randperm(len(y)).to(y.device)
        for batch in order.split(self.settings.batch_size):
            self.optimizer.zero_grad(set_to_none=True)
            images = x[batch] if augment is None else augmented(x[batch], augment)
            loss = cross_entropy(self.network(images), y[batch])
            for dropout in dropouts:
                loss = loss + dropout.penalty()
            loss.backward()
            for moments in self._gradients.values():
                moments.add()
            self.kept.add()
            self.optimizer.step()
            self.lr_schedule.step()


def evaluate(network: Network, split: Tensors, batch: int = EVALUATION_BATCH) -> Score:
    """Loss and accuracy on a whole split, in evaluation mode."""
    return evaluate_batches(network, zip(split.x.split(batch), split.y.split(batch), strict=True))


def evaluate_batches(network: Network, batches: Iterable[tuple[Tensor, Tensor]]) -> Score:
    """Loss and accuracy on batches of x and y, in evaluation mode, which the network is left in."""
    network.eval()
    loss, correct, divergence, n = 0.0, 0, 0.0, 0
    dropouts = _information_dropouts(network)
    with torch.no_grad():
        for x, y in batches:
            logits = network(x)
            n += len(y)
            loss += float(cross_entropy(logits, y, reduction="sum"))
            correct += int((logits.argmax(1) == y).sum())
            divergence += len(y) * sum(float(dropout.divergence) for dropout in dropouts)
    return Score(loss / n, correct / n, divergence / n if dropouts else None)


def weight_norms(network: Network) -> dict[str, Gradient]:
    """The norms of the weights of each layer, without a training's gradients."""
    return {name: _GradientMoments(network.get_submodule(name)).summary() for name in layers_of(network)}


def _information_dropouts(network: Network) -> list[InformationDropout]:
    return [part for part in network.modules() if isinstance(part, InformationDropout)]


def _optimizer(network: Network, settings: Train) -> torch.optim.Optimizer:
    if settings.optimizer != "sgd":
        kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.AdamW
        return kind(network.parameters(), settings.lr, weight_decay=settings.weight_decay)
    return torch.optim.SGD(
        network.parameters(), settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
    )


def _lr_schedule(optimizer: torch.optim.Optimizer, settings: Train, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """What sets the learning rate at every step, of which an epoch has so many."""
    if settings.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs * steps)
    phases = sorted(settings.lr_after or [], key=lambda phase: phase.epoch)

    def share(step: int) -> float:
        return [settings.lr, *(phase.lr for phase in phases if step >= phase.epoch * steps)][-1] / settings.lr

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)


class _GradientMoments:
    """Running sums of a layer's gradient and its square over the minibatches of an epoch."""

    def __init__(self, layer: nn.Module):
        self.parameters = [parameter for parameter in layer.parameters() if parameter.requires_grad]
        self._reset()

    def _reset(self) -> None:
        self.batches = 0
        self.sum = [torch.zeros_like(p) for p in self.parameters]
        self.sum_of_squares = [torch.zeros_like(p) for p in self.parameters]

    def add(self) -> None:
        self.batches += 1
        for parameter, total, squares in zip(self.parameters, self.sum, self.sum_of_squares, strict=True):
            if parameter.grad is not None:
                total += parameter.grad
                squares.addcmul_(parameter.grad, parameter.grad)

    def summary(self) -> Gradient:
        norm = math.sqrt(sum(float(p.detach().square().sum()) for p in self.parameters))
        if self.batches == 0:
            return Gradient(norm, None, None)
        mean_square = sum(float((s / self.batches).square().sum()) for s in self.sum)
        square_mean = sum(float(s.sum()) / self.batches for s in self.sum_of_squares)
        self._reset()
        return Gradient(norm, math.sqrt(mean_square), math.sqrt(max(square_mean - mean_square, 0.0)))
