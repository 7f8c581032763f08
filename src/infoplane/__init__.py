"""Information planes of neural networks: a pipeline of DVC stages, and what they are made of.

`infoplane.Recorder` records a training in a framework of one's own.
"""

from importlib import import_module
from typing import Any

__all__ = ["Recorder"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in __all__:
        # Only when it is asked for, and not where `check` follows imports: it needs torch, and no stage runs it.
        return getattr(import_module("infoplane.training.public_recorder"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
