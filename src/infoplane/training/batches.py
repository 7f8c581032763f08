"""How many samples are evaluated at once: the same wherever a network is scored or recorded, so that digits agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

EVALUATION_BATCH = 1000
MOST_BYTES = 1 << 32
"""Of outputs that a forward pass of so many samples may hold."""
ALIVE, KEPT = 4, 0.25
"""Of the largest output, how many are there at once; and the share of all outputs that a recording may keep."""


def evaluation_batch(network: nn.Module, one: Tensor) -> int:
    """Samples in a forward pass: 1000, or fewer where the outputs of a large network would take too much memory.

    Args:
        one: a single sample, shape (1, ...).
    """
    sizes: list[int] = []

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        sizes.extend(each.nbytes for each in (output if isinstance(output, tuple) else (output,)) if _is_tensor(each))

    hooks = [part.register_forward_hook(note) for part in network.modules() if not list(part.children())]
    try:
        with evaluating(network):
            network(one)
    finally:
        for hook in hooks:
            hook.remove()
    bytes_of_one = one.nbytes + ALIVE * max(sizes, default=0) + KEPT * sum(sizes)
    return int(max(1, min(EVALUATION_BATCH, MOST_BYTES // bytes_of_one)))


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """In evaluation mode and without gradients; afterwards every part is in the mode in which it was."""
    modes = [(part, part.training) for part in network.modules()]
    try:
        with torch.no_grad():
            network.eval()
            yield
    finally:
        for part, is_training in modes:
            part.training = is_training


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)
