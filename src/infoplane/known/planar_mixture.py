"""Any mixture of Gaussians in the plane of one x and one t, with a label for each component.

Equation: I(X;T) = h(X) + h(T) - h(X,T) and I(T;Y) = h(T) - sum_c p_c h(T|Y=c), by quadrature on a grid of a twelfth of
the smallest standard deviation.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from infoplane.known.quadrature import entropy_on_grid, normal_density
from infoplane.known.task import Task, generator

MOST_CELLS = 50_000_000
"""Of the grid: 400 MB."""


class Component(NamedTuple):
    """One Gaussian of the mixture: its centre, the standard deviations along x and t, and their correlation.

    Attributes:
        weight: in proportion to those of the others.
        label: y of its samples.
    """

    x: float
    t: float
    std_x: float = 1.0
    std_t: float = 1.0
    rho: float = 0.0
    weight: float = 1.0
    label: int = 0


def density(components: Sequence[Component], x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The density of the mixture on a grid, shape (len(x), len(t))."""
    weights = _weights(components)
    joint = np.zeros((len(x), len(t)))
    for weight, one in zip(weights, components, strict=True):
        given_x = one.t + one.rho * one.std_t / one.std_x * (x[:, None] - one.x)
        of_t = normal_density(t[None], given_x, one.std_t * math.sqrt(1 - one.rho**2))
        joint += weight * normal_density(x, one.x, one.std_x)[:, None] * of_t
    return joint


def planar_mixture(components: Sequence[Component]) -> Task:
    """The mixture as a task.

    Raises:
        ValueError: there is no component, one is no Gaussian or has no weight, or they are too far apart for a grid.
    """
    if not components:
        raise ValueError("a mixture needs a component")
    for one in components:
        if not (one.std_x > 0 and one.std_t > 0 and abs(one.rho) < 1 and one.weight > 0):
            raise ValueError(f"a component needs std > 0, |rho| < 1 and a weight > 0, not {tuple(one)}")
    x, t = (_grid(components, axis) for axis in ("x", "t"))
    if len(x) * len(t) > MOST_CELLS:
        raise ValueError(f"the components are too narrow for how far apart they are: {len(x)} x {len(t)} cells")
    (step_x, step_t), weights = (x[1] - x[0], t[1] - t[0]), _weights(components)
    labels = np.array([one.label for one in components])
    of_t = np.stack([normal_density(t, one.t, one.std_t) for one in components])
    of_x = np.stack([normal_density(x, one.x, one.std_x) for one in components])
    h_t = entropy_on_grid(weights @ of_t, step_t)
    joint = entropy_on_grid(density(components, x, t), step_x * step_t)
    given_y = 0.0
    for label in np.unique(labels):
        share = weights[labels == label]
        given_y += float(share.sum()) * entropy_on_grid(share @ of_t[labels == label] / share.sum(), step_t)
    truth_xt = entropy_on_grid(weights @ of_x, step_x) + h_t - joint

    def sample(n: int, seed: int):
        g = generator(seed)
        which = torch.multinomial(torch.from_numpy(weights), n, replacement=True, generator=g)
        parameters = torch.tensor([one[:5] for one in components], dtype=torch.float64)[which]
        x, t, std_x, std_t, rho = parameters.T
        z = torch.randn(2, n, generator=g, dtype=torch.float64)
        drawn_t = t + std_t * (rho * z[0] + torch.sqrt(1 - rho.square()) * z[1])
        return (x + std_x * z[0])[:, None].float(), drawn_t[:, None].float(), torch.from_numpy(labels)[which]

    return Task("planar mixture", sample, truth_xt, h_t - given_y, "quadrature in the plane, +-1e-5")


def _weights(components: Sequence[Component]) -> np.ndarray:
    weights = np.array([one.weight for one in components], dtype=float)
    return weights / weights.sum()


def _grid(components: Sequence[Component], axis: str) -> np.ndarray:
    """Where the density along one axis is more than rounding, in even steps."""
    places, stds = ([getattr(one, name) for one in components] for name in (axis, f"std_{axis}"))
    # given x, a correlated t is narrower
    narrow = min(std * math.sqrt(1 - one.rho**2) for std, one in zip(stds, components, strict=True))
    low, high = (place + sign * 8 * max(stds) for place, sign in ((min(places), -1), (max(places), 1)))
    return np.arange(low, high, narrow / 12)
