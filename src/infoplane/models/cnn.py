"""Convolutional network: `conv1`, `conv2`, ..., a fully connected `hidden` and `output`, the logits."""

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.models.parts.layers import Activation, Network, Units, image_shape, layer
from infoplane.models.parts.noise import Dropout

__all__ = ["Cnn"]


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
        planes, height, width = image_shape(input_shape)
        convolutions = [f"conv{i}" for i in range(1, len(channels) + 1)]
        noisy = [*convolutions, "hidden"]
        pools = [2] * len(channels) if pools is None else pools
        if len(pools) != len(channels):
            raise ValueError(f"pools: {len(pools)} entries for {len(channels)} convolutions")
        for name, out, pool in zip(convolutions, channels, pools, strict=True):
            noise = dropout.at(name, noisy) if dropout else nn.Identity()
            convolution = nn.Conv2d(planes, out, kernel, padding=padding)
            pooling = nn.MaxPool2d(pool) if pool > 1 else None
            self.add_module(name, layer(convolution, activation, pool=pooling, noise=noise))
            planes, height, width = out, *((side + 2 * padding - kernel + 1) // pool for side in (height, width))
            if min(height, width) < 1:
                raise ValueError(f"channels, kernel: nothing of an image {input_shape} is left after {name}")
        noise = dropout.at("hidden", noisy) if dropout else nn.Identity()
        self.hidden = layer(nn.Linear(planes * height * width, hidden), activation, noise=noise)
        self.output = nn.Linear(hidden, classes)
        self.layers = (*convolutions, "hidden", "output")

    def forward(self, x: Tensor) -> Tensor:
        t = x
        for name in self.layers:
            t = self.get_submodule(name)(t.flatten(1) if name in ("hidden", "output") else t)
        return t
