"""What networks are made of: weights, activation, pooling and noise as a layer; rows of images; initialisation."""

import math
from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn

from infoplane.information import Noise
from infoplane.models.parts.noise import InformationDropout
from infoplane.models.parts.options import Activation, Initialisation

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "linear": nn.Identity,
}


class Network(nn.Module):
    """A network that names its layers, in order: the submodules whose outputs are the T of the plane."""

    layers: tuple[str, ...]


def layers_of(network: nn.Module) -> tuple[str, ...]:
    """The names of a network's layers, in order; of networks of libraries, some have a submodule `layers`."""
    return getattr(network, "layer_names", None) or network.layers  # pyright: ignore[reportReturnType]


def layer(
    weights: nn.Module,
    activation: Activation,
    *,
    norm: nn.Module | None = None,
    pool: nn.Module | None = None,
    noise: nn.Module,
) -> nn.Module:
    """Weights, normalisation, activation, pooling and noise, in this order; the layer's T is what it returns.

    Raises:
        ValueError: the noise does not go with these weights.
    """
    parts = {"weights": weights, "norm": norm, "activation": ACTIVATIONS[activation](), "pool": pool, "noise": noise}
    given = OrderedDict((name, part) for name, part in parts.items() if part is not None)
    if isinstance(noise, InformationDropout):
        noise.connect(weights)
        return _InformedLayer(given)
    return nn.Sequential(given)


class _InformedLayer(nn.Sequential):
    """A layer whose noise sees what its weights see."""

    def forward(self, x: Tensor) -> Tensor:
        *parts, noise = self
        t = x
        for part in parts:
            t = part(t)
        return noise(t, x)


def noise_of(layer: nn.Module) -> Noise | None:
    """The noise that a layer injects in training, or None."""
    channels = [channel for part in layer.modules() if callable(channel := getattr(part, "channel", None))]
    return channels[0]() if channels else None  # pyright: ignore[reportReturnType]


def rows(x: Tensor) -> Tensor:
    """Images as sequences of their rows, top to bottom; a row is its pixels in all channels.

    Args:
        x: shape (n, channels, height, width).
    Returns: shape (n, height, channels * width).
    """
    return x.transpose(1, 2).flatten(2)


def initialise(network: nn.Module, initialisation: Initialisation) -> None:
    """Draw the weights of linear layers and convolutions anew, in place.

    Args:
        network: whose weights and biases are as PyTorch draws them.
        initialisation: `torch` leaves them so, and draws nothing; `truncated_normal`: weights ~ N(0, 1/fan_in), cut
            at two standard deviations, and biases 0 (Shwartz-Ziv & Tishby 2017).
    """
    if initialisation == "torch":
        return
    for part in network.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            std = 1 / math.sqrt(part.weight[0].numel())
            nn.init.trunc_normal_(part.weight, std=std, a=-2 * std, b=2 * std)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
