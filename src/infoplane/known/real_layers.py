"""Layers of real networks as tasks: X uniform over a finite population of inputs, which is given whole.

Problem: distributions with closed forms are smooth, and layers are clustered, curved and uneven. Where X is one of M
inputs and T = f(X), nothing is unknown, though, once T gets noise of known density, or is cut into bins
(`population_truth`). An estimator is shown n of the M inputs.

What is no task: T as it is. Where all its rows differ, I(X;T) is ln M and I(T;Y) is H(Y), for an untrained layer as for
a trained one: true, and of no use.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.information import Noise
from infoplane.known.population_truth import Truth, counted, information
from infoplane.known.task import Sampler, Task, generator
from infoplane.storage.activations import Activations

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


def recorded(
    activations: Activations, split: str, layer: str, index: int, name: str, *, repetition: int = 0
) -> Population:
    """All recorded samples of a split, and a layer at the epoch with this index."""
    x, y = (torch.from_numpy(part) for part in activations.samples(split))
    t = activations.layer(split, layer, slice(index, index + 1), repetition).t[0]
    return Population(name, x, torch.from_numpy(t), y)


def layer_in_noise(
    population: Population, noise: Noise, *, seed: int = 0, truth: Callable[..., Truth] = information
) -> Task:
    """The layer under noise, which is given to estimators that know it and drawn for others (`transforms.noisy`).

    Args:
        noise: `additive` or `gaussian`, of one standard deviation for all units and inputs.
        seed: of the pairs on which the truth rests.
        truth: in place of computing it, where it is kept: called as `information` is.
    """
    known = truth(population.t, population.y, noise, seed + DISTANT)
    return Task(
        f"{population.name}, {noise.kind} noise {float(noise.std):.3g}",
        _sampler(population, population.t),
        known.xt,
        known.ty,
        f"mixture of all {len(population.y)} inputs, +-{2 * known.error_xt:.2g} and +-{2 * known.error_ty:.2g}",
        noise,
        population=len(population.y),
    )


def layer_in_bins(population: Population, bins: int, ends: tuple[float, float] | None = None) -> Task:
    """The layer cut into equal bins, T the middle of each: H(bin T), which is I(X;bin T), and I(bin T;Y).

    An estimator that cuts T again into no fewer bins of its own finds the same patterns.

    Args:
        ends: of the bins, in activations; those of the layer by default.
    """
    low, high = ends or (float(population.t.min()), float(population.t.max()))
    width = (high - low) / bins or 1.0
    codes = ((population.t.double() - low) / width).long().clamp(0, bins - 1)
    return _cut(population, f"{bins} bins", codes, low + (codes + 0.5) * width)


def layer_between(population: Population, cuts: Sequence[float]) -> Task:
    """As `layer_in_bins`, of bins between given edges, the outermost of which have no end."""
    ordered = torch.tensor(sorted(set(cuts)), dtype=torch.float64)
    codes = torch.bucketize(population.t.double(), ordered, right=True)
    within = torch.cat([ordered[:1] - 1, (ordered[:-1] + ordered[1:]) / 2, ordered[-1:] + 1])
    return _cut(population, f"{len(within)} bins", codes, within[codes])


def _cut(population: Population, how: str, codes: Tensor, t: Tensor) -> Task:
    """A layer in bins: their numbers, and a T within each."""
    known = counted(codes, population.y)
    return Task(
        f"{population.name}, {how}",
        _sampler(population, t),
        known.entropy,
        known.ty,
        f"counts of all {len(population.y)} inputs",
        entropy_t=known.entropy,
        population=len(population.y),
    )


def _sampler(population: Population, t: Tensor) -> Sampler:
    """n inputs of the population, none of them twice."""

    def sample(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        chosen = torch.randperm(len(t), generator=generator(seed))[:n]
        return population.x[chosen].float(), t[chosen].float(), population.y[chosen]

    return sample
