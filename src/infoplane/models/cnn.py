"""Convolutional network: `conv1`, `conv2`, ..., a fully connected `hidden` and `output`, the logits."""

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.dropout import Dropout
from infoplane.layers import Activation, Network, Units, image_shape, layer

__all__ = ["Cnn"]


class Cnn(Network):
    """Convolutions, each followed by 2 x 2 max pooling, then one fully connected layer.

    Args:
        input_shape: (channels, height, width) of one x.
        classes: number of classes.
        channels: channels of each convolution.
        kernel: side of each convolution's kernel; no padding.
        hidden: units of the fully connected layer.
        activation: of every layer but the last.
        dropout: noise on any layer but the last.

    Raises:
        ValueError: the data are not images, the images are too small, or `dropout.layers` names no such layer.
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
        dropout: Dropout | None = None,
    ):
        super().__init__()
        planes, height, width = image_shape(input_shape)
        convolutions = [f"conv{i}" for i in range(1, len(channels) + 1)]
        noisy = [*convolutions, "hidden"]
        for name, out in zip(convolutions, channels, strict=True):
            noise = dropout.at(name, noisy) if dropout else nn.Identity()
            self.add_module(name, layer(nn.Conv2d(planes, out, kernel), activation, pool=nn.MaxPool2d(2), noise=noise))
            planes, height, width = out, (height - kernel + 1) // 2, (width - kernel + 1) // 2
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
