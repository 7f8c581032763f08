"""Log-ratios ln p(y|t) / p(y) in closed form, from which the critic of I(T;Y) starts.

References: Fisher (1936), The use of multiple measurements in taxonomic problems, Annals of Eugenics 7,
doi:10.1111/j.1469-1809.1936.tb02137.x, for the linear discriminant.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.mine.log_ratios import MOST_INPUTS, leading_components
from infoplane.estimators.parts.by_epoch import epochs_together
from infoplane.estimators.parts.class_scores import class_scores
from infoplane.estimators.parts.closed_forms.gaussian import RIDGE
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.label_channel import first_channel, label_probabilities
from infoplane.estimators.parts.ranks import scores_among
from infoplane.estimators.parts.sign_products import products_of_epochs

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
        t: shape (..., n, d).
        y: labels from 0 to classes - 1, shape (n,).
        train: indices of the samples that define the classes.
    Returns: shape (..., n, classes), float32; 0 at a class that is not among the training samples.
    """
    t, seen = _standardised(t, train)
    one_hot = functional.one_hot(y[train], classes).double()
    counts = one_hot.sum(0)
    means = one_hot.T @ seen / counts.clamp(min=1)[:, None]
    within = seen - means[..., y[train], :]
    covariance = within.mT @ within / len(train)
    covariance.diagonal(dim1=-2, dim2=-1).add_(RIDGE)
    directions = torch.cholesky_solve(means.mT, torch.linalg.cholesky(covariance))
    return (t @ directions - (means.mT * directions).sum(-2, keepdim=True) / 2).float()


def noisy_discriminant(t: Tensor, y: Tensor, train: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """The same of classes that are not seen: their labels are wrong at times, by a channel of which nothing is known.

    Returns: ln of class probability and density up to a function of t alone, shape (..., n, classes), and the
        logarithms of the channel, shape (..., classes, classes). The linear discriminant is where expectation
        maximisation begins.
    """
    t, seen = _standardised(t, train)
    one_hot, m = functional.one_hot(y[train], classes).double(), len(train)
    share = (one_hot.sum(0) + 1) / (m + classes)
    first = first_channel(share).double()
    log_channel, member, whole = first.expand(*t.shape[:-2], -1, -1), one_hot, seen.mT @ seen / m
    pseudo, by_label = PSEUDO_COUNTS * first.exp(), y[train]
    scores = torch.zeros(*t.shape[:-1], classes, dtype=torch.float64, device=t.device)
    for round_ in range(ROUNDS):
        if round_:
            member = torch.softmax(scores[..., train, :] + log_channel[..., by_label].mT, -1)
            counts = member.mT @ one_hot + pseudo
            log_channel = (counts / counts.sum(-1, keepdim=True)).log()
        weight = member.sum(-2)
        means = member.mT @ seen / weight.clamp(min=1)[..., None]
        covariance = whole - (means.mT * (weight / m)[..., None, :]) @ means
        covariance.diagonal(dim1=-2, dim2=-1).add_(RIDGE)
        directions = torch.cholesky_solve(means.mT, torch.linalg.cholesky(covariance))
        offset = ((weight + 1) / (m + classes)).log()[..., None, :] - (means.mT * directions).sum(-2, keepdim=True) / 2
        scores = t @ directions + offset
    return scores.float(), log_channel.float()


def _standardised(t: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
    """All samples, and those for training, of mean 0 and variance 1 on the latter."""
    t = t.double() - t[..., train, :].double().mean(-2, keepdim=True)
    t = t / (t[..., train, :].square().mean(-2, keepdim=True) + 1e-12).sqrt()
    return t, t[..., train, :]


class ByFold(NamedTuple):
    """What the critics of each epoch and fold start from.

    Attributes:
        closed_forms: log-ratios of classes, shape (e, folds, n, classes).
        channels: logarithms of p(label|class), shape (e, folds, classes, classes).
        inputs: what the networks see of t, shape (e, folds, n, at most MOST_INPUTS and a few products of signs).
        widths: of what the networks of each epoch see, where that of others is wider.
    """

    closed_forms: Tensor
    channels: Tensor
    inputs: Tensor
    widths: list[int]

    def part(self, epochs: list[int]) -> "ByFold":
        """Those of a few epochs whose networks see equally much."""
        if len(epochs) == len(self.widths):
            return self
        widths = [self.widths[epoch] for epoch in epochs]
        closed_forms, channels, inputs = (each[epochs] for each in self[:3])
        return ByFold(closed_forms, channels, inputs[..., : widths[0]], widths)


def log_prior_of(y: Tensor) -> Tensor:
    """ln p(y) of labels numbered from 0, shape (classes,)."""
    return (torch.bincount(y).double() / len(y)).log()


def labels_by_fold(t: Tensor, y: Tensor, parts: Folds) -> ByFold:
    """The discriminant of each fold, on t, on its normal scores or its class scores, its labels believed or not.

    Args:
        t: shape (e, n, d). y: labels numbered from 0, shape (n,).
    """
    log_prior, every = log_prior_of(y), torch.arange(len(t), device=t.device)
    classes, found, products = len(log_prior), [], []
    sure = first_channel(log_prior.exp(), SURE).expand(len(t), -1, -1)
    for z, train, held in zip(scores_among(t, parts.train), parts.train, parts.held, strict=True):
        enough = train[:ENOUGH_FOR_CLASS_SCORES]
        views = torch.stack([t, z, class_scores(t[:, enough], y[enough], classes)(t)])
        at_a_time = views.split(epochs_together(t.numel(), t.device))
        certain = [(linear_discriminant(v, y, train, classes), sure.expand(len(v), *sure.shape)) for v in at_a_time]
        unsure = [noisy_discriminant(v, y, train, classes) for v in at_a_time]
        unsure = [(f - log_prior.float(), channel) for f, channel in unsure]
        forms, channels_of = (torch.cat(each) for each in zip(*certain, *unsure, strict=True))
        best = (-log_label(log_prior + forms[..., held, :], channels_of, y[held]).mean(-1)).argmin(0)
        scores, channels = forms[best, every], channels_of[best, every]
        wide = t.shape[2] > MOST_INPUTS
        seen = next(iter(scores_among(leading_components(t, train), train[None]))) if wide else z
        found.append((scores, channels, seen))
        maps = products_of_epochs(t[:, train], y[train], classes)
        products.append([product(each) for product, each in zip(maps, t, strict=True)])
    scores, channels, seen = (torch.stack(each, 1) for each in zip(*found, strict=True))
    more = [max(each.shape[1] for each in of_epoch) for of_epoch in zip(*products, strict=True)]
    if max(more):
        padded = (functional.pad(each, (0, max(more) - each.shape[1])) for of_fold in products for each in of_fold)
        seen = torch.cat([seen, torch.stack(list(padded)).unflatten(0, (len(products), -1)).transpose(0, 1)], 3)
    return ByFold(scores, channels, seen, [seen.shape[3] - max(more) + each for each in more])


def log_label(scores: Tensor, channel: Tensor, labels: Tensor) -> Tensor:
    """ln q(y|t) of the samples' own labels, from ln q(class|t) up to a constant, shape (..., n, classes)."""
    q = label_probabilities(scores.float(), channel)
    return q.gather(-1, labels.expand(q.shape[:-1])[..., None]).squeeze(-1).log()
