"""Noisy channels whose mutual information takes a numerical integral: functions in noise, a network's dropout.

Equation: I(X;T) = h(T) - h(T|X), h(T) by `quadrature`, h(T|X) in closed form.

References: Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, ICLR,
arXiv:2303.00596, for the dropout channel; the rest is derived where it stands.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch

from infoplane.information import Noise
from infoplane.known.quadrature import LN_2PI_E, entropy_on_grid, normal_density
from infoplane.known.task import Task, generator

FUNCTIONS: dict[str, Callable] = {"x": lambda v: v, "x^3": lambda v: v**3, "sin x": lambda v: torch.sin(v)}
LOG_MAGNITUDES = np.arange(-40, 5, 0.02)
"""Grid of ln |z| for the dropout channel."""


def noisy_function(function: str, noise_std: float) -> Task:
    """x ~ U(-pi, pi), t = f(x) + N(0, noise_std^2): infinite information without noise.

    The density of t is integrated over x on 20000 midpoints; f is one of `FUNCTIONS`.
    """
    f = FUNCTIONS[function]
    if noise_std == 0:
        truth = math.inf
    else:
        x = ((np.arange(20000) + 0.5) / 20000 * 2 - 1) * math.pi
        values = f(torch.from_numpy(x)).numpy()
        low, high = values.min() - 9 * noise_std, values.max() + 9 * noise_std
        step = noise_std / 16
        edges = np.arange(low - step / 2, high + step, step)
        # bin f(x) finely, then convolve: a whole x-by-t table is large where the noise is small
        mass = np.histogram(values, edges)[0] / len(values)
        kernel = normal_density(np.arange(-160, 161) * step, 0.0, noise_std)
        truth = entropy_on_grid(np.convolve(mass, kernel), step) - 0.5 * LN_2PI_E - math.log(noise_std)

    def sample(n: int, seed: int):
        g = generator(seed)
        x = (torch.rand(n, 1, generator=g, dtype=torch.float64) * 2 - 1) * math.pi
        t = f(x) + noise_std * torch.randn(n, 1, generator=g, dtype=torch.float64)
        return x.float(), t.float(), None

    return Task(f"{function}, noise {noise_std:g}", sample, truth, source="quadrature, +-1e-3")


def points_in_noise(points: Sequence[float], noise_std: float) -> Task:
    """X one of a few points, equiprobable, T = X and N(0, noise_std^2) to be added; y = whether X > 0."""
    c = np.asarray(points, dtype=float)
    step = noise_std / 20
    grid = np.arange(c.min() - 9 * noise_std, c.max() + 9 * noise_std, step)
    components = normal_density(grid, c[:, None], noise_std)
    h_t = entropy_on_grid(components.mean(0), step)
    given_y = sum((side).mean() * entropy_on_grid(components[side].mean(0), step) for side in (c > 0, c <= 0))
    truth_xt = h_t - 0.5 * LN_2PI_E - math.log(noise_std)

    def sample(n: int, seed: int):
        x = torch.from_numpy(c)[torch.randint(len(c), (n,), generator=generator(seed))][:, None].float()
        return x, x.clone(), (x[:, 0] > 0).long()

    name = f"{len(c)} points in [{c.min():g}, {c.max():g}] noise {noise_std:g}"
    return Task(name, sample, truth_xt, float(h_t - given_y), "quadrature, +-1e-8", Noise("additive", noise_std))


def gaussian_in_noise(d: int, noise_std: float) -> Task:
    """X ~ N(0, I_d), T = X and N(0, noise_std^2 I) to be added: I = d/2 ln(1 + 1 / noise_std^2)."""

    def sample(n: int, seed: int):
        x = torch.randn(n, d, generator=generator(seed))
        return x, x.clone(), None

    truth = d / 2 * math.log1p(noise_std**-2)
    name = f"gaussian in noise d={d} std={noise_std:g}"
    return Task(name, sample, truth, source="closed form", noise=Noise("additive", noise_std))


def lognormal_channel(d: int, noise_std: float) -> Task:
    """Log-normal dropout: z = e^x eps per dimension, x ~ N(0, 1), ln eps ~ N(0, noise_std^2).

    ln z is x and Gaussian noise: I = d/2 ln(1 + 1 / noise_std^2).
    """
    logarithms = gaussian_in_noise(d, noise_std)

    def sample(n: int, seed: int):
        x, t, _ = logarithms.sample(n, seed)
        return x, t.exp(), None

    name = f"log-normal channel d={d} std={noise_std:g}"
    return dataclasses.replace(logarithms, name=name, sample=sample, noise=Noise("lognormal", noise_std))


def dropout_channel_entropy(noise_std: float) -> float:
    """h(Z|X) of one dimension of `dropout_channel`: 1/2 ln(2 pi e s^2) + E ln|f|, f = 2 x + 1/2."""
    magnitudes = np.exp(LOG_MAGNITUDES)
    sides = normal_density(magnitudes, 0.5, 2.0) + normal_density(-magnitudes, 0.5, 2.0)
    return 0.5 * LN_2PI_E + math.log(noise_std) + float(np.sum(sides * LOG_MAGNITUDES * magnitudes) * 0.02)


@cache
def dropout_channel_information(noise_std: float) -> float:
    """I(X;Z) of one dimension of `dropout_channel`.

    p(z) = integral of N(eps; 1, s^2) N(z / eps; 1/2, 4) / |eps|, taken in ln |eps| on both sides of 0, and h(Z) in
    ln |z|: p has a logarithmic pole at 0, which these substitutions remove.
    """
    log_eps = np.arange(-40, 2, 0.01)
    h_z = 0.0
    for sign_z in (1.0, -1.0):
        p = np.zeros_like(LOG_MAGNITUDES)
        for sign_eps in (1.0, -1.0):
            quotient = sign_z * sign_eps * np.exp(np.minimum(LOG_MAGNITUDES[:, None] - log_eps, 10.0))
            p += normal_density(quotient, 0.5, 2.0) @ normal_density(sign_eps * np.exp(log_eps), 1.0, noise_std) * 0.01
        h_z -= float(np.sum(p * np.log(np.maximum(p, 1e-300)) * np.exp(LOG_MAGNITUDES)) * 0.02)
    return h_z - dropout_channel_entropy(noise_std)


def dropout_channel(d: int, noise_std: float) -> Task:
    """Gaussian dropout: z = f eps per dimension, f = 2 x + 1/2, x ~ N(0, 1), eps ~ N(1, noise_std^2)."""
    truth = d * dropout_channel_information(noise_std)

    def sample(n: int, seed: int):
        x = torch.randn(n, d, generator=generator(seed))
        return x, 2 * x + 0.5, None

    source = "quadrature in ln |eps| and ln |z|, +-1e-5"
    return Task(f"dropout channel d={d} std={noise_std:g}", sample, truth, None, source, Noise("gaussian", noise_std))
