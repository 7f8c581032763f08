"""Mixtures, and labels of them; the mutual information of most takes a numerical integral.

Problem: truths for what is not Gaussian: XOR, crossed Gaussians, labels of Gaussian classes, rare patterns.

Equation: I(X;T) = h(X) + h(T) - h(X,T) and I(T;Y) = h(T) - sum_c p_c h(T|Y=c), by `quadrature`; derived where they
stand.

References: Czyz et al. (2023), Beyond normal: on the evaluation of mutual information estimators, NeurIPS,
arXiv:2306.11078, on mixtures as benchmarks.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch

from infoplane.information import Noise
from infoplane.known.quadrature import LN_2PI_E, entropy_on_grid, normal_density
from infoplane.known.task import Task, generator


def gaussian_mixture(name: str, centres: Sequence[tuple[float, float]], std: float, labels: Sequence[int]) -> Task:
    """An equal mixture of N(centre, std^2 I) in the plane of (x, t), 1-D each: I(X;T) by a two-dimensional integral.

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
    of_t = [normal_density(grid[None], sign * rho * grid[:, None], math.sqrt(1 - rho * rho)) for sign in (1, -1)]
    joint = normal_density(grid, 0.0, 1.0)[:, None] * (of_t[0] + of_t[1]) / 2
    truth = LN_2PI_E - entropy_on_grid(joint, 0.02**2)

    def sample(n: int, seed: int):
        g = generator(seed)
        z = torch.randn(2, n, 1, generator=g, dtype=torch.float64)
        sign = 2.0 * torch.randint(2, (n, 1), generator=g) - 1
        return z[0].float(), (sign * rho * z[0] + math.sqrt(1 - rho * rho) * z[1]).float(), None

    return Task(f"crossed gaussians rho={rho:g}", sample, truth, source="quadrature in the plane, +-1e-6")


def xor_labels(distance: float = 1.5) -> Task:
    """t in the plane, unit Gaussians at (+-distance, +-distance), y = whether the signs agree.

    Each coordinate alone is independent of y. x = t is continuous, so that I(X;T) is infinite. With s = distance
    and the posterior tanh(s t1) tanh(s t2) in [-1, 1]: I(T;Y) = ln 2 - E H_b((1 + tanh tanh) / 2).
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

    return Task(f"xor labels distance={s:g}", sample, math.inf, truth, "quadrature in the plane, +-1e-6")


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


def rare_patterns(share: float, digits: int) -> Task:
    """T = X, a row of zeros or, in this share of the samples, of any decimal digits: most rows are seen once or never.

    I(X;T) = H(T), which counts of n samples miss by about share ln(share 10^digits / n).
    """
    rare = share / 10**digits
    often = 1 - share + rare

    def sample(n: int, seed: int):
        g = generator(seed)
        is_rare = torch.rand(n, 1, generator=g) < share
        t = (torch.randint(10, (n, digits), generator=g) * is_rare).float()
        return t, t.clone(), None

    truth = -often * math.log(often) - (10**digits - 1) * rare * math.log(rare)
    name = f"rare patterns share={share:g} digits={digits}"
    return Task(name, sample, truth, source="closed form", entropy_t=truth)


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
    others, own_factor = (np.exp(-np.exp(np.minimum(log_u[:, None] + r * z + s, 700.0))) @ weight for s in (0.0, r * r))
    log_sum = float(np.sum(np.exp(-np.exp(log_u)) - own_factor * others ** (classes - 1)) * 0.02)
    truth = math.log(classes) + r * r - log_sum

    def sample(n: int, seed: int):
        g = generator(seed)
        y = torch.randint(classes, (n,), generator=g)
        means = radius * torch.eye(classes)[y]
        return means, means + torch.randn(n, classes, generator=g), y

    name, source = f"{classes} classes radius={radius:g}", "quadrature of E ln S, +-1e-5"
    sliced = sliced_two_classes(r) if classes == 2 else None
    if noise_var is None:
        # x is the class: I(X;T) = I(T;Y)
        return Task(name, sample, truth, truth, source, sliced_ty=sliced)
    noise = Noise("additive", math.sqrt(noise_var))
    return Task(f"{name} var={noise_var:g}", sample, None, truth, source, noise, sliced_ty=sliced)


def sliced_two_classes(radius: float) -> float:
    """SI(T;Y) of `gaussian_classes(2, radius)`: a direction of the plane at angle a sees means r sqrt(2) cos(a) apart.

    With m half of that: I = ln 2 - E ln(1 + exp(-2 m (z + m))), z ~ N(0, 1), averaged over a.
    """
    z = np.arange(-9, 9, 0.02)
    half = radius / math.sqrt(2) * np.cos((np.arange(500) + 0.5) * math.pi / 1000)[:, None]
    return math.log(2) - float((np.logaddexp(0, -2 * half * (z + half)) @ normal_density(z, 0.0, 1.0)).mean()) * 0.02
