"""What is known where all inputs are given: information of a layer under noise as a mixture, of its bins by counting.

Equation: with p(z) = 1/M sum_j p(z|t_j) over all M inputs, and p(z|y) the same mean over those with label y,

    I(X;Z) = E[ln p(z|x) - ln p(z)],     I(Z;Y) = E[ln p(z|y) - ln p(z)].

Both are means over pairs (x, z), drawn at random: exact but for a standard error, which each truth states. Two
quantities of known mean, |noise|^2 and the squared Mahalanobis length of z, take out what they explain of the spread.
With p(z|x_j) / p(z|x) in place of densities nothing overflows: under p(z|x) such a ratio has the mean 1, so that one
beyond e^80 has a probability below e^-80.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.counts import entropy_of_counts, row_ids
from infoplane.information import Noise
from infoplane.known.task import generator

PAIRS = 8192
"""Drawn at a time."""
MOST_PAIRS = 4 * PAIRS
ERROR = 0.01
"""Nats: pairs are drawn until both standard errors are below this, or there are `MOST_PAIRS`."""
BLOCK = 1 << 22
"""Densities of a component at a sample that are held at a time: few enough for the processor's caches."""
SINGLE_PRECISION_UP_TO = 1e4
"""Largest squared length, in units of the noise, whose rounding in single precision (1e-7 of it) is harmless."""


class Truth(NamedTuple):
    """I(X;Z) and I(Z;Y) in nats, and the standard error of each."""

    xt: float
    ty: float
    error_xt: float
    error_ty: float


class Counted(NamedTuple):
    """H(T) and I(T;Y) of a discrete T, in nats."""

    entropy: float
    ty: float


def counted(codes: Tensor, y: Tensor) -> Counted:
    """By counting equal rows, all of them equally likely.

    Args:
        codes: shape (M, d). y: labels, shape (M,).
    """
    patterns = row_ids(codes)
    together = row_ids(torch.stack([patterns, y], 1))
    of_t, of_y, of_both = (float(entropy_of_counts(torch.bincount(each))) for each in (patterns, y, together))
    return Counted(of_t, of_t + of_y - of_both)


def information(
    t: Tensor, y: Tensor, noise: Noise, seed: int, *, pairs: int = PAIRS, most: int = MOST_PAIRS, error: float = ERROR
) -> Truth:
    """I(X;Z) and I(Z;Y) of X uniform over the rows.

    Args:
        t: shape (M, d), every input that there is. y: labels from 0, shape (M,).
        noise: `additive` or `gaussian`; a `gaussian` one leaves a unit that is 0 as it is, so that the unit counts for
            nothing where it is 0 for all inputs and is refused where it is for some.
        seed: of the pairs.
        pairs: drawn at a time; each input as often as every other, but for one.
        most: drawn in all.
        error: standard error, in nats, at which to stop before.

    Raises:
        ValueError: other noise, or a unit that is 0 for some inputs under multiplicative noise.
    """
    mixture, draw = _Mixture(t.double(), y, noise), generator(seed)
    found: list[Tensor] = []
    truth = None
    while truth is None or (max(truth.error_xt, truth.error_ty) > error and pairs * len(found) < most):
        found.append(mixture.log_ratios(pairs, draw))
        xt, ty, *controls = torch.cat(found, 1)
        (xt, error_xt), (ty, error_ty) = (_mean(ratios, torch.stack(controls, 1)) for ratios in (xt, ty))
        truth = Truth(xt, ty, error_xt, error_ty)
    return truth


def _mean(values: Tensor, controls: Tensor) -> tuple[float, float]:
    """The mean of the values, less what controls of mean 0 explain of it, and its standard error."""
    columns = torch.cat([torch.ones(len(values), 1, dtype=torch.float64), controls], 1)
    # 'gelsd' stands a control without spread
    weights = torch.linalg.lstsq(columns, values[:, None], driver="gelsd").solution
    residuals = values - (columns @ weights)[:, 0]
    return float(weights[0]), float(residuals.std()) / math.sqrt(len(values))


class _Mixture:
    """p(z|t_j) = N(z; t_j, diag(scale_j^2)) for all inputs j, sorted by label."""

    def __init__(self, t: Tensor, y: Tensor, noise: Noise):
        std = float(noise.std)
        if noise.kind == "gaussian":
            t = t[:, (t != 0).any(0)]
            if (t == 0).any():
                raise ValueError("a unit is 0 for some inputs, where multiplicative noise leaves it an atom")
        elif noise.kind != "additive":
            raise ValueError(f"no truth for noise of kind {noise.kind}")
        order = torch.argsort(y, stable=True)
        # centred where components share their scale, as rounding would otherwise grow with the distance from 0
        self.t = (t - t.mean(0) if noise.kind == "additive" else t)[order]
        self.shared = noise.kind == "additive"
        self.scale = torch.full_like(self.t, std) if self.shared else std * self.t.abs()
        self.y, self.sizes = y[order], torch.bincount(y)
        centred = self.t - self.t.mean(0)
        covariance = centred.T @ centred / len(t) + torch.diag(self.scale.square().mean(0))
        self.whiten = torch.linalg.inv(torch.linalg.cholesky(covariance))
        # ln p(z|t_j) = features(z) @ weights_j + constant_j, but for what depends on z alone
        precision = self.scale**-2
        means = self.t * precision
        self.weights = means if self.shared else torch.cat([means, -precision / 2], 1)
        self.constant = -(means * self.t).sum(1) / 2 - self.scale.log().sum(1)
        largest = -2 * float((self.constant + self.scale.log().sum(1)).min())
        single = largest < SINGLE_PRECISION_UP_TO and float(precision.max()) < 1e30
        self.dtype = torch.float32 if single else torch.float64

    def log_ratios(self, pairs: int, draw: torch.Generator) -> Tensor:
        """ln p(z|x) / p(z), ln p(z|y) / p(z), and two controls of mean 0, of pairs (x, z): shape (4, pairs)."""
        count, d = self.t.shape
        order = torch.cat([torch.randperm(count, generator=draw) for _ in range(math.ceil(pairs / count))])[:pairs]
        order = order.sort().values
        noise = torch.randn(pairs, d, generator=draw, dtype=torch.float64)
        z = self.t[order] + self.scale[order] * noise
        result = torch.empty(4, pairs, dtype=torch.float64)
        result[2] = noise.square().sum(1) - d
        result[3] = ((z - self.t.mean(0)) @ self.whiten.T).square().sum(1) - d
        features = z if self.shared else torch.cat([z, z.square()], 1)
        own = (features * self.weights[order]).sum(1) + self.constant[order]
        weights, constant = self.weights.T.to(self.dtype).contiguous(), self.constant.to(self.dtype)
        ends = [0, *self.sizes.cumsum(0).tolist()]
        for rows in torch.arange(pairs).split(max(1, BLOCK // count)):
            # from the pair's own component, which double precision knows better
            beyond = torch.addmm(constant, features[rows].to(self.dtype), weights).sub_(own[rows, None].to(self.dtype))
            # what lies below counts for nothing beside the 1 of its own, and would be slow to compute
            ratios = beyond.float().clamp_(-80, 80).exp_()
            ratios[torch.arange(len(rows)), order[rows]] = 1
            of_class = torch.stack([ratios[:, a:b].sum(1) for a, b in pairwise(ends)], 1).double()
            label = self.y[order[rows]]
            every = of_class.sum(1).log() - math.log(count)
            alike = of_class.gather(1, label[:, None])[:, 0].log() - self.sizes[label].double().log()
            result[0, rows], result[1, rows] = -every, alike - every
        return result
