"""The log-ratio of x and t of Student's dependence: few degrees of freedom, whatever the marginals are.

Problem: x and t that share their scale know of each other without being correlated, as in Student's distribution, and a
network takes thousands of samples to learn what is a formula. Each coordinate's ranks become quantiles of Student's
distribution of nu degrees; in canonical variates u, v of correlations r, with q the joint one's square,

    f = ln Gamma((nu + d)/2) + ln Gamma(nu/2) - ln Gamma((nu + d_x)/2) - ln Gamma((nu + d_t)/2) - sum ln(1 - r^2)/2
        + (nu + d_x)/2 ln(1 + u'u/nu) + (nu + d_t)/2 ln(1 + v'v/nu) - (nu + d)/2 ln(1 + q/nu),     d = d_x + d_t.

References: Demarta & McNeil (2005), The t copula and related copulas, International Statistical Review 73,
doi:10.1111/j.1751-5823.2005.tb00254.x; section 2, and section 4.1 for its likelihood.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import digamma, gammaln, ndtr, stdtrit
from torch import Tensor

from infoplane.estimators.parts.closed_forms.pair_scores import PairScores, Tails

DEGREES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)
"""To choose from; with more, Student's copula is a Gaussian one."""
REACH, POINTS = 6.0, 2401
"""Of the grid of normal scores between whose points quantiles are drawn straight."""


def student_scores(z: Tensor, dof: float) -> Tensor:
    """Normal scores as the quantiles of Student's distribution that have the same rank, float64."""
    grid = np.linspace(-REACH, REACH, POINTS)
    return torch.from_numpy(np.interp(z.cpu().numpy(), grid, stdtrit(dof, ndtr(grid)))).to(z.device)


def log_ratio_constant(dof: float, d_x: int, d_t: int) -> float:
    """The part of f that is made of gamma functions."""
    both, of_x, of_t, none = (gammaln((dof + d) / 2) for d in (d_x + d_t, d_x, d_t, 0))
    return float(both + none - of_x - of_t)


def shared_scale_information(dof: float, d_x: int, d_t: int) -> float:
    """What sides of these dimensions know of each other because Student's distribution gives them one scale, nats.

    References: Czyz et al. (2023), Beyond normal, NeurIPS, arXiv:2306.11078; eq. 3.
    """
    both, of_x, of_t, none = (_term(dof + d) for d in (d_x + d_t, d_x, d_t, 0))
    return both + none - of_x - of_t


def _term(degrees: float) -> float:
    return float(gammaln(degrees / 2) - degrees / 2 * digamma(degrees / 2))


def student_log_ratio(zx: Tensor, zt: Tensor, maps: tuple[Tensor, Tensor], rho: Tensor, train: Tensor) -> PairScores:
    """f in canonical variates of normal scores, with the degrees of freedom that make training samples likeliest.

    Args:
        zx, zt: normal scores, shapes (n, d_x) and (n, d_t).
        maps: from them to canonical variates, the pairs first, shapes (d_x, d_x) and (d_t, d_t).
        rho: correlations of the pairs.
        train: indices of the samples that decide.
    Returns: scores without the member axis.
    """
    dof = _likeliest(_likelihoods(zx[train], zt[train], maps, rho))
    u, v = (student_scores(z, dof) @ of for z, of in zip((zx, zt), maps, strict=True))
    d_x, d_t, squares = u.shape[1], v.shape[1], _squares(u, v, rho)
    row = log_ratio_constant(dof, d_x, d_t) - 0.5 * torch.log1p(-rho.square()).sum()
    row = row + (dof + d_x) / 2 * torch.log1p(squares.x / dof)
    column = (dof + d_t) / 2 * torch.log1p(squares.t / dof)
    tails = Tails(row.new_tensor((dof + d_x + d_t) / 2), squares.joint_x / dof, squares.joint_t / dof)
    gain, pairs = rho / (1 - rho.square()), len(rho)
    return PairScores(row, column, -2 / dof * gain * u[:, :pairs], v[:, :pairs], tails)


def likeliest_degrees(zx: Tensor, zt: Tensor, maps: tuple[Tensor, Tensor], rho: Tensor, train: Tensor) -> float:
    """The degrees of freedom under which training samples are likeliest, infinite for a Gaussian; see above."""
    x, t = zx[train].double(), zt[train].double()
    joint = _squares(x @ maps[0], t @ maps[1], rho).joint
    alone = torch.cat([x, t], 1).square().sum(1)
    return _likeliest(_likelihoods(x, t, maps, rho) | {math.inf: float((alone - joint).mean()) / 2})


def _likeliest(likelihoods: dict[float, float]) -> float:
    return max(likelihoods, key=likelihoods.__getitem__)


def _likelihoods(zx: Tensor, zt: Tensor, maps: tuple[Tensor, Tensor], rho: Tensor) -> dict[float, float]:
    """By degrees of freedom, the mean ln density of samples' copula, but for what all degrees have in common."""
    found, d = {}, zx.shape[1] + zt.shape[1]
    for dof in DEGREES:
        x, t = (student_scores(z, dof) for z in (zx, zt))
        alone = (dof + 1) / 2 * torch.log1p(torch.cat([x, t], 1).square() / dof).sum(1)
        together = (dof + d) / 2 * torch.log1p(_squares(x @ maps[0], t @ maps[1], rho).joint / dof)
        gammas = gammaln((dof + d) / 2) + (d - 1) * gammaln(dof / 2) - d * gammaln((dof + 1) / 2)
        found[dof] = float(gammas + (alone - together).mean())
    return found


class _Squares(NamedTuple):
    """Squared lengths of samples under the correlations of each side, and of both together, shape (n,).

    Attributes:
        x, t: of the canonical variates of either side alone.
        joint_x, joint_t: the parts of `joint` that are a function of one side.
        joint: of both, where the pairs correlate.
    """

    x: Tensor
    t: Tensor
    joint_x: Tensor
    joint_t: Tensor
    joint: Tensor


def _squares(u: Tensor, v: Tensor, rho: Tensor) -> _Squares:
    gain, pairs = rho / (1 - rho.square()), len(rho)
    of_x, of_t = u.square().sum(1), v.square().sum(1)
    u, v = u[:, :pairs], v[:, :pairs]
    joint_x, joint_t = (of + (rho * gain * side.square()).sum(1) for of, side in ((of_x, u), (of_t, v)))
    return _Squares(of_x, of_t, joint_x, joint_t, joint_x + joint_t - 2 * (gain * u * v).sum(1))
