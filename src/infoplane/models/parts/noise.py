"""Noise that a network injects into its layers, on while it trains and off when it is evaluated.

References: Srivastava et al. (2014), for standard and (section 10) Gaussian dropout; Kingma et al. (2015); Achille &
Soatto (2018), Information dropout; Goldfeld et al. (2019), for additive noise; Adilova, Geiger & Fischer (2023).
"""

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor, nn

from infoplane.information import Noise

OPTIONS = {
    "gaussian": {"std"},
    "additive": {"std"},
    "standard": {"rate"},
    "information": {"prior", "beta", "largest_alpha"},
}
"""Keys of the section `dropout` by kind, beside `kind` and `layers`."""
SMALLEST_ACTIVATION = 1e-6
"""Added before the logarithm of an activation."""


class Dropout(BaseModel):
    """The section `dropout` of a network: which noise, and where.

    Attributes:
        kind: `gaussian`: the layer's output is multiplied by eps ~ N(1, std^2). `additive`: N(0, std^2) is added to it.
            `standard`: units are left out, and the others scaled up. `information`: it is multiplied by eps with
            ln eps ~ N(0, alpha(x)^2), where alpha is learned, and information about x costs. Independent for each unit
            and sample.
        std: of `gaussian` and `additive`.
        rate: of `standard`: share of units that are left out.
        prior: of `information`: what an uninformative unit is distributed like. `log_uniform` goes with activations
            that can be 0 (relu), `log_normal` with positive ones (softplus).
        beta: of `information`: weight of the Kullback-Leibler divergence from the prior in the loss.
        largest_alpha: of `information`.
        layers: names of the layers that inject noise; `all` hidden layers; null means the last hidden layer.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    kind: Literal["gaussian", "additive", "standard", "information"]
    std: PositiveFloat | None = None
    rate: Annotated[float, Field(gt=0, lt=1)] | None = None
    prior: Literal["log_uniform", "log_normal"] | None = None
    beta: NonNegativeFloat | None = None
    largest_alpha: Annotated[float, Field(gt=0, le=10)] | None = None
    layers: list[str] | Literal["all"] | None = None

    @model_validator(mode="after")
    def _options_of_the_kind(self):
        given = {name for name in set().union(*OPTIONS.values()) if getattr(self, name) is not None}
        needed = OPTIONS[self.kind]
        for name in sorted(needed - given):
            raise ValueError(f"kind {self.kind} needs the key {name}")
        for name in sorted(given - needed):
            raise ValueError(f"{name} is no key of kind {self.kind}, which has {', '.join(sorted(needed))}")
        return self

    def at(self, layer: str, hidden: list[str]) -> nn.Module:
        """The noise of this layer in a network with these hidden layers: an identity where it injects none.

        Raises:
            ValueError: `layers` names a layer that the network does not have or that cannot inject noise.
        """
        layers = hidden if self.layers == "all" else hidden[-1:] if self.layers is None else self.layers
        for name in layers:
            if name not in hidden:
                raise ValueError(f"dropout.layers: {name!r} is not a hidden layer; there are {', '.join(hidden)}")
        if layer not in layers:
            return nn.Identity()
        if self.kind == "standard":
            return nn.Dropout(self.rate or 0.0)
        if self.kind == "information":
            return InformationDropout(self.prior or "log_uniform", self.beta or 0.0, self.largest_alpha or 1.0)
        return FixedNoise(self.kind, self.std or 0.0)


class FixedNoise(nn.Module):
    """Noise of one size: t eps with eps ~ N(1, std^2), or t + N(0, std^2), in training; the identity in evaluation."""

    def __init__(self, kind: Literal["gaussian", "additive"], std: float):
        super().__init__()
        self.kind: Literal["gaussian", "additive"] = kind
        self.std = std

    def forward(self, t: Tensor) -> Tensor:
        if not self.training:
            return t
        eps = self.std * torch.randn_like(t)
        return t * (1 + eps) if self.kind == "gaussian" else t + eps

    def channel(self) -> Noise:
        """The channel that the layer is in training, for estimators; std is a scalar tensor."""
        return Noise(self.kind, torch.tensor(self.std))


class InformationDropout(nn.Module):
    """Multiply by eps, ln eps ~ N(0, alpha(x)^2), alpha learned from what the layer's weights see.

    The loss takes `penalty`, beta times the divergence of p(z|x) from the prior, in nats: an upper bound on I(X;Z).

    References: Achille & Soatto (2018), eqs. 5 and 6.
    """

    def __init__(self, prior: Literal["log_uniform", "log_normal"], beta: float, largest_alpha: float):
        super().__init__()
        self.prior, self.beta, self.largest_alpha = prior, beta, largest_alpha
        self.mean = nn.Parameter(torch.zeros(())) if prior == "log_normal" else None
        self.log_std = nn.Parameter(torch.zeros(())) if prior == "log_normal" else None
        self.alpha = torch.tensor(largest_alpha)
        self.divergence = torch.zeros(())

    def connect(self, weights: nn.Module) -> None:
        """Let alpha see what the layer's weights see.

        Raises:
            ValueError: the layer is not fully connected.
        """
        if not isinstance(weights, nn.Linear):
            raise ValueError("dropout.kind information is for fully connected layers")
        self.to_alpha = nn.Linear(weights.in_features, weights.out_features)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        """z for the activations t of the layer's input x, shapes (n, units) and (n, inputs)."""
        # a little above 0, where the divergence is infinite
        self.alpha = self.largest_alpha * torch.sigmoid(self.to_alpha(x)).clamp(min=1e-3)
        self.divergence = self._divergence(t, self.alpha)
        return t * torch.exp(self.alpha * torch.randn_like(t)) if self.training else t

    def _divergence(self, t: Tensor, alpha: Tensor) -> Tensor:
        """KL(p(z|x) || prior) summed over units, mean over samples; a scalar, up to a constant for `log_uniform`."""
        if self.mean is None or self.log_std is None:
            return -torch.log(alpha / self.largest_alpha).sum(1).mean()
        log_t = torch.log(t + SMALLEST_ACTIVATION)
        spread = (alpha.square() + (log_t - self.mean).square()) / (2 * torch.exp(2 * self.log_std))
        return (spread + self.log_std - alpha.log() - 0.5).sum(1).mean()

    def penalty(self) -> Tensor:
        """What the last forward pass adds to the loss."""
        return self.beta * self.divergence

    def channel(self) -> Noise:
        """The channel that the layer is in training, at the inputs of the last forward pass; std of shape (n, units).

        Before any forward pass, std is the largest that it can be.
        """
        return Noise("lognormal", self.alpha.detach())
