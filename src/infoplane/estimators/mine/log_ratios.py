"""Log-ratios in closed form: what a critic knows before it learns anything.

The best critic of any bound on I(X;T) is ln p(x, t) / (p(x) p(t)). Under Gaussian assumptions, and where the noise is
known, that is a formula. A network that only learns what is left has less to learn, and where the formula is right,
nothing to overfit. For I(T;Y) see `label_log_ratios`.

References: Hotelling (1936), Relations between two sets of variates, Biometrika 28, doi:10.1093/biomet/28.3-4.321.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.mine.bounds import sample_value
from infoplane.estimators.mine.copula import copula_log_ratios
from infoplane.estimators.parts.canonical import gaussian_information
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.pairing import CLEARLY_MORE, match_coordinates, pair_features
from infoplane.estimators.parts.ranks import scores_among
from infoplane.estimators.parts.unmixing import unmix

RIDGE = 1e-3
"""Added to the variance of normal scores (which is 1), so that duplicate and constant units can be whitened."""
MOST_INPUTS = 64
"""Wider layers reach the networks as this many canonical variates or principal components."""
LEAST_VARIANCE = 0.25
"""Of held-out samples along a variate whose training samples have 1: few samples can all lie where it is 0, as where a
class is rare, and a sample that does not would be thrown far out."""
LARGEST_CORRELATION = 0.9995
"""Canonical correlations are cut here, which bounds the closed form at 3.8 nats a dimension."""


class Pairs(NamedTuple):
    """What the critics of all folds start from and see.

    Attributes:
        closed_form: scores with a member a fold.
        x, t: inputs of the networks of all coordinates, shapes (folds, n, at most MOST_INPUTS).
        coordinates_x, coordinates_t: inputs of the networks of paired coordinates, shape (folds, n, d, features).
    """

    closed_form: "PairScores"
    x: Tensor
    t: Tensor
    coordinates_x: Tensor
    coordinates_t: Tensor


class PairScores(NamedTuple):
    """A separable critic at n inputs and n representations: f_ij = row_i + column_j + left_i . right_j.

    Attributes:
        row, column: shape (members, n).
        left, right: shape (members, n, rank).
    """

    row: Tensor
    column: Tensor
    left: Tensor
    right: Tensor

    def take(self, index: Tensor) -> "PairScores":
        """The scores at the samples `index` of each member, shape (members, m)."""
        member = torch.arange(len(index), device=index.device)[:, None]
        return PairScores(*(part[member, index] for part in self))

    def matrix(self, columns: "PairScores") -> Tensor:
        """f at all pairs of these inputs with the representations of `columns`, shape (members, n, m)."""
        product = self.left @ columns.right.mT
        return (self.row[..., :, None] + columns.column[..., None, :] + product).float()


def stack_scores(members: list[PairScores]) -> PairScores:
    """Members of different rank, each without the member axis, as one batch."""
    rank = max(scores.left.shape[-1] for scores in members)
    padded = [
        PairScores(
            s.row,
            s.column,
            functional.pad(s.left, (0, rank - s.left.shape[-1])),
            functional.pad(s.right, (0, rank - s.right.shape[-1])),
        )
        for s in members
    ]
    return PairScores(*(torch.stack(parts) for parts in zip(*padded, strict=True)))


def leading_components(values: Tensor, train: Tensor) -> Tensor:
    """The principal components of the largest variance, at most MOST_INPUTS; values as they are if there are fewer.

    Args:
        values: shape (n, d).
        train: indices of the samples that define the components.
    """
    if values.shape[1] <= MOST_INPUTS:
        return values
    centred = values - values[train].mean(0)
    _, axes = torch.linalg.eigh(centred[train].T @ centred[train])
    return centred @ axes[:, -MOST_INPUTS:]


def gaussian_log_ratio(zx: Tensor, zt: Tensor, train: Tensor, held: Tensor) -> tuple[PairScores, Tensor, Tensor]:
    """The log-ratio of jointly Gaussian x and t, by canonical correlation analysis.

    In canonical variates u, v of correlations r: sum of -ln(1 - r^2)/2 + (r u v - r^2 (u^2 + v^2)/2) / (1 - r^2).
    The directions come from the training samples, the correlations along them from held-out ones: in-sample
    correlations are too large, and a critic that believes them loses d_x d_t / 2n nats on fresh samples.

    Args:
        zx, zt: normal scores, shapes (n, d_x) and (n, d_t).
        train, held: indices of the two sets of samples.
    Returns: the scores, without a member axis, and the canonical variates of x and of t.
    References: Bartz (2016), Cross-validation based nonlinear shrinkage, on held-out samples in place of a formula.
    """
    variates = []
    for z in (zx.double(), zt.double()):
        z = z - z[train].mean(0)
        covariance = z[train].T @ z[train] / len(train)
        covariance.diagonal().add_(RIDGE)
        factor = torch.linalg.cholesky(covariance)
        variates.append(torch.linalg.solve_triangular(factor, z.T, upper=False).T)
    wx, wt = variates
    left, _, right = torch.linalg.svd(wx[train].T @ wt[train], full_matrices=False)
    u, v = wx @ left, wt @ right.T
    u, v = (w / w[held].square().mean(0).clamp(min=LEAST_VARIANCE).sqrt() for w in (u, v))
    observed = (u[held] * v[held]).mean(0).cpu().numpy()
    falling = np.clip(isotonic_regression(observed, increasing=False).x, 0, LARGEST_CORRELATION)
    r = torch.as_tensor(falling, device=zx.device)
    gain = r / (1 - r**2)
    row, column = gaussian_information(r) - (r * gain * u**2).sum(1) / 2, -(r * gain * v**2).sum(1) / 2
    used = r > 0
    return PairScores(row, column, (u * gain)[:, used], v[:, used]), u.float(), v.float()


def channel_log_ratio(t: Tensor, z: Tensor, noise_std: float, train: Tensor) -> PairScores:
    """The log-ratio of z = t + noise and t, where the noise is N(0, noise_std^2) and t is taken as Gaussian.

    log p(z|t) is known exactly; only log p(z), a function of z alone, is an approximation.

    Args:
        t, z: shape (n, d).
        train: indices of the samples that the distribution of z is fitted to.
    """
    mean = t[train].double().mean(0)
    t, z = (t.double() - mean) / noise_std, (z.double() - mean) / noise_std
    covariance = t[train].T @ t[train] / len(train)
    covariance.diagonal().add_(1)
    factor = torch.linalg.cholesky(covariance)
    whitened = torch.linalg.solve_triangular(factor, z.T, upper=False)
    log_det = factor.diagonal().log().sum()
    column = log_det + whitened.square().sum(0) / 2 - z.square().sum(1) / 2
    return PairScores(-t.square().sum(1) / 2, column, t, z)


def pairs_by_fold(x: Tensor, t: Tensor, noise_std: float, parts: Folds) -> Pairs:
    """The closed-form critic of each fold, and what its networks see of x and of t.

    Args:
        x, t: shapes (n, d_x) and (n, d_t).
        noise_std: if not 0, t is x plus noise of this standard deviation.
    """
    scores, inputs, outputs, coordinates = [], [], [], []
    if noise_std:
        for train in parts.train:
            scores.append(channel_log_ratio(x, t, noise_std, train))
            inputs += scores_among(leading_components(x, train), train[None])
            outputs += scores_among(leading_components(t, train), train[None])
            coordinates.append(pair_features([(inputs[-1], outputs[-1])], train))
    else:
        ranked = zip(scores_among(x, parts.train), scores_among(t, parts.train), parts.train, parts.held, strict=True)
        for zx, zt, train, held in ranked:
            closed_form, u, v = gaussian_log_ratio(zx, zt, train, held)
            if (unmixed := _unmixed(x, t, train, [(zx, zt), (u, v)])) is not None:
                zx, zt = unmixed
                rival, u, v = gaussian_log_ratio(zx, zt, train, held)
                closed_form = max((closed_form, rival), key=lambda each: _held_out_value(each, held))
            if zx.shape[1] == zt.shape[1] == 1:
                none = torch.zeros(len(zx), dtype=torch.float64, device=zx.device)
                copulas = copula_log_ratios(zx[:, 0], zt[:, 0], train)
                rivals = [closed_form, *(PairScores(none, none, *sides) for sides in copulas)]
                closed_form = max(rivals, key=lambda each: _held_out_value(each, held))
            scores.append(closed_form)
            inputs.append(zx if zx.shape[1] <= MOST_INPUTS else u[:, :MOST_INPUTS])
            outputs.append(zt if zt.shape[1] <= MOST_INPUTS else v[:, :MOST_INPUTS])
            variates = (u[:, :MOST_INPUTS], v[:, :MOST_INPUTS])
            coordinates.append(pair_features([(inputs[-1], outputs[-1]), variates], train))
    sides = (torch.stack(side) for side in zip(*coordinates, strict=True))
    return Pairs(stack_scores(scores), torch.stack(inputs), torch.stack(outputs), *sides)


def _unmixed(
    x: Tensor, t: Tensor, train: Tensor, others: Sequence[tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor] | None:
    """Normal scores of unmixed coordinates, if they depend in pairs clearly more than units do; None if not.

    Canonical variates are turned towards what chance correlates, and so must show more to be preferred.
    """
    if (unmixed := unmix(x, t, train)) is None:
        return None
    of_x, of_t = (next(scores_among(side, train[None])) for side in unmixed)
    scores = of_x, of_t
    dependence = [match_coordinates(u[train], v[train])[-1] for u, v in (scores, *others)]
    return scores if dependence[0] > max(CLEARLY_MORE * dependence[1], dependence[2] / CLEARLY_MORE) else None


def _held_out_value(scores: PairScores, held: Tensor) -> float:
    held_scores = PairScores(*(part[None, held] for part in scores))
    return float(sample_value(held_scores.matrix(held_scores)))
