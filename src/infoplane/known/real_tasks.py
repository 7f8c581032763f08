"""The tasks of the networks that are there (`real_networks`), with their truths, which are kept beside the networks."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from infoplane.information import Noise
from infoplane.known.population_truth import ERROR, MOST_PAIRS, PAIRS, Truth, information
from infoplane.known.real_layers import Population, layer_in_bins, layer_in_noise, recorded
from infoplane.known.real_networks import Case, RealNetwork
from infoplane.known.task import Task
from infoplane.running.unfinished import write_atomically
from infoplane.storage.activations import Activations


class KeptTruths:
    """Truths in a file, by what they depend on: those of 60 000 inputs take half a minute each.

    Args:
        path: of the file; it is made where it lacks.
    """

    def __init__(self, path: Path):
        self.path = path
        self._kept: dict[str, list[float]] = json.loads(path.read_bytes()) if path.exists() else {}

    def __call__(self, t: Tensor, y: Tensor, noise: Noise, seed: int) -> Truth:
        """As `population_truth.information` gives it."""
        digest = hashlib.sha256(t.contiguous().numpy().tobytes() + y.numpy().tobytes())
        digest.update(json.dumps([noise.kind, float(noise.std), seed, PAIRS, MOST_PAIRS, ERROR]).encode())
        key = digest.hexdigest()
        if key not in self._kept:
            self._kept[key] = list(information(t, y, noise, seed))
            write_atomically(self.path, json.dumps(self._kept, indent=1).encode())
        return Truth(*self._kept[key])


def there(networks: Iterable[RealNetwork]) -> tuple[list[RealNetwork], list[RealNetwork]]:
    """The networks whose activations are there, and the others."""
    networks = list(networks)
    return [each for each in networks if each.store.exists()], [each for each in networks if not each.store.exists()]


def tasks(network: RealNetwork, truths: KeptTruths) -> Iterator[Task]:
    """The network's cases, in order.

    Raises:
        UserError: its activations are not there, or damaged.
    """
    activations = Activations(network.store)
    for case in network.cases:
        name = f"{network.name} {case.layer} epoch {case.epoch}"
        index = activations.epochs.index(case.epoch)
        yield _task(recorded(activations, network.split, case.layer, index, name), case, truths)


def _task(population: Population, case: Case, truths: KeptTruths) -> Task:
    if case.kind == "bins":
        return layer_in_bins(population, int(case.size))
    return layer_in_noise(population, Noise(case.kind, torch.tensor(case.size)), truth=truths)
