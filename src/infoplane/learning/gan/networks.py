"""Generators and discriminators, of points and of pictures of digits.

References: Radford et al. (2016), Unsupervised representation learning with deep convolutional generative adversarial
networks, ICLR, arXiv:1511.06434, for `dcgan`.
"""

import math

from torch import Tensor, nn
from torch.nn import functional

from infoplane.learning.networks import SLOPE, perceptron
from infoplane.settings.objectives import Gan, StackedMnist

HALVED, KERNEL = 4, 4
"""Sides of the least plane are a fourth of a picture's, by two convolutions of stride 2 with kernels of this side."""
MEANS = 4
"""Pixels along what is averaged for information."""


def coarse(samples: Tensor) -> Tensor:
    """What information is taken of, shape (n, d): points, or means of 4 x 4 pixels, from 0, which is black, to 2.

    In the noise of so many pixels any two labels are told apart, and a critic of them learns nothing that brings
    digits; what is left in means is a part of the information.
    """
    return functional.avg_pool2d(samples, MEANS).flatten(1) + 1 if samples.ndim == 4 else samples


def generator_and_discriminator(
    settings: Gan | StackedMnist, d_code: int, shape: tuple[int, ...]
) -> tuple[nn.Module, nn.Module]:
    """From codes of shape (n, d_code) to samples of `shape`, and from these to a logit each, shape (n, 1)."""
    of_generator, of_discriminator, norm = settings.generator, settings.discriminator, settings.batch_norm
    if isinstance(settings, Gan):
        return perceptron(d_code, of_generator, shape[0], batch_norm=norm), perceptron(shape[0], of_discriminator, 1)
    if settings.network == "linear":
        d = math.prod(shape)
        pictures = [perceptron(d_code, of_generator, d, batch_norm=norm), nn.Tanh(), nn.Unflatten(1, shape)]
        return nn.Sequential(*pictures), nn.Sequential(nn.Flatten(), perceptron(d, of_discriminator, 1))
    return _convolutional_generator(d_code, of_generator, shape, norm), _convolutional(of_discriminator, shape)


def _convolutional_generator(d_code: int, planes: list[int], shape: tuple[int, ...], norm: bool) -> nn.Module:
    (first, second), (channels, height, width) = planes, shape
    least = (first, height // HALVED, width // HALVED)
    return nn.Sequential(
        nn.Linear(d_code, math.prod(least)),
        nn.Unflatten(1, least),
        *_rectified(first, norm),
        nn.ConvTranspose2d(first, second, KERNEL, stride=2, padding=1),
        *_rectified(second, norm),
        nn.ConvTranspose2d(second, channels, KERNEL, stride=2, padding=1),
        nn.Tanh(),
    )


def _rectified(planes: int, norm: bool) -> list[nn.Module]:
    return [*([nn.BatchNorm2d(planes)] if norm else []), nn.ReLU()]


def _convolutional(planes: list[int], shape: tuple[int, ...]) -> nn.Module:
    (first, second), (channels, height, width) = planes, shape
    return nn.Sequential(
        nn.Conv2d(channels, first, KERNEL, stride=2, padding=1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(first, second, KERNEL, stride=2, padding=1),
        nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(second * (height // HALVED) * (width // HALVED), 1),
    )
