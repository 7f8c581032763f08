"""Parts of the samples, drawn at random from a seed."""

import torch
from torch import Tensor


def random_half(n: int, seed: int, *, least: int = 1) -> Tensor:
    """Indices of half of n samples drawn at random, but at least so many."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[: max(least, n // 2)]
