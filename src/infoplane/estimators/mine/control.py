"""What a Gaussian critic of this sample size and these dimensions loses because its directions were estimated.

Problem: a closed form with d_x d_t numbers that n samples decided is worth less on fresh samples than the one with the
true numbers, by about as much as there are numbers over 2 n, less what held-out correlations save. In 25 + 25
dimensions and 1000 samples that is a tenth of a nat. It can be known: on Gaussian samples of the same correlations,
dimensions and folds, the fitted critic is compared with the true one, on the same samples, so that chance cancels.

References: Glasserman (2003), Monte Carlo methods in financial engineering, Springer; section 4.1, control variates.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.canonical import correlated
from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio, gaussian_scores
from infoplane.estimators.parts.closed_forms.worth import held_out_value
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.ranks import scores_within

REPEATS, SAMPLES = 2, 8000
"""At least so many Gaussian samples, and so many rows in all: of few rows chance makes more."""


class Control(NamedTuple):
    """What fitting costs on Gaussian samples, in nats.

    Attributes:
        lost: by how much the fitted critic's value on test samples is below that of the true log-ratio.
        gap: by how much its value on training samples is above that on held-out ones.
    """

    lost: float
    gap: float


def fitted_to_gaussians(rho: Tensor, d_x: int, d_t: int, parts: Folds, generator: torch.Generator) -> Control:
    """What a closed form of these dimensions loses, on average over a few samples.

    Args:
        rho: canonical correlations, shape (min(d_x, d_t),).
        d_x, d_t: dimensions.
        parts: folds of the samples at hand, for their sizes.
        generator: of the Gaussian samples.
    """
    sizes = [part.shape[1] for part in (parts.train, parts.held, parts.test)]
    train, held, test = torch.arange(sum(sizes), device=rho.device).split(sizes)
    pairs, lost, gaps = len(rho), [], []
    repeats = max(REPEATS, SAMPLES // sum(sizes))
    for _ in range(repeats):
        u, v = (torch.randn(sum(sizes), d, generator=generator, device=rho.device).double() for d in (d_x, d_t))
        v = correlated(u, v, rho)
        zx, zt = (scores_within(side.float(), train) for side in (u, v))
        fitted = gaussian_log_ratio(zx, zt, train, held).scores
        true = gaussian_scores(u[:, :pairs], v[:, :pairs], rho)
        lost.append(held_out_value(true, test) - held_out_value(fitted, test))
        gaps.append(held_out_value(fitted, train[: len(held)]) - held_out_value(fitted, held))
    return Control(sum(lost) / repeats, sum(gaps) / repeats)
