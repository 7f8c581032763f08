"""Layers of real networks as tasks: X uniform over a finite population of inputs, which is given whole.

Problem: distributions with closed forms are smooth, and layers are clustered, curved and uneven. Where X is one of M
inputs and T = f(X) gets noise of known density, nothing is unknown, though: Z is a mixture with M known components.

Equation: with p(z) = 1/M sum_j p(z|t_j), and p(z|y) the same mean over the inputs with label y,

    I(X;Z) = E[ln p(z|x) - ln p(z)],     I(Z;Y) = E[ln p(z|y) - ln p(z)].

Both are means over pairs (x, z), drawn at random: exact but for a standard error, which each truth states. An estimator
is shown n of the M inputs.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.information import Noise
from infoplane.known.task import Task, generator

PAIRS = 8192
"""Drawn for a truth: a log-ratio whose standard deviation is 1.5 nats gives a standard error of .017."""
BLOCK = 1 << 24
"""Densities of a component at a sample that are held at a time."""
DISTANT = 15_485_863
"""Added to the seed of a sample for its truth, which must not see the same noise."""


class Population(NamedTuple):
    """All the inputs that there are.

    Attributes:
        name: of network, layer and data, for the task.
        x: shape (M, d_x). t: the layer's activations, shape (M, d_t). y: labels from 0, shape (M,).
    """

    name: str
    x: Tensor
    t: Tensor
    y: Tensor


class Truth(NamedTuple):
    """I(X;Z) and I(Z;Y) in nats, and the standard error of each."""

    xt: float
    ty: float
    error_xt: float
    error_ty: float


def layer_in_noise(population: Population, noise: Noise, *, pairs: int = PAIRS, seed: int = 0) -> Task:
    """The layer under noise, which is given to estimators that know it and drawn for others (`transforms.noisy`).

    Args:
        noise: `additive` or `gaussian`, of one standard deviation for all units and inputs.
        pairs: on which the truth rests.
        seed: of these pairs.
    """
    truth = information(population.t, population.y, noise, pairs, seed + DISTANT)

    def sample(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        chosen = torch.randperm(len(population.y), generator=generator(seed))[:n]
        return population.x[chosen].float(), population.t[chosen].float(), population.y[chosen]

    return Task(
        f"{population.name}, {noise.kind} noise {float(noise.std):g}",
        sample,
        truth.xt,
        truth.ty,
        f"mixture of all {len(population.y)} inputs, +-{2 * truth.error_xt:.2g} and +-{2 * truth.error_ty:.2g}",
        noise,
    )


def information(t: Tensor, y: Tensor, noise: Noise, pairs: int, seed: int) -> Truth:
    """I(X;Z) and I(Z;Y) of X uniform over the rows.

    Args:
        t: shape (M, d), every input that there is. y: labels from 0, shape (M,).
        noise: `additive` or `gaussian`; a `gaussian` one leaves a unit that is 0 as it is, so that the unit counts for
            nothing where it is 0 for all inputs and is refused where it is for some.
        pairs: drawn; each input as often as every other, but for one.
        seed: of the pairs.

    Raises:
        ValueError: other noise, or a unit that is 0 for some inputs under multiplicative noise.
    """
    t, std = t.double(), float(noise.std)
    draw = generator(seed)
    count = len(t)
    order = torch.cat([torch.randperm(count, generator=draw) for _ in range(math.ceil(pairs / count))])[:pairs]
    if noise.kind == "additive":
        scale = torch.full_like(t, std)
    elif noise.kind == "gaussian":
        t = t[:, (t != 0).any(0)]
        if (t == 0).any():
            raise ValueError("a unit is 0 for some inputs, where multiplicative noise leaves it an atom")
        scale = std * t.abs()
    else:
        raise ValueError(f"no truth for noise of kind {noise.kind}")
    z = t[order] + scale[order] * torch.randn(pairs, t.shape[1], generator=draw, dtype=torch.float64)
    sizes = torch.bincount(y).double()
    ratios_xt, ratios_ty = [], []
    for rows in torch.arange(pairs).split(max(1, BLOCK // count)):
        log_p = _log_densities(z[rows], t, scale)
        own = log_p.gather(1, order[rows, None])[:, 0]
        every = log_p.logsumexp(1) - math.log(count)
        label = y[order[rows]]
        of_label = log_p.masked_fill_(y[None] != label[:, None], -math.inf).logsumexp(1) - sizes[label].log()
        ratios_xt.append(own - every)
        ratios_ty.append(of_label - every)
    xt, ty = torch.cat(ratios_xt), torch.cat(ratios_ty)
    return Truth(*(float(v.mean()) for v in (xt, ty)), *(float(v.std()) / math.sqrt(pairs) for v in (xt, ty)))


def _log_densities(z: Tensor, t: Tensor, scale: Tensor) -> Tensor:
    """ln N(z; t_j, diag(scale_j^2)) without the constant in 2 pi, shape (pairs, M), by matrix products."""
    precision = scale**-2
    # centred where components share their scale, as rounding would otherwise grow with the distance from 0
    middle = t.mean(0)
    z, t = z - middle, t - middle
    squares = z.square() @ precision.T - 2 * z @ (t * precision).T + (t.square() * precision).sum(1)
    return -0.5 * squares.clamp_(min=0) - scale.log().sum(1)
