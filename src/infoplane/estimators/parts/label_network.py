"""Networks that predict a label, several side by side: linear, one hidden layer, and a channel for wrong labels."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.label_channel import first_channel, label_probabilities

RIDGES = (1e-1, 1e-2, 1e-3, 1e-4)
"""Weights of the squared coefficients, strongest first: each fit starts from the last."""
LEARNING_RATE, WEIGHT_DECAY = 3e-2, 1e-2
CHECKS = 12
"""How often the hidden layer is tried on the samples set aside."""
ITERATIONS = 15
"""Of L-BFGS, for each ridge and for the channel."""


class Model(NamedTuple):
    """Weights of f models, stacked: linear (f, d, c), hidden (f, d, h), out (f, h, c), offsets, channel (f, c, c)."""

    linear: Tensor
    offset: Tensor
    hidden: Tensor
    threshold: Tensor
    out: Tensor
    channel: Tensor

    def scores(self, values: Tensor) -> Tensor:
        """Of shape (f, n, c), from values of shape (f, n, d)."""
        linear = torch.baddbmm(self.offset, values, self.linear)
        inner = torch.relu(torch.baddbmm(self.threshold, values, self.hidden))
        return torch.baddbmm(linear, inner, self.out)

    def probabilities(self, values: Tensor, sharpness: float = 1.0) -> Tensor:
        """q(y|t) of shape (f, n, c); `sharpness` multiplies the scores."""
        return label_probabilities(sharpness * self.scores(values), self.channel)

    def of(self, member: int) -> "Model":
        """One of the stacked models alone, f = 1."""
        return Model(*(weights[member : member + 1] for weights in self))


class Samples(NamedTuple):
    """What each model sees: values of shape (f, n, d), and labels from 0 of shape (f, n)."""

    values: Tensor
    labels: Tensor


def likelihoods(probabilities: Tensor, labels: Tensor) -> Tensor:
    """The probabilities of the samples' own labels, of the shape of labels."""
    return probabilities.gather(-1, labels[..., None])[..., 0]


def loss(model: Model, samples: Samples) -> Tensor:
    """Mean cross-entropy of each model, shape (f,)."""
    return -likelihoods(model.probabilities(samples.values), samples.labels).log().mean(1)


def fit_linear(fit: Samples, check: Samples, classes: int, hidden: int, draw: torch.Generator) -> Model:
    """Multinomial logistic regression with a channel; the ridge is the best on samples set aside, model by model."""
    f, _, d = fit.values.shape
    device = fit.values.device
    zeros = torch.zeros(f, d, classes, device=device)
    counts = torch.bincount(fit.labels.flatten(), minlength=classes).add(1.0)
    offset = counts.log().expand(f, 1, -1).clone()
    first = torch.randn(f, d, hidden, generator=draw).to(device) / math.sqrt(d)
    threshold = torch.randn(f, 1, hidden, generator=draw).to(device)
    sure = first_channel(counts / counts.sum(), 1e-6).expand(f, -1, -1)
    model = Model(zeros, offset, first, threshold, torch.zeros(f, hidden, classes, device=device), sure)
    best, best_loss = model, loss(model, check)
    weights = [each.clone().requires_grad_(True) for each in (zeros, offset)]
    for ridge in RIDGES:
        descend(weights, fit, ridge)
        with torch.no_grad():
            fitted = model._replace(linear=weights[0].clone(), offset=weights[1].clone())
            best, best_loss = better(fitted, best, loss(fitted, check), best_loss)
    unsure = first_channel(counts / counts.sum()).expand(f, -1, -1).clone().requires_grad_(True)
    weights = [*weights, unsure]
    descend(weights, fit, RIDGES[-1])
    with torch.no_grad():
        linear, offset, channel = (each.clone() for each in weights)
        fitted = model._replace(linear=linear, offset=offset, channel=channel)
        return better(fitted, best, loss(fitted, check), best_loss)[0]


def descend(weights: list[Tensor], fit: Samples, ridge: float) -> None:
    """Fit linear coefficients and offsets, and a channel if there is one, in place."""
    optimizer = torch.optim.LBFGS(weights, max_iter=ITERATIONS, history_size=8, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        scores = torch.baddbmm(weights[1], fit.values, weights[0])
        log_q = label_probabilities(scores, weights[2]).log() if len(weights) > 2 else torch.log_softmax(scores, -1)
        value = ridge / 2 * weights[0].square().sum() - likelihoods(log_q, fit.labels).mean(1).sum()
        value.backward()
        return value

    optimizer.step(closure)


def better(one: Model, other: Model, loss_of_one: Tensor, loss_of_other: Tensor) -> tuple[Model, Tensor]:
    """The better of two models, each of the stacked ones by itself."""
    wins = (loss_of_one < loss_of_other)[:, None, None]
    chosen = Model(*(torch.where(wins, a, b) for a, b in zip(one, other, strict=True)))
    return chosen, torch.minimum(loss_of_one, loss_of_other)


def fit_hidden(
    model: Model, fit: Samples, check: Samples, steps: int, batch_size: int, draw: torch.Generator
) -> list[Model]:
    """The best models on samples set aside after half the steps and after all of them."""
    with torch.no_grad():
        best, best_loss = model, loss(model, check)
    weights = Model(*(each.clone().requires_grad_(True) for each in model))
    groups = [{"params": weights[:-1], "weight_decay": WEIGHT_DECAY}, {"params": weights[-1:], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE)
    f, n = fit.labels.shape
    states = []
    for step in range(steps):
        rate = min(1.0, 10 * (step + 1) / steps) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate
        rows = torch.randint(n, (f, batch_size), generator=draw).to(fit.labels.device)
        batch = fit.values.gather(1, rows[:, :, None].expand(-1, -1, fit.values.shape[2]))
        optimizer.zero_grad()
        loss(weights, Samples(batch, fit.labels.gather(1, rows))).sum().backward()
        optimizer.step()
        if (step + 1) % max(1, steps // CHECKS) == 0 or step + 1 == steps:
            with torch.no_grad():
                current = Model(*(each.detach().clone() for each in weights))
                best, best_loss = better(current, best, loss(current, check), best_loss)
        if step + 1 == steps // 2:
            states.append(best)
    return [*states, best]
