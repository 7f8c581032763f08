"""How well generated points cover the modes of the data, as the literature reports it.

A point is of high quality within 3 standard deviations of the nearest mode, and a mode is covered by one such point.
A floor: the modes' own points are not all within 3 standard deviations, and n of them do not hit modes equally often.

References: Srivastava et al. (2017), VEEGAN: reducing mode collapse in GANs using implicit variational learning,
NeurIPS, arXiv:1705.07761; section 4.1. Lin et al. (2018), PacGAN: the power of two samples in generative adversarial
networks, NeurIPS, arXiv:1712.04086, for the divergence of the modes' histogram.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.learning.gan.points import Modes

WITHIN = 3.0
"""Standard deviations."""


class Coverage(NamedTuple):
    """Of n generated points.

    Attributes:
        divergence: KL of the histogram of high-quality points over modes from the uniform one, in nats; ln of the
            number of modes where there is no such point.
        high_quality: share of points of high quality.
        modes: how many are covered.
    """

    divergence: float
    high_quality: float
    modes: int


def coverage(points: Tensor, modes: Modes) -> Coverage:
    """Of generated points, shape (n, 2)."""
    distance, nearest = torch.cdist(points, modes.centres).min(1)
    good = distance < WITHIN * modes.std
    m = len(modes.centres)
    counts = torch.bincount(nearest[good], minlength=m).double()
    if not bool(good.any()):
        return Coverage(math.log(m), 0.0, 0)
    p = counts / counts.sum()
    divergence = math.log(m) + float(torch.special.xlogy(p, p).sum())
    return Coverage(divergence, float(good.double().mean()), int((counts > 0).sum()))
