"""Information planes of neural networks: a pipeline of DVC stages, and what they are made of.

From Python (docs/library.md): `infoplane.load` gives a run's tables and activations, `infoplane.compare` what differs
between runs, `infoplane.estimate` estimates arrays of any origin, `infoplane.Recorder` records a training in a
framework of one's own.
"""

from importlib import import_module
from typing import Any

PUBLIC = {
    "Comparison": "infoplane.library.comparing",
    "Information": "infoplane.information",
    "Noise": "infoplane.information",
    "Recorder": "infoplane.training.public_recorder",
    "Results": "infoplane.library.results",
    "UserError": "infoplane.errors",
    "compare": "infoplane.library.comparing",
    "estimate": "infoplane.library.estimating",
    "load": "infoplane.library.results",
}
"""Where each name lies that is for use from Python."""
__all__ = sorted(PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        # Only when it is asked for, and not where `check` follows imports: it needs torch, and no stage runs it.
        return getattr(import_module(PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *PUBLIC]
