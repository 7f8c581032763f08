"""What is known of a network before it is built: its layers, and what of the data it cannot take.

A family of ours has a function `plan`, from which its constructor takes the names; `check` runs it without torch.
"""

from collections.abc import Sequence
from typing import NamedTuple

from infoplane.models.parts.options import Dropout

NOT_CONNECTED = "dropout.kind information is for fully connected layers and convolutions"


class Plan(NamedTuple):
    """The layers of a network, by name.

    Attributes:
        layers: the submodules whose outputs are the T of the plane, in order.
        noisy: those of them that can inject noise, in order.
        connected: those of `noisy` that are fully connected or a convolution, where noise may depend on the input.
    """

    layers: tuple[str, ...]
    noisy: tuple[str, ...]
    connected: tuple[str, ...]

    def with_noise(self, dropout: Dropout | None) -> list[str]:
        """The layers that inject noise in training.

        Raises:
            ValueError: the section `dropout` asks for noise where there can be none.
        """
        chosen = dropout.chosen(self.noisy) if dropout else []
        if dropout and dropout.kind == "information" and not set(chosen) <= set(self.connected):
            raise ValueError(NOT_CONNECTED)
        return chosen


def image_shape(input_shape: Sequence[int]) -> tuple[int, int, int]:
    """The shape of one x as (channels, height, width).

    Raises:
        ValueError: the data are not images.
    """
    if len(input_shape) != 3:
        raise ValueError(f"needs images (channels, height, width), but one x has shape {tuple(input_shape)}")
    channels, height, width = input_shape
    return channels, height, width
