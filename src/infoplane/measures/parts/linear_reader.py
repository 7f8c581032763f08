"""A linear reader of labels, judged on samples that it has not seen: multinomial logistic regression by folds.

    q(y|t) = softmax(W z + b),      z: the units, each of mean 0 and variance 1, together of mean square 1

W minimises the cross-entropy and ridge / 2 |W|^2, for several ridges, of which samples set aside choose one. A ridge
does not see a rotation of z: of a layer wider than the samples are many, z are coordinates of the samples in the space
that they span, which hold the same inner products.

Means and variances are those of all samples, without labels; labels of held-out samples are never seen.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.folds import all_but, deal
from infoplane.estimators.parts.label_network import Samples, descend, likelihoods
from infoplane.measures.parts import inner_products

RIDGES = (1e-2, 1e-3, 1e-4, 1e-6)
"""Strongest first: each fit starts from the last. Of units of mean square 1 together."""
SET_ASIDE = 8
"""One in so many training samples chooses the ridge."""
SAMPLES_A_FOLD = 4
"""The fewest."""


class Reading(NamedTuple):
    """What the reader of the other folds says of each sample, shape (n,).

    Attributes:
        log_likelihood: ln q(y_i|t_i), float64.
        is_right: whether y_i is the class of largest q.
    """

    log_likelihood: Tensor
    is_right: Tensor


def read(t: Tensor, y: Tensor, *, folds: int, seed: int) -> list[Reading] | None:
    """Held-out predictions of the labels, an entry for each of e epochs.

    Args:
        t: one layer, shape (e, n, d).
        y: class labels, shape (n,).
        folds: each is predicted by the model of the others.
        seed: of the folds, the same at each epoch.

    Returns: None where there are fewer than `SAMPLES_A_FOLD` samples a fold.
    """
    return None if len(y) < SAMPLES_A_FOLD * folds else _read(t, t._version, y, y._version, folds, seed)


@lru_cache(maxsize=1)  # two measures ask for the same in turn; tensors are told apart by identity and version
def _read(t: Tensor, t_version: int, y: Tensor, y_version: int, folds: int, seed: int) -> list[Reading]:
    labels = torch.unique(y, return_inverse=True)[1]
    return [_read_one(each, labels, folds, seed) for each in t]


def _read_one(t: Tensor, labels: Tensor, folds: int, seed: int) -> Reading:
    n, classes = len(t), int(labels.max()) + 1
    values = _coordinates(t)
    held = deal(n, folds, torch.Generator().manual_seed(seed), t.device)
    seen = [all_but(held, fold) for fold in range(folds)]
    # stacked folds are equally long: a sample too many is left out
    length = min(map(len, seen))
    rows = torch.stack([each[:length] for each in seen])
    aside = max(1, length // SET_ASIDE)
    # samples of all other folds are among those set aside, and among those that are learned from
    rows = rows[:, torch.randperm(length, generator=torch.Generator().manual_seed(seed)).to(rows.device)]
    check, fit = (Samples(values[part], labels[part]) for part in (rows[:, :aside], rows[:, aside:]))
    weights, offsets = _fitted(fit, check, classes)
    log_likelihood = values.new_empty(n)
    is_right = torch.empty(n, dtype=torch.bool, device=t.device)
    for rows, weight, offset in zip(held, weights, offsets, strict=True):
        log_q = torch.log_softmax(values[rows] @ weight + offset, -1)
        log_likelihood[rows] = likelihoods(log_q, labels[rows])
        is_right[rows] = log_q.argmax(-1) == labels[rows]
    return Reading(log_likelihood, is_right)


def _coordinates(t: Tensor) -> Tensor:
    """z of shape (n, min(n, d)), float64."""
    n, d = t.shape
    squares = torch.cat([inner_products.centred(units).square().mean(0) for units in inner_products.blocks(t)])
    varying = int((squares > 0).sum())
    scale = torch.where(squares > 0, 1 / squares.clamp(min=1e-300).sqrt(), 0.0) / max(1, varying) ** 0.5
    if d <= n:
        return inner_products.centred(t) * scale
    variances, axes = torch.linalg.eigh(inner_products.of_samples(t, centre=True, scale=scale))
    return axes * variances.clamp(min=0).sqrt()


def _fitted(fit: Samples, check: Samples, classes: int) -> tuple[Tensor, Tensor]:
    """Weights (f, d, c) and offsets (f, 1, c) of f models; the ridge is the best on the samples set aside."""
    f, _, d = fit.values.shape
    counts = torch.bincount(fit.labels.flatten(), minlength=classes).double().add(1.0)
    weights = [fit.values.new_zeros(f, d, classes), counts.log().expand(f, 1, -1).clone()]
    best, best_loss = [each.clone() for each in weights], _loss(weights, check)
    weights = [each.requires_grad_(True) for each in weights]
    for ridge in RIDGES:
        descend(weights, fit, ridge)
        with torch.no_grad():
            loss = _loss(weights, check)
            wins = (loss < best_loss)[:, None, None]
            best = [torch.where(wins, new, old) for new, old in zip(weights, best, strict=True)]
            best_loss = torch.minimum(loss, best_loss)
    return best[0], best[1]


def _loss(weights: list[Tensor], samples: Samples) -> Tensor:
    """Mean cross-entropy of each model, shape (f,)."""
    log_q = torch.log_softmax(torch.baddbmm(weights[1], samples.values, weights[0]), -1)
    return -likelihoods(log_q, samples.labels).mean(1)
