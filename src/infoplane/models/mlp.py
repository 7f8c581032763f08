"""Multilayer perceptron: fully connected layers `hidden1`, `hidden2`, ... and `output`, the logits."""

import math
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.models.parts.layers import Network, initialise, layer
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Dropout, Initialisation, Units
from infoplane.models.parts.plan import Plan

__all__ = ["Mlp"]


def plan(input_shape: tuple[int, ...], *, widths: list[int], **_: object) -> Plan:
    """The layers of a perceptron, which takes data of any shape."""
    hidden = tuple(f"hidden{i}" for i in range(1, len(widths) + 1))
    return Plan((*hidden, "output"), noisy=hidden, connected=hidden)


class Mlp(Network):
    """A multilayer perceptron.

    Args:
        input_shape: shape of one x; flattened.
        classes: number of classes.
        widths: units of each hidden layer.
        activation: of each hidden layer.
        dropout: noise on hidden layers.
        initialisation: `torch` is PyTorch's own; `truncated_normal` draws weights ~ N(0, 1/fan_in), cut at two standard
            deviations, with biases 0 (Shwartz-Ziv & Tishby 2017).

    Raises:
        ValueError: `dropout.layers` names no hidden layer.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        widths: Annotated[list[Units], Field(min_length=1)],
        activation: Activation,
        dropout: Dropout | None = None,
        initialisation: Initialisation = "torch",
    ):
        super().__init__()
        self.layers, hidden, _ = plan(input_shape, widths=widths)
        fan_in = math.prod(input_shape)
        for name, width in zip(hidden, widths, strict=True):
            noise = noise_at(name, dropout, hidden)
            self.add_module(name, layer(nn.Linear(fan_in, width), activation, noise=noise))
            fan_in = width
        self.output = nn.Linear(fan_in, classes)
        initialise(self, initialisation)

    def forward(self, x: Tensor) -> Tensor:
        t = x.flatten(1)
        for name in self.layers:
            t = self.get_submodule(name)(t)
        return t
