"""The device that a stage computes on, and the same result from it every time."""

import os
from typing import Literal

import torch

from infoplane.errors import UserError


def choose(device: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The device for params.yaml's `device`, with algorithms that give the same bytes on every run.

    Raises:
        UserError: `cuda` is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("params.yaml: device = 'cuda': this machine has no CUDA device; use auto or cpu")
    deterministic()
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


def deterministic() -> None:
    """From now on use algorithms alone that give the same bytes on every run."""
    # cuBLAS is deterministic only with a fixed workspace, and reads this when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
