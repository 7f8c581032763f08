"""Distributions of the package mutinfo: Gaussians, sharp edges, heavy tails and labels, at few and many dimensions.

Problem: tests on which others have published errors, of much more information than bmi's tasks have: up to 10 nats in
1 to 3 dimensions, and 2 nats a dimension in up to 64. The information is spread evenly over the dimensions here; the
package can also spread it at random.

Equation: I(X;T) = d I1, I1 of one dimension in closed form; the parameter of that dimension is its root.

References: Butakov et al. (2024), Information bottleneck analysis of deep neural networks via lossy compression, ICLR,
arXiv:2305.08013; Butakov et al. (2024), Mutual information estimation via normalizing flows, NeurIPS, arXiv:2403.02187;
the package's definitions.
"""

import dataclasses
import math

import numpy as np
import torch
from scipy.optimize import root_scalar
from scipy.special import digamma, ndtr

from infoplane.known.closed_forms import additive_uniform, gaussian
from infoplane.known.task import Task
from infoplane.known.transforms import copies, rotated

NATS, LOW = (2.0, 5.0, 10.0), (1, 2, 3)
HIGH, NATS_A_DIMENSION = (1, 2, 4, 8, 16, 32, 64), 2.0


def low_dimensional() -> list[Task]:
    """Each family at 1 to 3 dimensions and 2, 5 and 10 nats."""
    families = (normal, smoothed_uniform, log_gamma_exponential, quantised)
    return [family(d, nats) for family in families for nats in NATS for d in LOW]


def high_dimensional() -> list[Task]:
    """Gaussians and smoothed uniforms with 2 nats a dimension."""
    return [family(d, d * NATS_A_DIMENSION) for family in (normal, smoothed_uniform) for d in HIGH]


def normal(d: int, nats: float) -> Task:
    """d pairs of Gaussians of equal correlation, x and t rotated."""
    pairs = gaussian(d, math.sqrt(-math.expm1(-2 * nats / d)))
    return _named(rotated(pairs), "normal", d, nats)


def smoothed_uniform(d: int, nats: float) -> Task:
    """x uniform, t = x and uniform noise, in each dimension."""
    width = d / (4 * nats)
    if width < 0.5:  # below it, the other branch of the closed form
        width = root_scalar(lambda w: w - math.log(2 * w) - nats / d, bracket=(1e-30, 0.5)).root
    return _named(copies(additive_uniform(width), d), "smoothed uniform", d, nats)


def log_gamma_exponential(d: int, nats: float) -> Task:
    """Logarithms of X ~ Gamma(a) and of T, exponential of rate X, in each dimension: I1 = psi(a) + 1/a - ln a.

    T alone is Lomax: h(T) = 1 + 1/a - ln a, and h(T|X) = 1 - E ln X = 1 - psi(a).
    """

    def excess(log_a: float) -> float:
        return float(digamma(math.exp(log_a))) + math.exp(-log_a) - log_a - nats / d

    a = math.exp(root_scalar(excess, bracket=(-nats / d - 5, 5 - math.log(nats / d))).root)

    def sample(n: int, seed: int):
        # torch's gamma sampler takes no generator; ln Gamma(a) = ln Gamma(a + 1) + ln U / a does not underflow
        g = np.random.default_rng(seed)
        x = np.log(g.standard_gamma(a + 1, (n, d))) + np.log1p(-g.random((n, d))) / a - math.log(a)
        t = np.log(g.standard_exponential((n, d))) - x
        return torch.from_numpy(x).float(), torch.from_numpy(t).float(), None

    return _named(Task("", sample, nats, source="psi(a) + 1/a - ln a"), "log-gamma-exponential", d, nats)


def quantised(d: int, nats: float) -> Task:
    """x Gaussian, t the number of the interval that x lies in, in each dimension: I1 = H(T).

    As few intervals as can have that entropy, all but the last equally likely.
    """
    entropy = nats / d
    intervals = math.ceil(math.exp(entropy))

    def excess(last: float) -> float:
        return -last * math.log(last) - (1 - last) * math.log((1 - last) / (intervals - 1)) - entropy

    others = (1 - root_scalar(excess, bracket=(1e-300, 1 / intervals)).root) / (intervals - 1)

    def sample(n: int, seed: int):
        x = np.random.default_rng(seed).standard_normal((n, d))
        t = np.minimum(ndtr(x) // others, intervals - 1)
        return torch.from_numpy(x).float(), torch.from_numpy(t).float(), None

    return _named(Task("", sample, nats, source="entropy of the intervals"), "quantised", d, nats)


def _named(task: Task, family: str, d: int, nats: float) -> Task:
    return dataclasses.replace(task, name=f"{family} d={d}, {nats:g} nats", truth_xt=nats, sliced_xt=None)
