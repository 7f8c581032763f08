"""LeNet-5: `conv1`, `conv2`, fully connected `hidden1`, `hidden2`, and `output`, the logits.

References: LeCun et al. (1998), Gradient-based learning applied to document recognition, doi:10.1109/5.726791; in the
form of Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, arXiv:2303.00596.
"""

from typing import Literal

from torch import Tensor, nn

from infoplane.models.parts.layers import Network, layer
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Dropout
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Lenet"]

SIDE = 32
"""Of the images that LeNet-5 is made for."""


def sides(input_shape: tuple[int, ...], pad: bool) -> tuple[int, int, int]:
    """Padding of the first convolution, and the height and width that the second one and its pooling leave.

    Raises:
        ValueError: the data are not images, or nothing of them is left.
    """
    _, *image = image_shape(input_shape)
    padding = 2 if pad and min(image) < SIDE else 0
    height, width = (((side + 2 * padding - 4) // 2 - 4) // 2 for side in image)
    if min(height, width) < 1:
        raise ValueError(f"nothing of an image {input_shape} is left after conv2")
    return padding, height, width


def plan(input_shape: tuple[int, ...], *, pad: bool = True, **_: object) -> Plan:
    """The layers of the network; refuses images of which nothing would be left."""
    sides(input_shape, pad)
    noisy = ("conv1", "conv2", "hidden1", "hidden2")
    return Plan((*noisy, "output"), noisy, connected=noisy)


class Lenet(Network):
    """LeNet-5: convolutions of 6 and 16 channels, 5 x 5, each with 2 x 2 pooling, then 120 and 84 units.

    Args:
        input_shape: (channels, height, width) of one x.
        classes: number of classes.
        activation: of every layer but the last.
        pooling: `max`, or the `average` of the original.
        pad: images smaller than the 32 x 32 of the original get two pixels of zeros around them; without, those of
            MNIST leave 4 x 4 pixels after conv2 in place of 5 x 5.
        dropout: noise on any layer but the last.

    Raises:
        ValueError: the data are not images, the images are too small, or `dropout.layers` names no such layer.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        activation: Activation,
        pooling: Literal["max", "average"] = "max",
        pad: bool = True,
        dropout: Dropout | None = None,
    ):
        super().__init__()
        padding, height, width = sides(input_shape, pad)
        channels = input_shape[0]
        self.layers, noisy, _ = plan(input_shape, pad=pad)
        pool = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[pooling]
        noise = {name: noise_at(name, dropout, noisy) for name in noisy}
        self.conv1 = layer(nn.Conv2d(channels, 6, 5, padding=padding), activation, pool=pool(2), noise=noise["conv1"])
        self.conv2 = layer(nn.Conv2d(6, 16, 5), activation, pool=pool(2), noise=noise["conv2"])
        self.hidden1 = layer(nn.Linear(16 * height * width, 120), activation, noise=noise["hidden1"])
        self.hidden2 = layer(nn.Linear(120, 84), activation, noise=noise["hidden2"])
        self.output = nn.Linear(84, classes)

    def forward(self, x: Tensor) -> Tensor:
        t = self.conv2(self.conv1(x))
        return self.output(self.hidden2(self.hidden1(t.flatten(1))))
