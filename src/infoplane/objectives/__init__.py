"""Mutual information in the loss of a network: bounds with a gradient, critics, and how both are trained together.

`MutualInformation` is a lower bound on I(x; z) by a critic (`critics`); `backward` trains it beside another network;
`gaussian_encoder` has bounds for encoders of known density, which need no critic. docs/objectives.md shows a loop.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "AtAllPairs": "critics",
    "Bound": "options",
    "Concat": "critics",
    "Disturbance": "perceptrons",
    "MutualInformation": "information",
    "Norms": "information",
    "Separable": "critics",
    "backward": "information",
    "leave_one_out": "gaussian_encoder",
    "variational": "gaussian_encoder",
}
"""Where each name lies that is for use from Python."""
__all__ = sorted(PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        # Only when it is asked for: estimators need parts of it, and shall not depend on the rest.
        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *PUBLIC]
