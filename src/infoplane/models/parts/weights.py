"""Weights from a file, safetensors or PyTorch's own format, and into a network, all or nothing.

No file runs code: pickles are read with `weights_only=True`, which takes tensors and plain containers alone.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from infoplane.errors import UserError, in_one_line
from infoplane.inputs import located
from infoplane.models.parts.options import PICKLED, SAFETENSORS, is_weights_file
from infoplane.named import PARAMS

NESTED = ("state_dict", "model_state_dict", "model", "network", "weights", "module")
"""Where checkpoints of the usual training scripts hold the state dict, beside the state of the optimizer."""
PREFIXES = ("module.", "model.", "network.", "_orig_mod.")
"""What DataParallel, Lightning and torch.compile put before every name."""
SHOWN = 3
"""Names in a message, of each kind."""


class Misfit(NamedTuple):
    """What keeps weights from fitting a network, by name.

    Attributes:
        missing: names of the network's that the weights lack.
        unexpected: names that the network lacks.
        shapes: of what both have, but in another shape: those of the weights and of the network.
    """

    missing: list[str]
    unexpected: list[str]
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]

    def __str__(self) -> str:
        shapes = [f"{name} is {ours} and must be {theirs}" for name, (ours, theirs) in self.shapes.items()]
        kinds = {"missing": self.missing, "unknown to the network": self.unexpected, "of another shape": shapes}
        return "; ".join(f"{len(names)} {kind} ({_first(names)})" for kind, names in kinds.items() if names)


def read_weights(path: Path, place: str) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU.

    Args:
        path: a file in safetensors (.safetensors), or of `torch.save` (.pt, .pth, .ckpt, .bin) with a state dict, by
            itself or below one of the keys that training scripts use (`NESTED`).
        place: what in params.yaml names the file, such as `models.torchvision.weights`, for errors.

    Raises:
        UserError: it cannot be read, is damaged, is no such file, or is a pickle that would run code.
    """
    where = f"{place}: {path.as_posix()}"
    try:
        if path.suffix == SAFETENSORS:
            return load_file(path)
        if not is_weights_file(path.name):
            endings = ", ".join((SAFETENSORS, *PICKLED))
            raise UserError(f"{where} is no file of weights: its name must end in one of {endings}")
        # A file that starts neither as a zip archive nor as a pickle is told apart from one whose pickle holds code.
        with path.open("rb") as file:
            is_pickle = file.read(2).startswith((b"PK", b"\x80"))
        content = torch.load(path, map_location="cpu", weights_only=True) if is_pickle else None
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror or in_one_line(error)}") from error
    except SafetensorError as error:
        raise UserError(f"{where} is damaged, or no safetensors: {in_one_line(error)}") from error
    except UnpicklingError as error:
        if "global" not in str(error).lower():
            raise UserError(f"{where} is damaged: its pickle cannot be read") from error
        raise UserError(
            f"{where} holds objects whose unpickling would run code: save the weights alone, "
            "torch.save(network.state_dict(), path)"
        ) from error
    except (RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        # PyTorch's reader lets pass whatever a damaged archive or pickle makes of its own parts.
        raise UserError(f"{where} is damaged: {in_one_line(error)[:150]}") from error
    if content is None:
        raise UserError(f"{where} is damaged, or no file of weights: it is not what torch.save writes")
    return _state_dict(content, where)


def read_from_inputs(name: str, inputs: str, key: str) -> dict[str, Tensor]:
    """The tensors of a file below the folder of the user's files, which a key of params.yaml names.

    Raises:
        UserError: there is no such file, or it cannot be read.
    """
    return read_weights(located(inputs, name, key), f"{PARAMS}: {key}")


def load_weights(
    network: nn.Module, weights: Mapping[str, Tensor], place: str, *, replaceable: Collection[str] = ()
) -> list[str]:
    """Copy weights into a network: each of its tensors gets one of the same name and shape, and none is left over.

    Where it makes them fit, a prefix that all names have (`PREFIXES`) is dropped. Of tied weights one name suffices,
    and the counters of batch normalisation may be missing, as in files of older versions of PyTorch.

    Args:
        place: what names them, for errors, such as `models.torchvision.weights = 'resnet.pt'`.
        replaceable: names of submodules that stay as they are where theirs have another shape: the head, for other
            classes.

    Returns: those submodules that stayed as they are.

    Raises:
        UserError: names or shapes do not fit; says which, and how many. The network is as it was.
    """
    target = network.state_dict()
    fitted = dict(max(_without_prefixes(weights), key=lambda candidate: len(candidate.keys() & target.keys())))
    kept = [name for name in replaceable if _differs(_below(name, fitted), _below(name, target))]
    for name in kept:
        fitted = {key: tensor for key, tensor in fitted.items() if not _is_below(name, key)}
        fitted |= _below(name, target)
    misfit = compare(fitted, target)
    if any(misfit):
        raise UserError(f"{place}: the weights do not fit the network: {misfit}")
    network.load_state_dict(fitted, strict=False)  # what `compare` lets be missing is left
    return kept


def compare(weights: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> Misfit:
    """What keeps weights from fitting the state dict of a network."""
    tied = {_memory(target[name]) for name in weights.keys() & target.keys()}
    missing = [
        name
        for name, tensor in target.items()
        if name not in weights and not name.endswith("num_batches_tracked") and _memory(tensor) not in tied
    ]
    shapes = {
        name: (tuple(tensor.shape), tuple(target[name].shape))
        for name, tensor in weights.items()
        if name in target and tensor.shape != target[name].shape
    }
    return Misfit(missing, [name for name in weights if name not in target], shapes)


def _state_dict(content: Any, where: str) -> dict[str, Tensor]:
    """The state dict that a checkpoint is, or holds."""
    while isinstance(content, Mapping) and content:
        if all(isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()):
            return dict(content)
        content = next((content[key] for key in NESTED if isinstance(content.get(key), Mapping)), None)
    raise UserError(f"{where} holds no weights: neither tensors by name nor a dict of them as {', '.join(NESTED)}")


def _without_prefixes(weights: Mapping[str, Tensor]) -> Iterator[Mapping[str, Tensor]]:
    """The weights as they are, then with each prefix that all names have dropped, one after another."""
    while True:
        yield weights
        prefix = next((each for each in PREFIXES if all(name.startswith(each) for name in weights)), None)
        if prefix is None or not weights:
            return
        weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}


def _below(module: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in tensors.items() if _is_below(module, name)}


def _is_below(module: str, name: str) -> bool:
    return name.startswith(f"{module}.")


def _differs(weights: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> bool:
    """Whether a part of the network has other shapes or names than the weights for it."""
    return {name: tensor.shape for name, tensor in weights.items()} != {
        name: tensor.shape for name, tensor in target.items()
    }


def _memory(tensor: Tensor) -> tuple[Any, ...]:
    """Equal for tensors that are the same numbers in memory; never for those without any."""
    return (tensor.data_ptr(), tensor.shape, tensor.stride()) if tensor.numel() else (id(tensor),)


def _first(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
