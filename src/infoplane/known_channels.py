"""Channels, mixtures and labels whose mutual information takes a numerical integral.

Problem: truths for what is not Gaussian: noisy functions, mixtures (XOR), labels, a network's dropout noise.

Equation: I(X;T) = h(T) - h(T|X) and I(T;Y) = h(T) - sum_c p_c h(T|Y=c), with -integral of p ln p on a grid; the
integrands are smooth and vanish at both ends, where the trapezoidal rule converges faster than any power of the
step.

References: Adilova, Geiger & Fischer (2023) for the dropout channel; the rest is derived where it stands.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from infoplane.information import Noise
from infoplane.known import Task, generator

LN_2PI_E = math.log(2 * math.pi * math.e)

FUNCTIONS: dict[str, Callable] = {"x": lambda v: v, "x^3": lambda v: v**3, "sin x": lambda v: torch.sin(v)}


def normal_density(value, mean, std):
    """Density of N(mean, std^2) at value; numpy arrays or scalars, broadcast."""
    return np.exp(-0.5 * ((value - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def entropy_on_grid(density: np.ndarray, cell: float) -> float:
    """-integral of p ln p, from p on a regular grid with cells of this volume."""
    return -float(np.sum(density * np.log(np.maximum(density, 1e-300))) * cell)


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


def gaussian_mixture(name: str, centres: Sequence[tuple[float, float]], std: float, labels: Sequence[int]) -> Task:
    """An equal mixture of N(centre, std^2 I) in the plane of (x, t), 1-D each: I(X;T) by a two-dimensional
    integral.

    The label of the component is y; I(T;Y) is that of the marginal of t.
    """
    c, letters = np.asarray(centres, dtype=float), np.asarray(labels)
    grid = np.arange(c.min() - 8 * std, c.max() + 8 * std, std / 12)
    step = std / 12
    along_x, along_t = (normal_density(grid, c[:, axis, None], std) for axis in (0, 1))
    joint = entropy_on_grid(along_x.T @ along_t / len(c), step * step)
    h_x, h_t = entropy_on_grid(along_x.mean(0), step), entropy_on_grid(along_t.mean(0), step)
    given_y = sum(
        (letters == y).mean() * entropy_on_grid(along_t[letters == y].mean(0), step) for y in np.unique(letters)
    )

    def sample(n: int, seed: int):
        g = generator(seed)
        which = torch.randint(len(c), (n,), generator=g)
        z = torch.from_numpy(c)[which] + std * torch.randn(n, 2, generator=g, dtype=torch.float64)
        return z[:, :1].float(), z[:, 1:].float(), torch.from_numpy(letters)[which]

    return Task(name, sample, h_x + h_t - joint, float(h_t - given_y), "quadrature in the plane, +-1e-6")


def xor_mixture(distance: float = 2.0) -> Task:
    """Unit Gaussians at (+-distance, 0) and (0, +-distance): uncorrelated, not independent."""
    d = distance
    return gaussian_mixture(f"xor mixture distance={d:g}", [(d, 0), (-d, 0), (0, d), (0, -d)], 1.0, [0, 0, 1, 1])


def crossed_gaussians(rho: float) -> Task:
    """An equal mixture of Gaussian pairs of correlation rho and -rho: standard normal each, and uncorrelated."""
    grid = np.arange(-9, 9, 0.02)
    given = [normal_density(grid[None], sign * rho * grid[:, None], math.sqrt(1 - rho * rho)) for sign in (1, -1)]
    joint = normal_density(grid, 0.0, 1.0)[:, None] * (given[0] + given[1]) / 2
    truth = LN_2PI_E - entropy_on_grid(joint, 0.02**2)

    def sample(n: int, seed: int):
        g = generator(seed)
        z = torch.randn(2, n, 1, generator=g, dtype=torch.float64)
        sign = 2.0 * torch.randint(2, (n, 1), generator=g) - 1
        return z[0].float(), (sign * rho * z[0] + math.sqrt(1 - rho * rho) * z[1]).float(), None

    return Task(f"crossed gaussians rho={rho:g}", sample, truth, source="quadrature in the plane, +-1e-6")


def xor_labels(distance: float = 1.5) -> Task:
    """t in the plane, unit Gaussians at (+-distance, +-distance), y = whether the signs agree.

    Each coordinate alone is independent of y. x = t, of which nothing is said. With s = distance and the
    posterior tanh(s t1) tanh(s t2) in [-1, 1]: I(T;Y) = ln 2 - E H_b((1 + tanh tanh) / 2).
    """
    s = distance
    grid = np.arange(-s - 8, s + 8, 0.02)
    marginal = (normal_density(grid, s, 1.0) + normal_density(grid, -s, 1.0)) / 2
    agree = (1 + np.outer(np.tanh(s * grid), np.tanh(s * grid))) / 2
    p = np.clip(agree, 1e-300, 1)
    q = np.clip(1 - agree, 1e-300, 1)
    lost = -(p * np.log(p) + q * np.log(q))
    truth = math.log(2) - float(marginal @ lost @ marginal) * 0.02**2

    def sample(n: int, seed: int):
        g = generator(seed)
        signs = torch.randint(2, (n, 2), generator=g) * 2 - 1
        t = (s * signs + torch.randn(n, 2, generator=g)).float()
        return t, t.clone(), (signs[:, 0] == signs[:, 1]).long()

    return Task(f"xor labels distance={s:g}", sample, None, truth, "quadrature in the plane, +-1e-6")


def sign_product(strength: float = 1.5) -> Task:
    """x ~ N(0, I_2), t = strength sign(x1 x2) + N(0, 1): no single coordinate of x knows anything about t."""
    grid = np.arange(-strength - 9, strength + 9, 0.01)
    density = (normal_density(grid, strength, 1.0) + normal_density(grid, -strength, 1.0)) / 2
    truth = entropy_on_grid(density, 0.01) - 0.5 * LN_2PI_E

    def sample(n: int, seed: int):
        g = generator(seed)
        x = torch.randn(n, 2, generator=g)
        t = strength * x.prod(1, keepdim=True).sign() + torch.randn(n, 1, generator=g)
        return x, t, None

    return Task(f"sign product strength={strength:g}", sample, truth, source="quadrature, +-1e-8")


def gaussian_classes(classes: int, radius: float, noise_var: float | None = None) -> Task:
    """Class c at radius e_c in `classes` dimensions, unit variance, equiprobable; x is the mean of the class.

    With posteriors softmax(radius t): I = ln C + r^2 - E ln S, S = sum_j exp(r t_j), and
    E ln S = integral over u > 0 of (e^-u - E e^{-u S}) du / u, where E e^{-u S} factors over the coordinates.

    Args:
        noise_var: where given, the task is T + N of that variance, with `noise`; scaling it back gives the
            same integral at radius / sqrt(1 + noise_var).
    """
    r = radius / math.sqrt(1 + (noise_var or 0.0))
    z = np.arange(-9, 9, 0.02)
    weight = normal_density(z, 0.0, 1.0) * 0.02
    log_u = np.arange(-r * (r + 9) - 40, r * 9 + 12, 0.02)
    others, own = (np.exp(-np.exp(np.minimum(log_u[:, None] + r * z + s, 700.0))) @ weight for s in (0.0, r * r))
    log_sum = float(np.sum(np.exp(-np.exp(log_u)) - own * others ** (classes - 1)) * 0.02)
    truth = math.log(classes) + r * r - log_sum

    def sample(n: int, seed: int):
        g = generator(seed)
        y = torch.randint(classes, (n,), generator=g)
        means = radius * torch.eye(classes)[y]
        return means, means + torch.randn(n, classes, generator=g), y

    name, source = f"{classes} classes radius={radius:g}", "quadrature of E ln S, +-1e-5"
    if noise_var is None:
        # x is the class: I(X;T) = I(T;Y)
        return Task(name, sample, truth, truth, source)
    return Task(f"{name} var={noise_var:g}", sample, None, truth, source, Noise("additive", math.sqrt(noise_var)))


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


def dropout_channel(d: int, noise_std: float) -> Task:
    """Gaussian dropout: z = f eps per dimension, f = 2 x + 1/2, x ~ N(0, 1), eps ~ N(1, noise_std^2).

    p(z) = integral of N(eps; 1, s^2) N(z / eps; 1/2, 4) / |eps|, taken in ln |eps| on both sides of 0, and
    h(Z) in ln |z|: p has a logarithmic pole at 0, which these substitutions remove. h(Z|X) = 1/2 ln(2 pi e
    s^2) + E ln|f|.
    """
    log_z, log_eps = np.arange(-40, 5, 0.02), np.arange(-40, 2, 0.01)
    h_z = 0.0
    for sign_z in (1.0, -1.0):
        p = np.zeros_like(log_z)
        for sign_eps in (1.0, -1.0):
            quotient = sign_z * sign_eps * np.exp(np.minimum(log_z[:, None] - log_eps, 10.0))
            p += normal_density(quotient, 0.5, 2.0) @ normal_density(sign_eps * np.exp(log_eps), 1.0, noise_std) * 0.01
        h_z -= float(np.sum(p * np.log(np.maximum(p, 1e-300)) * np.exp(log_z)) * 0.02)
    sides = normal_density(np.exp(log_z), 0.5, 2.0) + normal_density(-np.exp(log_z), 0.5, 2.0)
    log_f = float(np.sum(sides * log_z * np.exp(log_z)) * 0.02)
    truth = d * (h_z - 0.5 * LN_2PI_E - math.log(noise_std) - log_f)

    def sample(n: int, seed: int):
        x = torch.randn(n, d, generator=generator(seed))
        return x, 2 * x + 0.5, None

    source = "quadrature in ln |eps| and ln |z|, +-1e-5"
    return Task(f"dropout channel d={d} std={noise_std:g}", sample, truth, None, source, Noise("gaussian", noise_std))
