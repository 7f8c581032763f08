"""Multilayer perceptron: fully connected layers `hidden1`, `hidden2`, ... and `output`, the logits."""

import math
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.models.parts.layers import Activation, Initialisation, Network, Units, initialise, layer
from infoplane.models.parts.noise import Dropout

__all__ = ["Mlp"]


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
        hidden = [f"hidden{i}" for i in range(1, len(widths) + 1)]
        fan_in = math.prod(input_shape)
        for name, width in zip(hidden, widths, strict=True):
            noise = dropout.at(name, hidden) if dropout else nn.Identity()
            self.add_module(name, layer(nn.Linear(fan_in, width), activation, noise=noise))
            fan_in = width
        self.output = nn.Linear(fan_in, classes)
        self.layers = (*hidden, "output")
        initialise(self, initialisation)

    def forward(self, x: Tensor) -> Tensor:
        t = x.flatten(1)
        for name in self.layers:
            t = self.get_submodule(name)(t)
        return t
