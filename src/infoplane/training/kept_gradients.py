"""The gradients of a network's layers in an epoch: those of its minibatches, or their mean."""

import math
from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.models.parts.layers import layers_of
from infoplane.settings.sections import KeptOfGradients


class KeptGradients:
    """Collects the gradient of the loss by the trained parameters of each layer, a flat row for a minibatch.

    Args:
        epochs: those in which gradients are kept; None: all, since any may be the last.
    """

    def __init__(self, network: nn.Module, kind: KeptOfGradients, epochs: Collection[int] | None):
        self.kind, self.epochs = kind, epochs
        self.parameters = {name: trained_parameters(network.get_submodule(name)) for name in layers_of(network)}
        self._is_kept = False
        self._batches = 0
        self._rows: dict[str, list[Tensor]] = {}

    def begin(self, epoch: int) -> None:
        """Forget the last epoch's."""
        self._is_kept = self.kind != "none" and (self.epochs is None or epoch in self.epochs)
        self._batches, self._rows = 0, {}

    def add(self) -> None:
        """Take those of a minibatch, after its backward pass."""
        if not self._is_kept:
            return
        self._batches += 1
        for layer, parameters in self.parameters.items():
            if not parameters:
                continue
            row = torch.cat([_gradient(parameter).flatten() for parameter in parameters.values()])
            rows = self._rows.setdefault(layer, [])
            if self.kind == "minibatches":
                rows.append(row.cpu())
            elif rows:
                rows[0] += row
            else:
                rows.append(row)

    def of_epoch(self) -> dict[str, np.ndarray]:
        """By layer, shape (minibatches, parameters) or (1, parameters), float32; none before training."""
        divisor = self._batches if self.kind == "mean" else 1
        return {layer: (torch.stack(rows) / divisor).cpu().numpy() for layer, rows in self._rows.items()}


def trained_parameters(layer: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters of a layer that are trained, in order."""
    return {name: parameter for name, parameter in layer.named_parameters() if parameter.requires_grad}


def shapes(network: nn.Module) -> dict[str, list[tuple[str, list[int]]]]:
    """Of each layer, which parameters a row holds, in order, and their shapes."""
    of_layers = {name: trained_parameters(network.get_submodule(name)) for name in layers_of(network)}
    return {
        layer: [(name, list(parameter.shape)) for name, parameter in parameters.items()]
        for layer, parameters in of_layers.items()
        if parameters
    }


def needed_bytes(network: nn.Module, kind: KeptOfGradients, minibatches: int) -> int:
    """Of an epoch's."""
    rows = {"none": 0, "mean": 1, "minibatches": minibatches}[kind]
    parameters = sum(math.prod(shape) for entries in shapes(network).values() for _, shape in entries)
    return 4 * rows * parameters


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.detach().to(torch.float32)
