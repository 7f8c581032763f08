"""From the tokens of a sample to one vector."""

import torch
from torch import Tensor

from infoplane.models.parts.options import TokenPooling

WORDS = {"mean": "mean over tokens", "last": "last token", "cls": "first token"}


def in_words(pooling: TokenPooling) -> str:
    """What pooled activations are of, for captions."""
    return WORDS[pooling] if isinstance(pooling, str) else f"token {pooling}"


def unmasked(x: Tensor, pad: int | None) -> Tensor:
    """Which tokens count: those that are no padding, and the first of a sample that is padding throughout.

    Args:
        x: tokens, shape (n, length), int64.
        pad: the token that is padding; None where none is.
    Returns: shape (n, length), bool; at least one in each row.
    """
    if pad is None:
        return torch.ones_like(x, dtype=torch.bool)
    mask = x != pad
    # Attention to nothing has no value.
    mask[:, 0] |= ~mask.any(1)
    return mask


def pooled(t: Tensor, mask: Tensor, pooling: TokenPooling) -> Tensor:
    """One vector for each sample.

    Args:
        t: shape (n, length, width).
        mask: the tokens that count (`unmasked`), shape (n, length).
        pooling: `mean` of those that count; `last` of those; `cls`: the first; or the place of one token.
    Returns: shape (n, width).
    """
    if pooling == "mean":
        weights = mask.to(t.dtype).unsqueeze(2)
        return (t * weights).sum(1) / weights.sum(1)
    if pooling == "last":
        places = torch.arange(mask.shape[1], device=mask.device) * mask
        return t[torch.arange(len(t), device=t.device), places.argmax(1)]
    return t[:, 0 if pooling == "cls" else pooling]
