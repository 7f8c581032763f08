"""Continuous dropout: multiplicative noise in a network, on while it trains and off when it is evaluated.

References: Srivastava et al. (2014), section 10; Kingma et al. (2015); Adilova, Geiger & Fischer (2023).
"""

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, PositiveFloat
from torch import Tensor, nn

from infoplane.information import Noise


class Dropout(BaseModel):
    """The section `dropout` of a network: which noise, and where.

    Attributes:
        kind: `gaussian`: the layer's output is multiplied by eps ~ N(1, std^2), independent for each unit.
        std: standard deviation of eps.
        layers: names of the layers that inject noise; null means the last hidden layer.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    kind: Literal["gaussian"]
    std: PositiveFloat
    layers: list[str] | None = None

    def at(self, layer: str, hidden: list[str]) -> nn.Module:
        """The noise of this layer in a network with these hidden layers: an identity where it injects none.

        Raises:
            ValueError: `layers` names a layer that the network does not have or that cannot inject noise.
        """
        layers = hidden[-1:] if self.layers is None else self.layers
        for name in layers:
            if name not in hidden:
                raise ValueError(f"dropout.layers: {name!r} is not a hidden layer; there are {', '.join(hidden)}")
        return GaussianDropout(self.std) if layer in layers else nn.Identity()


class GaussianDropout(nn.Module):
    """Multiply by noise eps ~ N(1, std^2) in training; the identity in evaluation."""

    def __init__(self, std: float):
        super().__init__()
        self.std = std

    def forward(self, t: Tensor) -> Tensor:
        return t * (1 + self.std * torch.randn_like(t)) if self.training else t

    def channel(self) -> Noise:
        """The channel that the layer is in training, for estimators; std is a scalar tensor."""
        return Noise("gaussian", torch.tensor(self.std))
