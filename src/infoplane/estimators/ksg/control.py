"""What neighbours get wrong on data of known information that resemble the data at hand.

Gaussians with the canonical correlations of the data; with the scale that both sides share of Student's distribution,
where that is likelier; for I(T;Y), Gaussian classes with the data's means and covariances.

References: Glasserman (2003), Monte Carlo methods in financial engineering, Springer; section 4.1, control variates.
"""

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.canonical import correlated, decompose, gaussian_information
from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.student import likeliest_degrees, shared_scale_information
from infoplane.estimators.parts.folds import Folds, split
from infoplane.estimators.parts.gaussian_checks import in_coordinates
from infoplane.estimators.parts.linear_algebra import centred, white_and_back
from infoplane.estimators.parts.neighbours import kraskov, ross
from infoplane.estimators.parts.ranks import normal_scores, scores_among

FEW_DIMENSIONS = 3
"""Of x and t together, up to which neighbours see dependence that no Gaussian has; in more they lose most of it."""
REPEATS, FEW_FOR_ONE = 3, 3000
"""Data that are resembled, and samples above which one such set is enough."""
LEAST_FOR_DEGREES = 10
"""Samples a unit below which nothing is fitted to held-out samples."""


class Neighbours(NamedTuple):
    """How neighbours are counted: `ksg.estimate`, and whether units are normal scores."""

    k: int
    variant: int
    nonuniformity: float | None
    is_ranked: bool


class Control(NamedTuple):
    """What happens on data of known information that resemble the data at hand, nats.

    Attributes:
        of_xt, of_ty: errors of both estimates.
        left: dependence beside a Gaussian's, between units that belong together (`gaussian_checks.in_coordinates`).
    """

    of_xt: float
    of_ty: float
    left: float


class Inputs:
    """x, shape (n, d_x), on the CPU, and what resembling it takes at every epoch.

    Args:
        values: number of each sample's value, where x repeats a few; None where it does not.
    """

    def __init__(self, x: Tensor, values: Tensor | None):
        self.on_device, self.x, self.values = x, x.cpu(), None if values is None else values.cpu()
        self._scores: list[Tensor] = []

    @cached_property
    def white_and_back(self) -> tuple[Tensor, Tensor]:
        """`linear_algebra.white_and_back` of x."""
        return white_and_back((self.on_device.T @ self.on_device / len(self.x)).cpu())

    def scores(self, parts: Folds) -> list[Tensor]:
        """Normal scores by the training samples of each fold, of folds that are the same at every epoch."""
        self._scores = self._scores or list(scores_among(self.x, parts.train))
        return self._scores


def resembled(inputs: Inputs, t: Tensor, y: Tensor, neighbours: Neighbours, seed: int) -> Control:
    """Both estimates on Gaussian or Student's data that resemble x and t, and on Gaussian t given y.

    Canonical correlations are those that held-out samples show: in-sample ones are too large, and the data resembled
    would know more than is there. Student's only where units are ranks. Where x repeats a few values, t is resembled
    given these.
    """
    x, n, k = inputs.on_device, len(t), neighbours.k
    draw = torch.Generator().manual_seed(seed)
    if (values := inputs.values) is not None:
        return Control(_class_error(t.cpu(), values, k, draw), _class_error(t.cpu(), y.cpu(), k, draw), 0.0)
    (white_x, back_x), (white_t, back_t) = inputs.white_and_back, white_and_back((t.T @ t / n).cpu())
    left, rho, right, _ = decompose(white_x.T @ (x.T @ t / n).cpu() @ white_t)
    rho, dof = _resembled(inputs, t.cpu(), rho, draw)
    dof = dof if neighbours.is_ranked else math.inf
    errors, remaining, pairs = [], [], len(rho)
    for repeat in range(REPEATS if n <= FEW_FOR_ONE and pairs else min(pairs, 1)):
        u = torch.randn(n, left.shape[0], generator=draw, dtype=torch.float64)
        v = torch.randn(n, right.shape[1], generator=draw, dtype=torch.float64)
        v = correlated(u, v, rho)
        like_x, like_t, truth = u @ (back_x @ left).T, v @ (back_t @ right).T, gaussian_information(rho)
        if math.isfinite(dof):
            chi2 = torch.from_numpy(np.random.default_rng(seed + repeat).chisquare(dof, (n, 1)))
            like_x, like_t = (_with_scale(side, (dof / chi2).sqrt()) for side in (like_x, like_t))
            truth += shared_scale_information(dof, left.shape[0], right.shape[1])
        errors.append(float(kraskov(like_x, like_t[None], *neighbours[:3])[0]) - truth)
        if x.shape[1] + t.shape[1] > FEW_DIMENSIONS:
            remaining.append(in_coordinates(normal_scores(like_x), normal_scores(like_t)))
    of_xt, of_left = (sum(each) / max(len(each), 1) for each in (errors, remaining))
    return Control(of_xt, _class_error(t.cpu(), y.cpu(), k, draw), of_left)


def _resembled(inputs: Inputs, t: Tensor, rho: Tensor, draw: torch.Generator) -> tuple[Tensor, float]:
    """Canonical correlations that held-out samples show, as many as `rho`, and the degrees of Student's copula."""
    if not len(rho) or len(t) < LEAST_FOR_DEGREES * (inputs.x.shape[1] + t.shape[1]):
        return rho, math.inf
    parts = split(len(t), 3, draw)
    scores = list(zip(inputs.scores(parts), scores_among(t, parts.train), strict=True))
    fits = [gaussian_log_ratio(zx, zt, parts.train[i], parts.held[i]) for i, (zx, zt) in enumerate(scores)]
    (zx, zt), first = scores[0], fits[0]
    dof = likeliest_degrees(zx, zt, first.maps, first.rho, parts.train[0])
    return torch.stack([fit.rho for fit in fits]).mean(0)[: len(rho)], dof


def _with_scale(side: Tensor, scale: Tensor) -> Tensor:
    """Gaussian samples times a scale that both sides share, as normal scores."""
    return centred(normal_scores(side * scale))


def _class_error(t: Tensor, y: Tensor, k: int, draw: torch.Generator) -> float:
    """The error of I(T;Y) on Gaussian classes with the means and the covariances of the data's.

    A class's covariance is drawn towards the shared one as if that had been seen on d samples.
    """
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    if len(counts) < 2:
        return 0.0
    n, d = t.shape
    means = torch.zeros(len(counts), d, dtype=t.dtype).index_add_(0, labels, t) / counts[:, None]
    within = t - means[labels]
    to_white, back = white_and_back(within.T @ within / n)
    means, within = means @ to_white, within @ to_white
    d = means.shape[1]
    z = torch.randn(n, d, generator=draw, dtype=torch.float64)
    factors = []
    for c in range(len(counts)):
        members = within[labels == c]
        spread = (members.T @ members + d * torch.eye(d, dtype=t.dtype)) / (len(members) + d)
        factors.append(torch.linalg.cholesky(spread))
        z[labels == c] = means[c] + z[labels == c] @ factors[-1].T
    log_share = (counts / n).log()
    scores = torch.empty(n, len(counts), dtype=torch.float64)
    for c, factor in enumerate(factors):
        white = torch.linalg.solve_triangular(factor, (z - means[c]).T, upper=False)
        scores[:, c] = log_share[c] - white.square().sum(0) / 2 - factor.diagonal().log().sum()
    truth = float((scores.log_softmax(1).gather(1, labels[:, None])[:, 0] - log_share[labels]).mean())
    return float(ross((z @ back.T)[None], y, k)[0]) - truth
