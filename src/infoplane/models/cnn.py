"""Convolutional network: `conv1`, `conv2`, ..., a fully connected `hidden` and `output`, the logits."""

import math
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.models.parts.layers import Network, layer
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Dropout, Units
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Cnn"]


def sides(
    input_shape: tuple[int, ...], channels: list[int], kernel: int, padding: int, pools: list[int]
) -> list[tuple[int, int]]:
    """Height and width of what each convolution and its pooling leave of an image.

    Raises:
        ValueError: the data are not images, nothing is left, or `pools` is not as long as `channels`.
    """
    _, *left = image_shape(input_shape)
    if len(pools) != len(channels):
        raise ValueError(f"pools: {len(pools)} entries for {len(channels)} convolutions")
    after = []
    for number, pool in enumerate(pools, start=1):
        left = [(side + 2 * padding - kernel + 1) // pool for side in left]
        if min(left) < 1:
            raise ValueError(f"channels, kernel: nothing of an image {input_shape} is left after conv{number}")
        after.append((left[0], left[1]))
    return after


def plan(
    input_shape: tuple[int, ...],
    *,
    channels: list[int],
    kernel: int,
    padding: int = 0,
    pools: list[int] | None = None,
    **_: object,
) -> Plan:
    """The layers of the network; refuses images of which nothing would be left."""
    sides(input_shape, channels, kernel, padding, pools or [2] * len(channels))
    convolutions = tuple(f"conv{i}" for i in range(1, len(channels) + 1))
    noisy = (*convolutions, "hidden")
    return Plan((*noisy, "output"), noisy, connected=noisy)


class Cnn(Network):
    """Convolutions, each followed by max pooling, then one fully connected layer.

    Args:
        input_shape: (channels, height, width) of one x.
        classes: number of classes.
        channels: channels of each convolution.
        kernel: side of each convolution's kernel.
        padding: pixels of zeros around what each convolution sees.
        pools: side of the max pooling after each convolution, 1 for none; default: 2 after each.
        hidden: units of the fully connected layer.
        activation: of every layer but the last.
        dropout: noise on any layer but the last.

    Raises:
        ValueError: the data are not images, the images are too small, `pools` is not as long as `channels`, or
            `dropout.layers` names no such layer.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        channels: Annotated[list[Units], Field(min_length=1)],
        kernel: Units,
        hidden: Units,
        activation: Activation,
        padding: Annotated[int, Field(ge=0, le=1000)] = 0,
        pools: list[Annotated[int, Field(ge=1, le=1000)]] | None = None,
        dropout: Dropout | None = None,
    ):
        super().__init__()
        pools = [2] * len(channels) if pools is None else pools
        left = sides(input_shape, channels, kernel, padding, pools)
        self.layers, noisy, _ = plan(input_shape, channels=channels, kernel=kernel, padding=padding, pools=pools)
        planes = input_shape[0]
        for name, out, pool in zip(noisy, channels, pools, strict=False):
            noise = noise_at(name, dropout, noisy)
            convolution = nn.Conv2d(planes, out, kernel, padding=padding)
            pooling = nn.MaxPool2d(pool) if pool > 1 else None
            self.add_module(name, layer(convolution, activation, pool=pooling, noise=noise))
            planes = out
        noise = noise_at("hidden", dropout, noisy)
        self.hidden = layer(nn.Linear(planes * math.prod(left[-1]), hidden), activation, noise=noise)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        t = x
        for name in self.layers:
            t = self.get_submodule(name)(t.flatten(1) if name in ("hidden", "output") else t)
        return t
