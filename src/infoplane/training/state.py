"""The state of a training as bytes: safetensors, which hold no code; what is no tensor is JSON in their header."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors.torch import load, save
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from infoplane.training.loop import Epoch, Gradient, Score, Training

NETWORK, OPTIMIZER, CPU, CUDA = "network.", "optimizer.", "generator.cpu", "generator.cuda"


class TrainingState(NamedTuple):
    """All that a training needs to go on from the end of an epoch, and the state of the store that it has filled.

    Attributes:
        tensors: weights and buffers, the optimizer's state, the states of torch's global generators.
        progress: the last finished epoch, the learning rates and their schedule, and the scores of all epochs so far.
        writer_state: of the writer of the activations, as JSON can hold it.
    """

    tensors: dict[str, Tensor]
    progress: dict[str, Any]
    writer_state: Any = None

    def to_bytes(self) -> bytes:
        """All of it in the safetensors format."""
        header = {"progress": json.dumps(self.progress), "writer_state": json.dumps(self.writer_state)}
        return save(self.tensors, header)

    @classmethod
    def from_bytes(cls, content: bytes) -> "TrainingState":
        """What `to_bytes` made."""
        header = header_of(content)
        return cls(load(content), json.loads(header["progress"]), json.loads(header["writer_state"]))

    @property
    def number(self) -> int:
        """The last finished epoch."""
        return self.progress["number"]

    @property
    def epochs(self) -> list[Epoch]:
        """The epochs so far."""
        return epochs_from_json(self.progress["epochs"])


def header_of(content: bytes) -> dict[str, str]:
    """What stands beside the tensors of a safetensors file."""
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]


def copy_state(training: Training, epochs: list[Epoch]) -> TrainingState:
    """A copy of the state of a training after its last finished epoch; the training may go on meanwhile.

    Args:
        epochs: all that are finished.
    """
    tensors = {NETWORK + name: tensor for name, tensor in training.network.state_dict().items()}
    tensors |= {OPTIMIZER + name: tensor for name, tensor in optimizer_tensors(training.optimizer).items()}
    tensors[CPU] = torch.get_rng_state()
    if training.train_split.x.is_cuda:
        tensors[CUDA] = torch.cuda.get_rng_state()
    progress = {
        "number": training.number,
        "lr_schedule": training.lr_schedule.state_dict(),
        "lr": [group["lr"] for group in training.optimizer.param_groups],
        "epochs": epochs_as_json(epochs),
    }
    return TrainingState(separate_copies(tensors), progress)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimiser keeps of each parameter, by the parameter's number and its own name."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": value
        for index, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser of the same parameters what `optimizer_tensors` took from another one."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, _, entry = name.partition(".")
        state.setdefault(int(index), {})[entry] = value
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})


def separate_copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy of each on the CPU: safetensors does not write tensors that share memory, as tied weights do."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def restore(training: Training, state: TrainingState) -> None:
    """Bring a new training of the same network and settings to where another one stood, to the bit."""
    # Cloned, because tensors from a file need not be aligned in memory as torch's own are.
    tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
    training.network.load_state_dict(without_prefix(NETWORK, tensors))
    restore_optimizer(training.optimizer, without_prefix(OPTIMIZER, tensors))
    for group, lr in zip(training.optimizer.param_groups, state.progress["lr"], strict=True):
        group["lr"] = lr
    training.lr_schedule.load_state_dict(state.progress["lr_schedule"])
    if isinstance(schedule := training.lr_schedule, LambdaLR):  # a phase may begin here that a shorter training had not
        for group, lr, share in zip(
            training.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True
        ):
            group["lr"] = lr * share(schedule.last_epoch)
    torch.set_rng_state(tensors[CPU])
    if CUDA in tensors:
        torch.cuda.set_rng_state(tensors[CUDA])
    training.number = state.number


def without_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin with the prefix, under the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def epochs_as_json(epochs: list[Epoch]) -> list[Any]:
    """Epochs as JSON can hold them."""
    return [(epoch.number, epoch.train, epoch.test, epoch.gradients) for epoch in epochs]


def epochs_from_json(epochs: list[Any]) -> list[Epoch]:
    """What `epochs_as_json` gave, whose tuples JSON has made lists."""
    return [
        Epoch(
            number,
            train and Score(*train),
            test and Score(*test),
            {name: Gradient(*values) for name, values in gradients.items()},
        )
        for number, train, test, gradients in epochs
    ]
