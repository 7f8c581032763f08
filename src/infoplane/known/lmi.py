"""High-dimensional pairs of low-dimensional dependence: the grid of Gaussians and the MNIST pairs of latent MI.

Problem: tests of methods that look for few coordinates in many. In the grid, x has k coordinates that matter, copies of
them, and as many that do not; of MNIST pairs, the labels are all that the two images have in common.

Equation: I(X;T) = -k/2 ln(1 - rho^2); I(X;T) = ln 2 - H(error) of labels that differ with that probability, since
images of given labels are drawn independently and tell their labels.

References: Gowri et al. (2024), Approximating mutual information of high-dimensional variables using learned
representations, NeurIPS, arXiv:2409.02732; sections on synthetic data and on MNIST, and the notebooks beside it.
"""

import math
from functools import cache
from pathlib import Path

import torch
from scipy.optimize import root_scalar
from torch import Tensor

from infoplane import datasets
from infoplane.known.task import Task, generator

DIMENSIONS, INTRINSIC, BITS = (10, 50, 1000, 5000), (1, 9), (8 / 9, 2.0)
"""Of the published 15 x 9 x 10 those that are at its ends, and between."""
LABEL_BITS = (0.0, 0.25, 0.5, 0.75, 1.0)


def grid() -> list[Task]:
    """Gaussians of 1 or 9 coordinates that matter in 10 to 5000."""
    return [gaussian_in_many(d, k, bits) for k in INTRINSIC for d in DIMENSIONS for bits in BITS]


def gaussian_in_many(d: int, k: int, bits: float) -> Task:
    """k Gaussian pairs; x and t have besides copies of their k coordinates and (d - k) // 2 Gaussians of their own."""
    nats = bits * math.log(2)
    rho = math.sqrt(-math.expm1(-2 * nats / k))
    noise = (d - k) // 2

    def sample(n: int, seed: int):
        g = generator(seed)
        x = torch.randn(n, k, generator=g)
        t = rho * x + math.sqrt(1 - rho * rho) * torch.randn(n, k, generator=g)
        which = torch.randint(k, (2, d - k - noise), generator=g)
        own = torch.randn(2, n, noise, generator=g)
        return torch.cat([x, x[:, which[0]], own[0]], 1), torch.cat([t, t[:, which[1]], own[1]], 1), None

    return Task(f"gaussian k={k} in d={d}, {bits:.2f} bits", sample, nats, source="-k/2 ln(1 - rho^2)")


def mnist_pairs(raw: Path) -> list[Task]:
    """Pairs of images of 0 and 1 whose labels have 0 to 1 bit in common.

    Args:
        raw: the folder of raw files.

    Raises:
        UserError: MNIST is not there and cannot be downloaded.
    """
    zeros_and_ones(raw)  # whether they are there shows before anything is drawn
    return [digits(raw, bits) for bits in LABEL_BITS]


def digits(raw: Path, bits: float) -> Task:
    """An image of 0 or 1 and another, whose label is the same but for a probability of error.

    No image is in a sample twice, and none that is an x is a t elsewhere. At most about 5800 pairs.
    """
    error = 0.0 if bits == 1 else root_scalar(lambda p: 1 - _binary_entropy(p) - bits, bracket=(1e-12, 0.5)).root

    def sample(n: int, seed: int):
        g = generator(seed)
        label = torch.randint(2, (n,), generator=g)
        other = label ^ (torch.rand(n, generator=g) < error).long()
        x, t = (_drawn(zeros_and_ones(raw), side, which, g) for side, which in enumerate((label, other)))
        return x, t, label

    return Task(f"MNIST 0 or 1, {bits:g} bits", sample, bits * math.log(2), bits * math.log(2), "ln 2 - H(error)")


def _drawn(images: tuple[Tensor, Tensor], side: int, labels: Tensor, g: torch.Generator) -> Tensor:
    """An image of each label, without repetition, of the half of each digit's images that belongs to this side."""
    found = torch.empty(len(labels), images[0].shape[1])
    for digit, of_digit in enumerate(images):
        own, rows = of_digit[side::2], labels == digit
        if (wanted := int(rows.sum())) > len(own):
            raise ValueError(f"{wanted} images of {digit} are more than the {len(own)} that there are")
        found[rows] = own[torch.randperm(len(own), generator=g)[:wanted]]
    return found


def _binary_entropy(p: float) -> float:
    """In bits."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


@cache
def zeros_and_ones(raw: Path) -> tuple[Tensor, Tensor]:
    """MNIST's training images of 0 and of 1, each of shape (n, 784).

    Raises:
        UserError: MNIST is not there and cannot be downloaded.
    """
    split = datasets.load("mnist", raw).train
    flat, labels = torch.from_numpy(split.x).flatten(1), torch.from_numpy(split.y)
    zeros, ones = (flat[labels == digit].clone() for digit in (0, 1))
    return zeros, ones
