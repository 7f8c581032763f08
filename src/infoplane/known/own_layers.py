"""The layers of a run as tasks: its recorded samples are the population, of which its estimator is shown a half.

Which noise makes the information finite depends on the estimator: its own, where its section names some; what the layer
injects, where it measures that; bins, where it cuts activations; and else noise of a share of the layer's spread.
"""

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import torch

from infoplane.information import Estimator, Noise
from infoplane.known.judgements import OWN
from infoplane.known.population_truth import PAIRS, information
from infoplane.known.real_layers import Population, layer_between, layer_in_bins, layer_in_noise
from infoplane.known.task import Task
from infoplane.storage.activations import Activations

LAYERS = 4
"""Most layers that are taken, evenly from the first to the last."""
WIDEST = 512
"""Most units of a layer that is taken: the truth of 60 000 samples takes a second for every twenty units."""
SHARE = 0.3
"""Of the layer's spread, where the estimator has no noise of its own: little enough that layers differ by it."""
FEWEST = 200
"""Recorded samples below which a half of them says little about what all of them would give."""


def tasks(
    activations: Activations, units: Mapping[str, int], module: Estimator, keywords: Mapping[str, Any]
) -> Iterator[Task]:
    """A task for each of a few layers of the first network at its last epoch, as far as there is a truth.

    Args:
        units: of each layer; wider ones than `WIDEST` are left out before they are read.
        module: the estimator. keywords: all of its section, defaults among them.
    """
    split, last = activations.splits[0], len(activations.epochs) - 1
    x, y = (torch.from_numpy(part) for part in activations.samples(split))
    if len(y) < FEWEST:
        return
    for layer in _spread([layer for layer in activations.layers if units[layer] <= WIDEST]):
        if activations.diverged(split, layer)[last]:
            continue
        (t,), kind, std = activations.layer(split, layer, slice(last, last + 1))
        population = Population(OWN + layer, x, torch.from_numpy(t), y)
        injected = None if kind is None else Noise(kind, torch.from_numpy(std))
        try:
            task = _task(population, module, keywords, injected, activations.extent(split, layer))
        except ValueError:  # noise without a truth: log-normal, or on units that are 0 for some inputs
            continue
        if task is not None:
            yield task


def _spread(layers: list[str]) -> list[str]:
    if len(layers) <= LAYERS:
        return layers
    return [layers[round(place * (len(layers) - 1) / (LAYERS - 1))] for place in range(LAYERS)]


def _task(
    population: Population,
    module: Estimator,
    keywords: Mapping[str, Any],
    injected: Noise | None,
    extent: Mapping[str, tuple[float, float]],
) -> Task | None:
    """The layer as the estimator's section measures it, or None where that has no truth of the population."""
    # every run waits for these truths: their error of .02 nats or so is a fraction of what a value may be off
    in_noise = partial(layer_in_noise, truth=partial(information, most=PAIRS))
    if {"bins", "edges"} <= set(keywords):
        return _in_bins(population, keywords, extent)
    if getattr(module, "NEEDS_NOISE", False) or "injected" in (keywords.get("noise_std"), keywords.get("noise_scale")):
        return None if injected is None or not _is_one_size(injected) else in_noise(population, _one(injected))
    spread = math.sqrt(float(population.t.double().var(0, correction=0).mean()))
    std = _number(keywords.get("noise_std"))
    if variance := _number(keywords.get("noise_var")):
        std = math.sqrt(variance) * (spread if keywords.get("noise_scale") == "relative" else 1.0)
    std = std or SHARE * spread
    return in_noise(population, Noise("additive", torch.tensor(std))) if std else None


def _number(value: object) -> float:
    """A keyword's value; 0 where it is none, as an estimator of the user's may mean anything by it."""
    return float(value) if isinstance(value, int | float) else 0.0


def _is_one_size(noise: Noise) -> bool:
    return float(noise.std.min()) == float(noise.std.max())


def _one(noise: Noise) -> Noise:
    return Noise(noise.kind, noise.std.flatten()[0])


def _in_bins(
    population: Population, keywords: Mapping[str, Any], extent: Mapping[str, tuple[float, float]]
) -> Task | None:
    """Cut as the section says; quantiles of a half of the samples would be other bins than those of all."""
    low, high = float(population.t.min()), float(population.t.max())
    if cuts := keywords.get("cuts"):
        return layer_between(population, cuts)
    if width := keywords.get("width"):
        first, last = math.floor(low / width), math.floor(high / width) + 1
        return layer_in_bins(population, last - first, (first * width, last * width))
    if keywords["edges"] == "quantile":
        return None
    bits = keywords.get("bits")
    return layer_in_bins(population, 2**bits if bits else keywords["bins"], extent.get(keywords["edges"], (low, high)))
