"""The state of a training with several networks and optimisers, on the disk: safetensors, which hold no code."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load, save
from torch import nn

from infoplane.running.unfinished import Work
from infoplane.training.state import (
    header_of,
    optimizer_tensors,
    restore_optimizer,
    separate_copies,
    without_prefix,
)

EVERY_SECONDS = 10.0
RANDOM = "random"


class Checkpoint:
    """One run's last saved state, which goes on to the bit.

    Args:
        work: the stage's folder of partial work.
        name: of the run.
        networks: by name.
        optimizers: by name.
        generator: of all randomness of the run but torch's own, whose state is kept, too.
    """

    def __init__(
        self,
        work: Work,
        name: str,
        networks: Mapping[str, nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
        generator: torch.Generator,
    ):
        self.work, self.name = work, f"{name}.safetensors"
        self.networks, self.optimizers, self.generator = networks, optimizers, generator
        self._saved = time.monotonic()

    def restore(self) -> tuple[int, list[Any]]:
        """The last finished step, and the rows of the run so far; 0 and none where nothing is kept."""
        if (content := self.work.read(self.name)) is None:
            return 0, []
        tensors = {name: tensor.clone() for name, tensor in load(content).items()}
        header = header_of(content)
        for name, network in self.networks.items():
            network.load_state_dict(without_prefix(f"{name}.", tensors))
        for name, optimizer in self.optimizers.items():
            restore_optimizer(optimizer, without_prefix(f"optimizer_{name}.", tensors))
        torch.set_rng_state(tensors[f"{RANDOM}.torch"])
        self.generator.set_state(tensors[f"{RANDOM}.own"])
        return int(header["step"]), json.loads(header["rows"])

    def save_if_due(self, step: int, rows: Sequence[Any], *, now: bool = False) -> None:
        """Save the state after a step, every few seconds, or now."""
        if not now and time.monotonic() - self._saved < EVERY_SECONDS:
            return
        tensors = {f"{RANDOM}.torch": torch.get_rng_state(), f"{RANDOM}.own": self.generator.get_state()}
        for name, network in self.networks.items():
            tensors |= {f"{name}.{key}": tensor for key, tensor in network.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            tensors |= {f"optimizer_{name}.{key}": tensor for key, tensor in optimizer_tensors(optimizer).items()}
        header = {"step": str(step), "rows": json.dumps(rows)}
        self.work.write(self.name, save(separate_copies(tensors), header))
        self._saved = time.monotonic()
