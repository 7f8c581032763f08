"""Parts of the samples, drawn at random from a seed: halves, and folds that take turns at being held out."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

HELD_SHARE = 0.15
MOST_HELD = 1000
"""Size of the held-out part of a fold's training samples, as a share of them and at most."""


class Folds(NamedTuple):
    """Indices of samples, a row a fold: shapes (folds, m), (folds, held), (folds, train).

    Attributes:
        test: what the fold's model is judged on; it sees none of them.
        held: what says when its training stops and how far it is believed.
        train: what it is fitted to.
    """

    test: Tensor
    held: Tensor
    train: Tensor


def random_half(n: int, seed: int, *, least: int = 1) -> Tensor:
    """Indices of half of n samples drawn at random, but at least so many."""
    return _order(n, torch.Generator().manual_seed(seed))[: max(least, n // 2)]


def deal(n: int, folds: int, generator: torch.Generator, device: torch.device) -> list[Tensor]:
    """Indices of the samples of each fold, which differ in length by one at most; all n samples are in one of them."""
    order = _order(n, generator).to(device)
    return [order[fold::folds] for fold in range(folds)]


def numbered(n: int, folds: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """The fold of each sample, from 0 to folds - 1, shape (n,); folds differ in length by one at most."""
    return _order(n, generator).to(device) % folds


def split(n: int, folds: int, generator: torch.Generator) -> Folds:
    """Folds of equal length on the generator's device; the n % folds samples left over are only trained on."""
    order, size = _order(n, generator), n // folds
    parts = [*order[: folds * size].split(size), order[folds * size :]]
    rest = torch.stack([all_but(parts, fold) for fold in range(folds)])
    held = _held(n - size)
    return Folds(order[: folds * size].view(folds, size), rest[:, :held], rest[:, held:])


def least_samples(folds: int, *, test: int, held: int) -> int:
    """How many samples make folds of so many test samples and held-out ones at least."""
    sizes = itertools.count(folds * test)
    return next(n for n in sizes if n // folds >= test and _held(n - n // folds) >= held)


def half_trained(folds: Folds) -> Folds:
    """The first fold alone, with half of its training samples."""
    test, held, train = (part[:1] for part in folds)
    return Folds(test, held, train[:, : max(1, train.shape[1] // 2)])


def for_epochs(folds: Folds, epochs: int) -> Folds:
    """The same folds for each epoch, one epoch after the other."""
    return folds if epochs == 1 else Folds(*(part.repeat(epochs, 1) for part in folds))


def all_but(parts: Sequence[Tensor], left_out: int) -> Tensor:
    """The samples of all parts but one, in the order of the parts."""
    return torch.cat([part for place, part in enumerate(parts) if place != left_out])


def _held(rest: int) -> int:
    """How many of the samples that are not for the test are held out."""
    return min(MOST_HELD, int(rest * HELD_SHARE))


def _order(n: int, generator: torch.Generator) -> Tensor:
    """The numbers from 0 to n - 1 in random order, on the generator's device."""
    return torch.randperm(n, generator=generator, device=generator.device)
