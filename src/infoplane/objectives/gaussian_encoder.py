"""Bounds on I(X;Z) of an encoder whose density is known, p(z|x) = N(z; mean(x), diag(std(x)^2)): nothing is trained.

    variational(mean, std)           E KL(p(z|x) || N(0, 1)): an upper bound, of the deep variational bottleneck
    leave_one_out(mean, std, eps)    E ln p(z_i|x_i) / mean_{j != i} p(z_i|x_j): an upper bound in expectation, tighter

The second is what the estimator `dropout` reports as `left_out`, by the same densities, here with a gradient.

References: Alemi et al. (2017), Deep variational information bottleneck, ICLR, arXiv:1612.00410; eq. 14. Poole et al.
(2019), On variational bounds of mutual information, ICML, arXiv:1905.06922; section 2.4 and eq. 13.
"""

import math

import torch
from torch import Tensor

from infoplane.objectives.channel import Channel, log_densities


def variational(mean: Tensor, std: Tensor) -> Tensor:
    """Mean divergence of p(z|x) from a standard normal, a scalar in nats, for mean and std of shape (b, d)."""
    return (mean.square() + std.square() - 1 - 2 * std.log()).sum(1).mean() / 2


def leave_one_out(mean: Tensor, std: Tensor, eps: Tensor) -> Tensor:
    """ln p(z|x) less that of the mixture of the minibatch's other inputs, averaged, a scalar in nats.

    No less than ln p(z_i|x_i) / p(z_i) on average, whatever the minibatch; not bounded by ln b, and very large where
    inputs do not overlap.

    Args:
        mean: shape (b, d).
        std: of the same shape.
        eps: standard normal noise of z = mean + std eps, of the same shape.
    """
    # squared distances of far inputs cancel in single precision
    centred = mean.double() - mean.detach().double().mean(0)
    channel, noise = Channel(centred, std.double()), eps.double()
    z, densities = centred + channel.std * noise, log_densities(channel)
    log_p = torch.addmm(densities.constant, densities.features(z), densities.weights)
    others = log_p.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), -torch.inf)
    value = channel.log_own(noise) + math.log(len(z) - 1) - torch.logsumexp(others, 1)
    return value.mean().to(mean.dtype)
