"""Options of networks in params.yaml, as types that check them; nothing here needs torch."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Annotated, Literal, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

Units = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of units or channels."""
Depth = Annotated[int, Field(ge=1, le=100)]
"""A number of equal layers."""
Activation = Literal["relu", "tanh", "sigmoid", "softplus", "gelu", "linear"]
Initialisation = Literal["torch", "truncated_normal"]
TokenPooling = Literal["mean", "last", "cls"] | NonNegativeInt
"""How the tokens of a sample become one vector; a number is the place of one token."""

SAFETENSORS = ".safetensors"
PICKLED = (".pt", ".pth", ".ckpt", ".bin")
"""Endings of what `torch.save` writes."""


def is_weights_file(weights: object) -> TypeGuard[str]:
    """Whether the key `weights` of a network names a file of the user's, and not weights that a library publishes."""
    return isinstance(weights, str) and PurePath(weights).suffix in (SAFETENSORS, *PICKLED)


OPTIONS = {
    "gaussian": {"std"},
    "additive": {"std"},
    "standard": {"rate"},
    "information": {"prior", "beta", "largest_alpha"},
}
"""Keys of the section `dropout` by kind, beside `kind` and `layers`."""


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

    def chosen(self, noisy: Sequence[str]) -> list[str]:
        """The layers that inject noise.

        Args:
            noisy: the hidden layers of the network that can, in order.

        Raises:
            ValueError: `layers` names a layer that the network does not have or that cannot inject noise.
        """
        chosen = list(noisy) if self.layers == "all" else list(noisy[-1:]) if self.layers is None else self.layers
        for name in chosen:
            if name not in noisy:
                raise ValueError(f"dropout.layers: {name!r} is not a hidden layer; there are {', '.join(noisy)}")
        return chosen
