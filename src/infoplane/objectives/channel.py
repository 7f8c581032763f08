"""A channel whose noise is known and Gaussian, and its densities at many outputs by one matrix product."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Channel(NamedTuple):
    """p(z|x_i) = N(z; mean_i, diag(std_i^2)).

    Attributes:
        mean: shape (n, d), float64.
        std: of the same shape, or (n, 1) or (1, 1) where units or inputs share it.
    """

    mean: Tensor
    std: Tensor

    def log_std(self) -> Tensor:
        """ln det of the noise's standard deviation of each input, shape (n,)."""
        return self.std.log().expand_as(self.mean).sum(1)

    def log_own(self, eps: Tensor) -> Tensor:
        """ln p(z_i|x_i) at z_i = mean_i + std_i eps_i, shape (n,)."""
        return -self.log_std() - self.mean.shape[1] / 2 * math.log(2 * math.pi) - eps.square().sum(1) / 2

    def common_precision(self) -> Tensor | None:
        """std^-2 where all inputs and units share one std, a tensor without axes; else None."""
        return self.std.pow(-2)[0, 0] if self.std.numel() == 1 else None


class LogDensities(NamedTuple):
    """ln p(z_i|x_j) = features(z_i) . weights[:, j] + constant_j + offset(z_i).

    Attributes:
        weights: shape (d, n) where all inputs share one std, else (2 d, n).
        constant: shape (n,).
        precision: `Channel.common_precision`.
    """

    weights: Tensor
    constant: Tensor
    precision: Tensor | None

    def features(self, z: Tensor) -> Tensor:
        """`features` of outputs z, shape (rows, d)."""
        return features(z, self.precision)

    def offset(self, z: Tensor) -> Tensor | float:
        """`offset` of outputs z, shape (rows, d)."""
        return offset(z, self.precision)


def features(z: Tensor, precision: Tensor | None) -> Tensor:
    """What densities are linear in: shape (rows, d), or (rows, 2 d) without a common precision."""
    return z if precision is not None else torch.cat([z.square(), z], 1)


def offset(z: Tensor, precision: Tensor | None) -> Tensor | float:
    """What all inputs have in common at each output, shape (rows,)."""
    return 0.0 if precision is None else -z.square().sum(1) * precision / 2


def log_densities(channel: Channel) -> LogDensities:
    """The densities of all inputs; the means should lie about 0, since rounding grows with the distance from it."""
    mean, d, common = channel.mean, channel.mean.shape[1], channel.common_precision()
    precision = channel.std.pow(-2).expand_as(mean)
    constant = -channel.log_std() - d / 2 * math.log(2 * math.pi) - (mean.square() * precision).sum(1) / 2
    weights = torch.cat([-precision / 2, mean * precision], 1) if common is None else mean * precision
    return LogDensities(weights.T, constant, common)
