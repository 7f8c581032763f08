"""A lower bound on I(X;T) by critics in closed form alone, Gaussian or Student's, on sides as they are or untwisted.

Problem: a check that costs a second must still see what neighbours lose in many dimensions and pairs of coordinates do
not show. Critics of a few numbers are fitted to some folds, chosen by held-out samples and judged on the others.
"""

import math

import torch
from torch import Tensor

from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.pair_scores import PairScores
from infoplane.estimators.parts.closed_forms.student import student_log_ratio
from infoplane.estimators.parts.closed_forms.twisting import scaled, untwist
from infoplane.estimators.parts.closed_forms.worth import best_of, held_out_value
from infoplane.estimators.parts.folds import split
from infoplane.estimators.parts.ranks import scores_among, scores_within

FOLDS = 3
REACH = 0.85
"""Share of ln of a fold's size beyond which a bound says nothing."""


def read_closed_forms(x: Tensor, t: Tensor, seed: int) -> float:
    """The bound in nats, mean over folds; 0 near ln of a fold's size, where no bound can be trusted.

    Args:
        x, t: shapes (n, d_x) and (n, d_t), not both of one unit.
        seed: of folds and of twists.
    """
    generator = torch.Generator(x.device).manual_seed(seed)
    parts = split(len(x), FOLDS, generator)
    systems = [list(zip(scores_among(x, parts.train), scores_among(t, parts.train), strict=True))]
    if (sides := untwist(scaled(x), scaled(t), parts, generator)) is not None:
        systems.append([])
        for u, v, train in zip(*sides, parts.train, strict=True):
            systems[-1].append((scores_within(u, train), scores_within(v, train)))
    values = []
    for fold, (train, held, test) in enumerate(zip(parts.train, parts.held, parts.test, strict=True)):
        forms = []
        for system in systems:
            zx, zt = system[fold]
            forms += _forms(zx, zt, train, held)
        values.append(held_out_value(best_of(forms, held)[1], test))
        if values[-1] > REACH * math.log(len(test)):
            return 0.0
    return sum(values) / FOLDS


def _forms(zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> list[PairScores]:
    fit = gaussian_log_ratio(zx, zt, train, held)
    return [fit.scores, student_log_ratio(zx, zt, fit.maps, fit.rho, train)]
