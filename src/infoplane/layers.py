"""One layer of a network: weights, activation, pooling and the noise that it injects in training."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from infoplane.information import Noise

Units = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of units or channels in params.yaml."""
Activation = Literal["relu", "tanh", "sigmoid", "softplus", "linear"]

ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "linear": nn.Identity,
}


class Network(nn.Module):
    """A network that names its layers, in order: the submodules whose outputs are the T of the plane."""

    layers: tuple[str, ...]


def layer(weights: nn.Module, activation: Activation, *, pool: nn.Module | None = None, noise: nn.Module) -> nn.Module:
    """Weights, activation, an optional pooling, and noise, in this order; the layer's T is what it returns."""
    parts = {"weights": weights, "activation": ACTIVATIONS[activation](), "pool": pool, "noise": noise}
    return nn.Sequential(OrderedDict((name, part) for name, part in parts.items() if part is not None))


def noise_of(layer: nn.Module) -> Noise | None:
    """The noise that a layer injects in training, or None."""
    channels = [channel for part in layer.modules() if callable(channel := getattr(part, "channel", None))]
    return channels[0]() if channels else None  # pyright: ignore[reportReturnType]
