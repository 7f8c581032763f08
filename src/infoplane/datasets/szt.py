"""The 12-bit patterns of Shwartz-Ziv & Tishby, made from their definition."""

import math
from pathlib import Path

import numpy as np

from infoplane.datasets.dataset import Dataset, Split, sha256_of, shaped


@shaped((12,), 2)
def szt(raw: Path) -> Dataset:
    """All 4096 12-bit patterns with the rotation-invariant label of Shwartz-Ziv & Tishby; 85 % for training.

    Each bit is a vertex of the icosahedron; the label depends on how many are set and how long their sum is, and
    is one for 2118 patterns: H(Y) = 0.69256 nats.

    References: Shwartz-Ziv & Tishby (2017), Opening the black box of deep neural networks via information,
    arXiv:1703.00810, section 3.1.
    """
    phi = (1 + math.sqrt(5)) / 2
    vertices = np.array([
        (0, 1, phi), (1, phi, 0), (0, 1, -phi), (-1, phi, 0), (phi, 0, -1), (0, -1, phi),
        (1, -phi, 0), (-1, -phi, 0), (-phi, 0, -1), (0, -1, -phi), (-phi, 0, 1), (phi, 0, 1),
    ]) / math.sqrt(1 + phi**2)  # fmt: skip
    bits = (np.arange(4096)[:, None] >> np.arange(11, -1, -1)) & 1
    # Any threshold in (7.5628, 7.7013) gives these labels: no pattern lies between.
    y = (bits.sum(1) + np.linalg.norm(bits @ vertices, axis=1) > 7.632).astype(np.int64)
    x = (2 * bits - 1).astype(np.float32)
    # RandomState's stream is frozen for ever, unlike Generator's.
    order = np.random.RandomState(0).permutation(4096)
    train, test = np.sort(order[:3482]), np.sort(order[3482:])
    splits = Split(x[train], y[train]), Split(x[test], y[test])
    return Dataset("szt", *splits, 2, "bits 0 and 1 as -1 and 1", sha256_of(bits, y))
