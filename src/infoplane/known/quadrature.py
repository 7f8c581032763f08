"""Entropies by numerical integration, for truths that have no closed form.

-integral of p ln p on a regular grid: the integrands are smooth and vanish at both ends, where the trapezoidal rule
converges faster than any power of the step.
"""

import math

import numpy as np

LN_2PI_E = math.log(2 * math.pi * math.e)


def normal_density(value, mean, std):
    """Density of N(mean, std^2) at value; numpy arrays or scalars, broadcast."""
    return np.exp(-0.5 * ((value - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def entropy_on_grid(density: np.ndarray, cell: float) -> float:
    """-integral of p ln p, from p on a regular grid with cells of this volume."""
    return -float(np.sum(density * np.log(np.maximum(density, 1e-300))) * cell)
