"""Log-ratios ln p(y|t) / p(y) in closed form, from which the critic of I(T;Y) starts.

References: Fisher (1936), The use of multiple measurements in taxonomic problems, Annals of Eugenics 7,
doi:10.1111/j.1469-1809.1936.tb02137.x, for the linear discriminant.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.mine.log_ratios import MOST_INPUTS, RIDGE, leading_components
from infoplane.estimators.parts.class_scores import class_scores
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.ranks import scores_among

ENOUGH_FOR_CLASS_SCORES = 4000
"""Samples that describe the maps of units to mixtures of classes well enough."""


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


def labels_by_fold(t: Tensor, y: Tensor, log_prior: Tensor, parts: Folds) -> tuple[Tensor, Tensor]:
    """The discriminant of each fold, on t, on its normal scores or its class scores, and what its network sees of t.

    Returns: shape (folds, n, classes), and inputs of shape (folds, n, at most MOST_INPUTS).
    """
    scores, inputs = [], []
    for z, train, held in zip(scores_among(t, parts.train), parts.train, parts.held, strict=True):
        enough = train[:ENOUGH_FOR_CLASS_SCORES]
        to_classes = class_scores(t[enough], y[enough], len(log_prior))
        candidates = [linear_discriminant(v, y, train, len(log_prior)) for v in (t, z, to_classes(t))]
        losses = [float(functional.cross_entropy(log_prior + c[held], y[held])) for c in candidates]
        scores.append(candidates[int(np.argmin(losses))])
        wide = t.shape[1] > MOST_INPUTS
        inputs += scores_among(leading_components(t, train), train[None]) if wide else [z]
    return torch.stack(scores), torch.stack(inputs)
