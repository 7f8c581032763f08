"""Log-ratios ln p(y|t) / p(y) in closed form, from which the critic of I(T;Y) starts.

References: Fisher (1936), The use of multiple measurements in taxonomic problems, Annals of Eugenics 7,
doi:10.1111/j.1469-1809.1936.tb02137.x, for the linear discriminant.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.mine.log_ratios import MOST_INPUTS, leading_components
from infoplane.estimators.parts.class_scores import class_scores
from infoplane.estimators.parts.closed_forms.gaussian import RIDGE
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.label_channel import first_channel, label_probabilities
from infoplane.estimators.parts.ranks import scores_among
from infoplane.estimators.parts.sign_products import sign_products

ENOUGH_FOR_CLASS_SCORES = 4000
"""Samples that describe the maps of units to mixtures of classes well enough."""
SURE = 1e-4
"""Share of labels that are wrong where labels are believed."""
ROUNDS = 15
"""Of expectation maximisation."""
PSEUDO_COUNTS = 1.0
"""Samples of each class whose labels are as they were supposed to be at first."""


def linear_discriminant(t: Tensor, y: Tensor, train: Tensor, classes: int) -> Tensor:
    """log p(t | c) of Gaussian classes of one covariance, up to a function of t alone.

    Args:
        t: shape (n, d).
        y: labels from 0 to classes - 1, shape (n,).
        train: indices of the samples that define the classes.
    Returns: shape (n, classes), float32; 0 at a class that is not among the training samples.
    """
    t = t.double() - t[train].double().mean(0)
    t = t / (t[train].square().mean(0) + 1e-12).sqrt()
    one_hot = functional.one_hot(y[train], classes).double()
    counts = one_hot.sum(0)
    means = one_hot.T @ t[train] / counts.clamp(min=1)[:, None]
    within = t[train] - means[y[train]]
    covariance = within.T @ within / len(train)
    covariance.diagonal().add_(RIDGE)
    directions = torch.cholesky_solve(means.T, torch.linalg.cholesky(covariance))
    return (t @ directions - (means.T * directions).sum(0) / 2).float()


def noisy_discriminant(t: Tensor, y: Tensor, train: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """The same of classes that are not seen: their labels are wrong at times, by a channel of which nothing is known.

    Returns: ln of class probability and density up to a function of t alone, shape (n, classes), and the logarithms of
        the channel, shape (classes, classes). The linear discriminant is where expectation maximisation begins.
    """
    t = t.double() - t[train].double().mean(0)
    t = t / (t[train].square().mean(0) + 1e-12).sqrt()
    seen, one_hot = t[train], functional.one_hot(y[train], classes).double()
    share = (one_hot.sum(0) + 1) / (len(train) + classes)
    first = first_channel(share).double()
    log_channel, member = first, one_hot
    scores = torch.zeros(len(t), classes, dtype=torch.float64, device=t.device)
    for round_ in range(ROUNDS):
        if round_:
            member = torch.softmax(scores[train] + log_channel[:, y[train]].T, 1)
            counts = member.T @ one_hot + PSEUDO_COUNTS * first.exp()
            log_channel = (counts / counts.sum(1, keepdim=True)).log()
        weight = member.sum(0)
        means = member.T @ seen / weight.clamp(min=1)[:, None]
        covariance = seen.T @ seen / len(train) - (means.T * (weight / len(train))) @ means
        covariance.diagonal().add_(RIDGE)
        directions = torch.cholesky_solve(means.T, torch.linalg.cholesky(covariance))
        scores = t @ directions - (means.T * directions).sum(0) / 2 + ((weight + 1) / (len(train) + classes)).log()
    return scores.float(), log_channel.float()


class ByFold(NamedTuple):
    """What the critic of each fold starts from.

    Attributes:
        closed_forms: log-ratios of classes, shape (folds, n, classes).
        channels: logarithms of p(label|class), shape (folds, classes, classes).
        inputs: what its network sees of t, shape (folds, n, at most MOST_INPUTS and a few products of signs).
    """

    closed_forms: Tensor
    channels: Tensor
    inputs: Tensor


def labels_by_fold(t: Tensor, y: Tensor, log_prior: Tensor, parts: Folds) -> ByFold:
    """The discriminant of each fold, on t, on its normal scores or its class scores, its labels believed or not."""
    classes = len(log_prior)
    scores, channels, inputs = [], [], []
    sure = first_channel(log_prior.exp(), SURE)
    for z, train, held in zip(scores_among(t, parts.train), parts.train, parts.held, strict=True):
        enough = train[:ENOUGH_FOR_CLASS_SCORES]
        views = (t, z, class_scores(t[enough], y[enough], classes)(t))
        candidates = [(linear_discriminant(v, y, train, classes), sure) for v in views]
        unsure = [noisy_discriminant(v, y, train, classes) for v in views]
        candidates += [(f - log_prior.float(), channel) for f, channel in unsure]
        losses = [-float(log_label(log_prior + f[held], channel, y[held]).mean()) for f, channel in candidates]
        best = candidates[int(np.argmin(losses))]
        scores.append(best[0])
        channels.append(best[1])
        wide = t.shape[1] > MOST_INPUTS
        seen = next(iter(scores_among(leading_components(t, train), train[None]))) if wide else z
        inputs.append(torch.cat([seen, sign_products(t[train], y[train], classes)(t)], 1))
    width = max(each.shape[1] for each in inputs)
    inputs = [functional.pad(each, (0, width - each.shape[1])) for each in inputs]
    return ByFold(torch.stack(scores), torch.stack(channels), torch.stack(inputs))


def log_label(scores: Tensor, channel: Tensor, labels: Tensor) -> Tensor:
    """ln q(y|t) of the samples' own labels, from ln q(class|t) up to a constant, shape (..., n, classes)."""
    q = label_probabilities(scores.float(), channel)
    return q.gather(-1, labels.expand(q.shape[:-1])[..., None]).squeeze(-1).log()
