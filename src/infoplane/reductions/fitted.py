"""What a fit gives: the samples in fewer dimensions, and how much of their variance can be had back."""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.folds import HELD_SHARE, MOST_HELD


class Fitted(NamedTuple):
    """One side of the samples, reduced.

    Attributes:
        codes: of all samples, shape (n, k), float32.
        kept: share of the variance that codes give back, on samples that the fit has not seen; negative where it gives
            them back worse than their mean does; 1 if they are constant.
    """

    codes: Tensor
    kept: float


def seen_and_held(n: int, seed: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Indices of the samples that are fitted to, and of those that judge it."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).to(device)
    held = max(1, min(MOST_HELD, int(n * HELD_SHARE)))
    return order[held:], order[:held]


def kept_share(lost: Tensor, centred: Tensor) -> float:
    """1 less the mean square of what codes do not give back over that of all.

    Args:
        lost, centred: of held-out samples, shape (m, d): values less what is given back, and less the fitted mean.
    """
    of_all = float(centred.square().sum())
    return 1.0 - float(lost.square().sum()) / of_all if of_all else 1.0
