"""Residual network: torchvision's ResNet-18, its `block1`, ..., `block4`, then `bottleneck` and `output`, the logits.

References: He et al. (2016), Deep residual learning for image recognition, arXiv:1512.03385; a bottleneck with noise as
in Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, arXiv:2303.00596.
"""

from typing import Literal

from torch import Tensor, nn
from torchvision.models import resnet18

from infoplane.models.parts.layers import Network, layer
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Dropout, Units
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Resnet"]

BLOCKS = ("block1", "block2", "block3", "block4")


def plan(input_shape: tuple[int, ...], **_: object) -> Plan:
    """The layers of the network; refuses what is no image."""
    image_shape(input_shape)
    return Plan((*BLOCKS, "bottleneck", "output"), noisy=("bottleneck",), connected=("bottleneck",))


class Resnet(Network):
    """ResNet-18, untrained, with a fully connected layer between its average pooling and the logits.

    The T of block1 to block4 are the outputs of torchvision's layer1 to layer4, of 64, 128, 256 and 512 channels, as
    they are: large (64 times the pixels of a small image at the first), where `record.layers` can leave them out.

    Args:
        input_shape: (channels, height, width) of one x.
        classes: number of classes.
        bottleneck: units of the fully connected layer.
        activation: of the bottleneck; the blocks have ReLU.
        stem: before block1. `small`: a 3 x 3 convolution, for images of about 32 x 32; `imagenet`: the original's 7 x 7
            convolution and max pooling, which halve the image twice.
        dropout: noise on the bottleneck.

    Raises:
        ValueError: the data are not images, or `dropout.layers` names another layer than the bottleneck.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        bottleneck: Units = 128,
        activation: Activation,
        stem: Literal["small", "imagenet"] = "small",
        dropout: Dropout | None = None,
    ):
        super().__init__()
        self.layers, noisy, _ = plan(input_shape)
        channels = input_shape[0]
        original = resnet18(weights=None)
        features = original.fc.in_features
        if stem == "small":
            convolution, pool = nn.Conv2d(channels, 64, 3, padding=1, bias=False), nn.Identity()
        else:
            convolution, pool = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False), original.maxpool
        # As torchvision draws every other convolution.
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        self.stem = nn.Sequential(convolution, original.bn1, original.relu, pool)
        self.block1, self.block2 = original.layer1, original.layer2
        self.block3, self.block4 = original.layer3, original.layer4
        noise = noise_at("bottleneck", dropout, noisy)
        self.bottleneck = layer(nn.Linear(features, bottleneck), activation, noise=noise)
        self.output = nn.Linear(bottleneck, classes)

    def forward(self, x: Tensor) -> Tensor:
        t = self.stem(x)
        for name in BLOCKS:
            t = self.get_submodule(name)(t)
        return self.output(self.bottleneck(t.mean((2, 3))))
