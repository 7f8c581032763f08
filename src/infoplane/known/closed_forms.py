"""Distributions whose mutual information is known: closed forms, and transforms that leave it alone.

Problem: an estimator can only be judged where the truth is known. A `Task` draws (x, t, y) and says what I(X;T) and
I(T;Y) are, in nats, and where that number comes from. Channels and label tasks, whose truth takes a numerical integral,
are in `known.channels` and `known.mixtures`.

Equation (Gaussian pairs): I(X;T) = 1/2 ln( det C_x det C_t / det C ), C the covariance of (x, t).

References: Czyz et al. (2023), Beyond normal: on the evaluation of mutual information estimators, NeurIPS,
arXiv:2306.11078.
"""

import dataclasses
import math

import torch
from scipy.special import digamma, gammaln
from torch import Tensor

from infoplane.known.task import Task, generator


def gaussian_information(covariance: Tensor, d_x: int) -> float:
    """I(X;T) of a Gaussian (x, t) with this covariance, the first d_x coordinates being x."""
    c = covariance.double()
    parts = torch.logdet(c[:d_x, :d_x]) + torch.logdet(c[d_x:, d_x:]) - torch.logdet(c)
    return float(parts) / 2


def from_covariance(name: str, covariance: Tensor, d_x: int, source: str = "log-determinants") -> Task:
    """Gaussian (x, t) with a given covariance of shape (d_x + d_t, d_x + d_t)."""
    factor = torch.linalg.cholesky(covariance.double())

    def sample(n: int, seed: int):
        z = torch.randn(n, len(factor), generator=generator(seed), dtype=torch.float64) @ factor.T
        return z[:, :d_x].float(), z[:, d_x:].float(), None

    return Task(name, sample, truth_xt=gaussian_information(covariance, d_x), source=source)


def gaussian(d: int, rho: float) -> Task:
    """d independent pairs of standard Gaussians, each pair of correlation rho: I = -d/2 ln(1 - rho^2)."""
    eye = torch.eye(d, dtype=torch.float64)
    joint = torch.cat([torch.cat([eye, rho * eye], 1), torch.cat([rho * eye, eye], 1)])
    task = from_covariance(f"gaussian d={d} rho={rho:g}", joint, d, "-d/2 ln(1 - rho^2)")
    return dataclasses.replace(task, truth_xt=-d / 2 * math.log1p(-rho * rho), sliced_xt=sliced_information(d, rho))


def sliced_information(d: int, rho: float) -> float:
    """Sliced mutual information of `gaussian(d, rho)`: E[-1/2 ln(1 - rho^2 c^2)], c the cosine of two directions.

    References: Goldfeld & Greenewald (2021), Sliced mutual information: a scalable measure of statistical dependence,
    NeurIPS, arXiv:2110.05279; example 1.
    """
    if d == 1:
        return -math.log1p(-rho * rho) / 2
    angle = (torch.arange(20000, dtype=torch.float64) + 0.5) * (math.pi / 20000)
    weight = torch.sin(angle) ** (d - 2)
    value = -torch.log1p(-((rho * torch.cos(angle)) ** 2)) / 2
    return float((weight * value).sum() / weight.sum())


def dense_gaussian(d: int, rho: float = 0.5) -> Task:
    """2 d Gaussians, every two of them of correlation rho > -1 / (2 d - 1)."""
    covariance = torch.full((2 * d, 2 * d), rho, dtype=torch.float64).fill_diagonal_(1.0)
    return from_covariance(f"dense gaussian d={d} rho={rho:g}", covariance, d)


def sparse_gaussian(d: int, rho: float = 0.8, pairs: int = 2) -> Task:
    """d + d Gaussians of which only the first few pairs depend on each other."""
    covariance = torch.eye(2 * d, dtype=torch.float64)
    for i in range(min(pairs, d)):
        covariance[i, d + i] = covariance[d + i, i] = rho
    return from_covariance(f"sparse gaussian d={d} rho={rho:g}", covariance, d)


def student(d: int, rho: float, dof: float) -> Task:
    """Multivariate Student-t with the dispersion of `gaussian(d, rho)`: dependent even at rho = 0.

    I = -d/2 ln(1 - rho^2) + f(dof) + f(dof + 2 d) - 2 f(dof + d), f(s) = ln Gamma(s/2) - s/2 psi(s/2).
    """

    def f(s: float) -> float:
        return float(gammaln(s / 2) - s / 2 * digamma(s / 2))

    def sample(n: int, seed: int):
        g = generator(seed)
        z = torch.randn(2, n, d, generator=g, dtype=torch.float64)
        # chi-squared as a sum of squares: torch's gamma sampler takes no generator
        chi2 = torch.randn(n, int(dof), generator=g, dtype=torch.float64).square().sum(1)
        scale = torch.sqrt(dof / chi2)[:, None]
        return (z[0] * scale).float(), ((rho * z[0] + math.sqrt(1 - rho**2) * z[1]) * scale).float(), None

    if dof != int(dof):
        raise ValueError(f"the degrees of freedom must be a whole number, not {dof}")
    truth = -d / 2 * math.log1p(-rho * rho) + f(dof) + f(dof + 2 * d) - 2 * f(dof + d)
    return Task(f"student d={d} rho={rho:g} dof={dof:g}", sample, truth, source="Czyz et al. (2023), eq. 3")


def additive_uniform(width: float) -> Task:
    """x ~ U(0, 1), t = x + U(-width, width): 1 / (4 width) from width 1/2 on, below it width - ln(2 width)."""

    def sample(n: int, seed: int):
        u = torch.rand(2, n, 1, generator=generator(seed), dtype=torch.float64)
        return u[0].float(), (u[0] + width * (2 * u[1] - 1)).float(), None

    truth = 1 / (4 * width) if width >= 0.5 else width - math.log(2 * width)
    return Task(f"additive uniform width={width:g}", sample, truth, source="Czyz et al. (2023), closed form")


def identity(d: int) -> Task:
    """T = X: infinite information, which no sample can show."""

    def sample(n: int, seed: int):
        x = torch.randn(n, d, generator=generator(seed))
        return x, x.clone(), None

    return Task(f"identity d={d}", sample, math.inf, source="T is a function of a continuous X, and invertible")


def symmetric_channel(letters: int, error: float) -> Task:
    """X uniform over a few letters, T the letter after a symmetric channel, Y = X.

    I = ln q - H(error) - error ln(q - 1).
    """

    def sample(n: int, seed: int):
        g = generator(seed)
        x = torch.randint(letters, (n,), generator=g)
        shift = torch.randint(1, letters, (n,), generator=g) * (torch.rand(n, generator=g) < error)
        return x[:, None].float(), ((x + shift) % letters)[:, None].float(), x

    truth = math.log(letters)
    for p, ways in ((1 - error, 1), (error, letters - 1)):
        truth += p * math.log(p / ways) if p > 0 else 0.0
    name = f"symmetric channel q={letters} error={error:g}"
    return Task(name, sample, truth, truth, "capacity formula", entropy_t=math.log(letters))
