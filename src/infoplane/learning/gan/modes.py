"""How well what was generated covers the modes of the data, as the literature reports it.

A mode is covered by one sample of high quality: a point within 3 standard deviations of the mode nearest to it, or a
picture whose digits a classifier is sure of (`digits`). A floor: the data's own are not all of high quality, and n of
them do not hit m modes equally often, which is a divergence of (m - 1) / 2n.

References: Srivastava et al. (2017), VEEGAN: reducing mode collapse in GANs using implicit variational learning,
NeurIPS, arXiv:1705.07761; section 4.1. Lin et al. (2018), PacGAN: the power of two samples in generative adversarial
networks, NeurIPS, arXiv:1712.04086, for the divergence of the modes' histogram.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Judged(NamedTuple):
    """Samples by their modes.

    Attributes:
        mode: of each, int64, shape (n,).
        good: whether it is of high quality, shape (n,).
    """

    mode: Tensor
    good: Tensor


class Coverage(NamedTuple):
    """Of n generated samples.

    Attributes:
        divergence: KL of the histogram of high-quality samples over modes from the uniform one, in nats; ln of the
            number of modes where there is no such sample.
        high_quality: share of samples of high quality.
        modes: how many are covered.
    """

    divergence: float
    high_quality: float
    modes: int


def coverage(judged: Judged, m: int) -> Coverage:
    """Of samples whose modes, m of them, are told."""
    mode, good = judged
    counts = torch.bincount(mode[good], minlength=m).double()
    if not bool(good.any()):
        return Coverage(math.log(m), 0.0, 0)
    p = counts / counts.sum()
    divergence = math.log(m) + float(torch.special.xlogy(p, p).sum())
    return Coverage(divergence, float(good.double().mean()), int((counts > 0).sum()))
