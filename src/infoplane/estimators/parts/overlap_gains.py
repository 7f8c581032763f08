"""What the overlap of a channel's outputs says of each: log-ratios whose means are informations.

References: Guo et al. (2017), On calibration of modern neural networks, ICML, arXiv:1706.04599, on the temperature of a
posterior.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from infoplane.estimators.parts.channel import Overlap
from infoplane.estimators.parts.nested import ORDERS, levels, parts


def kept(of: Overlap) -> Tensor:
    """ln p(z|x) - ln p_n(z) and ln p_n(z|y) - ln p_n(z), shape (2, n)."""
    n, of_class = len(of.labels), of.sizes.sum(0)[of.labels]
    log_all, log_class = of.of_all.sum(1).log1p(), of.of_class.sum(1).log1p()
    return torch.stack([math.log(n) - log_all, log_class - of_class.log() - log_all + math.log(n)])


def curves(overlaps: Sequence[Overlap], generator: torch.Generator) -> tuple[list[list[float]], list[float]]:
    """F(m) and F(m) - G(m) for m = n, n/2, n/4, ..., and the standard errors of their first steps.

    Each is a mean over parts of the samples, all of which count.
    """
    segments, n = overlaps[0].sizes.shape[0], len(overlaps[0].labels)
    values = torch.zeros(2, levels(segments), n, dtype=torch.float64, device=overlaps[0].labels.device)
    for of in overlaps:
        for _ in range(ORDERS):
            for level in range(levels(segments)):
                part = parts(segments, level, generator)
                own = part[of.segment][:, None]
                count = int(part.max()) + 1
                sizes = torch.zeros(count, of.sizes.shape[1], dtype=torch.float64, device=own.device)
                sizes = sizes.index_add_(0, part, of.sizes)[own[:, 0]]
                in_part = torch.nn.functional.one_hot(part, count).double()
                log_all, log_class = (
                    (each @ in_part).gather(1, own)[:, 0].log1p() for each in (of.of_all, of.of_class)
                )
                log_m, log_m_class = sizes.sum(1).log(), sizes.gather(1, of.labels[:, None])[:, 0].log()
                values[0, level] += log_m - log_all
                values[1, level] += log_class - log_m_class - log_all + log_m
    values /= len(overlaps) * ORDERS
    step = (values[:, 0] - values[:, 1]).std(1) / math.sqrt(n) if segments > 1 else values.new_zeros(2)
    return values.mean(2).tolist(), step.tolist()


def left_out_gain(of: Overlap) -> Tensor:
    """ln q(y_i|z_i) of the best calibrated prediction from the other samples' components, shape (n,).

    Where components hardly overlap the posterior is far too sure of its nearest neighbour; one temperature for all
    samples mends that and costs next to no bias, being a single parameter.
    """
    prior = of.sizes.sum(0) / len(of.labels)
    likelihood = of.by_class - of.sizes.sum(0).clamp(min=1).log()

    def log_prediction(temperature: float) -> Tensor:
        posterior = torch.softmax(likelihood * temperature + prior.log(), 1)
        # never quite sure, or one outlier would cost any number of nats
        smoothed = (posterior + prior / len(of.labels)) / (1 + 1 / len(of.labels))
        return smoothed.gather(1, of.labels[:, None])[:, 0].log()

    return max((log_prediction(0.5**power) for power in range(12)), key=lambda log_q: float(log_q.mean()))
