"""Where a training stands, as bytes: safetensors, which hold no code, with what is no tensor as JSON beside them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors.torch import load, save
from torch import Tensor

from infoplane.training.loop import Epoch, Gradient, Score, Training

NETWORK, OPTIMIZER, CPU, CUDA = "network.", "optimizer.", "generator.cpu", "generator.cuda"


class Checkpoint(NamedTuple):
    """What a training is put back to.

    Attributes:
        tensors: weights and buffers, the optimizer's state, the states of torch's global generators.
        facts: the last finished epoch, the schedule, and the epochs so far.
        more: whatever else belongs to this moment, as JSON can hold it.
    """

    tensors: dict[str, Tensor]
    facts: dict[str, Any]
    more: Any

    def to_bytes(self) -> bytes:
        """All of it in the safetensors format."""
        return save(self.tensors, {"facts": json.dumps(self.facts), "more": json.dumps(self.more)})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Checkpoint":
        """What `to_bytes` made."""
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        return cls(load(content), json.loads(header["facts"]), json.loads(header["more"]))

    @property
    def number(self) -> int:
        """The last finished epoch."""
        return self.facts["number"]

    @property
    def epochs(self) -> list[Epoch]:
        """The epochs so far."""
        return [_epoch(*values) for values in self.facts["epochs"]]


def take(training: Training, epochs: list[Epoch]) -> Checkpoint:
    """A copy of the state of a training after its last finished epoch, which may go on.

    Args:
        epochs: all that are finished.
    """
    tensors = {NETWORK + name: tensor for name, tensor in training.network.state_dict().items()}
    for index, state in training.optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER}{index}.{name}": value for name, value in state.items() if value is not None}
    tensors[CPU] = torch.get_rng_state()
    if training.train_split.x.is_cuda:
        tensors[CUDA] = torch.cuda.get_rng_state()
    facts = {
        "number": training.number,
        "schedule": training.schedule.state_dict(),
        "lr": [group["lr"] for group in training.optimizer.param_groups],
        "epochs": [_values(epoch) for epoch in epochs],
    }
    return Checkpoint(own_copies(tensors), facts, None)


def own_copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each on its own: tensors that share memory, as tied weights do, cannot be written as they are."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def put_back(checkpoint: Checkpoint, training: Training) -> None:
    """Put a new training of the same network and settings to where another one stood, to the bit."""
    # Cloned, because tensors from a file need not be aligned in memory as torch's own are.
    tensors = {name: tensor.clone() for name, tensor in checkpoint.tensors.items()}
    training.network.load_state_dict(_below(NETWORK, tensors))
    optimizer = training.optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _below(OPTIMIZER, tensors).items():
        index, _, entry = name.partition(".")
        state.setdefault(int(index), {})[entry] = value
    for group, lr in zip(optimizer["param_groups"], checkpoint.facts["lr"], strict=True):
        group["lr"] = lr
    training.optimizer.load_state_dict(optimizer | {"state": state})
    training.schedule.load_state_dict(checkpoint.facts["schedule"])
    torch.set_rng_state(tensors[CPU])
    if CUDA in tensors:
        torch.cuda.set_rng_state(tensors[CUDA])
    training.number = checkpoint.number


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _values(epoch: Epoch) -> tuple:
    return epoch.number, epoch.train, epoch.test, epoch.gradients


def _epoch(number: int, train: list, test: list, gradients: dict[str, list]) -> Epoch:
    return Epoch(number, Score(*train), Score(*test), {name: Gradient(*values) for name, values in gradients.items()})
