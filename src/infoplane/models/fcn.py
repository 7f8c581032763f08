"""All-convolutional network: `conv1`, ..., `conv8` and `output`, the logits; no pooling between, no linear layer.

References: Springenberg et al. (2015), Striving for simplicity: the all convolutional net, arXiv:1412.6806: All-CNN-C.
"""

from collections import OrderedDict
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from infoplane.models.parts.layers import Network, layer
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Dropout
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Fcn"]

CONVOLUTIONS = (
    # channels, kernel, stride, padding
    (96, 3, 1, 1),
    (96, 3, 1, 1),
    (96, 3, 2, 1),
    (192, 3, 1, 1),
    (192, 3, 1, 1),
    (192, 3, 2, 1),
    (192, 3, 1, 0),
    (192, 1, 1, 0),
)
SMALLEST = 9
"""Side of an image of which the two strides leave the 3 x 3 pixels that conv7, without padding, needs."""


def plan(input_shape: tuple[int, ...], **_: object) -> Plan:
    """The layers of the network; refuses images that are too small for its strides."""
    sides = image_shape(input_shape)[1:]
    if min(sides) < SMALLEST:
        raise ValueError(f"needs images of {SMALLEST} x {SMALLEST} pixels or more, but one x has shape {input_shape}")
    hidden = tuple(f"conv{i}" for i in range(1, len(CONVOLUTIONS) + 1))
    return Plan((*hidden, "output"), noisy=hidden, connected=hidden)


class Fcn(Network):
    """Convolutions that halve the image by strides; a 1 x 1 convolution to classes, averaged over all positions.

    Args:
        input_shape: (channels, height, width) of one x.
        classes: number of classes.
        width: share of the published channels, 96 and 192, that every convolution has.
        activation: of every layer but the last.
        batch_norm: batch normalisation between each convolution and its activation.
        dropout: noise on any layer but the last.

    Raises:
        ValueError: the data are not images, the images are too small, or `dropout.layers` names no such layer.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        width: Annotated[float, Field(gt=0, le=1)],
        activation: Activation,
        batch_norm: bool = True,
        dropout: Dropout | None = None,
    ):
        super().__init__()
        self.layers, hidden, _ = plan(input_shape)
        planes = input_shape[0]
        for name, (published, kernel, stride, padding) in zip(hidden, CONVOLUTIONS, strict=True):
            out = max(1, round(width * published))
            noise = noise_at(name, dropout, hidden)
            # Batch normalisation adds a bias of its own.
            weights = nn.Conv2d(planes, out, kernel, stride, padding, bias=not batch_norm)
            norm = nn.BatchNorm2d(out) if batch_norm else None
            self.add_module(name, layer(weights, activation, norm=norm, noise=noise))
            planes = out
        self.output = nn.Sequential(
            OrderedDict(weights=nn.Conv2d(planes, classes, 1), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
        )

    def forward(self, x: Tensor) -> Tensor:
        t = x
        for name in self.layers:
            t = self.get_submodule(name)(t)
        return t
