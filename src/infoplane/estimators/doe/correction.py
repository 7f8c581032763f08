"""What mixtures of Gaussians find of I(X;T) beside the Gaussian copula, on samples that they have not seen."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.doe.mixtures import fit_mixture

SAMPLES_A_PARAMETER = 4
"""Samples of a component for each of its dimensions, at least: fewer leave no covariance to fit."""


class Divided(NamedTuple):
    """The division of the samples: the fold of each, shape (n,), and how many folds there are."""

    fold: Tensor
    folds: int


class Fitting(NamedTuple):
    """How mixtures are fitted: the largest number of Gaussians, iterations at most, and the seed of the first means."""

    most_components: int
    iterations: int
    seed: int


class Correction(NamedTuple):
    """What mixtures find beside the Gaussian copula, in nats.

    Attributes:
        correction: E[r_K - r_1].
        stderr: its standard error over samples.
        step: how much the last doubling of K, or the one turned down, moved it.
        gap: how much larger it is on training samples.
        components: K.
    """

    correction: float
    stderr: float
    step: float
    gap: float
    components: int


NOTHING = Correction(0.0, 0.0, 0.0, 0.0, 1)


def correct(u: Tensor, v: Tensor, divided: Divided, fitting: Fitting) -> Correction:
    """The correction by the K that describes unseen samples best; u and v are variates of shapes (n, p_u), (n, p_v)."""
    uv, sides = torch.cat([u, v], 1), (slice(None, u.shape[1]), slice(u.shape[1], None))
    n, p = uv.shape
    chosen, history = 1, [(torch.zeros(n, dtype=torch.float64, device=uv.device), 0.0)]
    single, best_density = None, -math.inf
    k = 1
    while k <= fitting.most_components and n * (divided.folds - 1) / divided.folds / k >= SAMPLES_A_PARAMETER * p:
        density, ratio = (torch.empty(n, dtype=torch.float64, device=uv.device) for _ in range(2))
        on_training = torch.empty(divided.folds, n, dtype=torch.float64, device=uv.device)
        for fold in range(divided.folds):
            held = divided.fold == fold
            mixture = fit_mixture(uv[~held], k, fitting.iterations, fitting.seed)
            joint = mixture.log_density(uv)
            ratios = joint - mixture.log_density(uv, sides[0]) - mixture.log_density(uv, sides[1])
            density[held], ratio[held] = joint[held], ratios[held]
            on_training[fold] = torch.where(held, 0.0, ratios)
        trained = float(on_training.sum() / (n * (divided.folds - 1)))
        if single is None:
            single = (ratio, trained)
        else:
            history.append((ratio - single[0], trained - single[1]))
        if float(density.mean()) > best_density:
            best_density, chosen = float(density.mean()), k
        elif k > 2 * chosen:
            # two doublings in vain; one may only lack a partner, as two Gaussians for what takes four
            break
        k *= 2
    index = int(math.log2(chosen))
    gains, trained = history[index]
    correction = float(gains.mean())
    # the doubling that was turned down tells as much as the last one taken, where there was one
    neighbours = [history[i] for i in (index - 1, index + 1) if 0 <= i < len(history)]
    step = max((float(other[0].mean()) - correction for other in neighbours[-1:]), default=0.0)
    # two Gaussians that describe unseen samples worse than one and find less have only learned samples by heart
    step = max(step, 0.0) if chosen == 1 else abs(step)
    return Correction(correction, float(gains.std()) / math.sqrt(n), step, trained - correction, chosen)
