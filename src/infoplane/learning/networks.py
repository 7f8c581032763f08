"""Fully connected networks of the tasks, and the critics that params.yaml chooses."""

from collections.abc import Sequence

from torch import Tensor, nn

from infoplane.objectives.critics import Concat, Separable
from infoplane.objectives.information import MutualInformation
from infoplane.objectives.options import Bound
from infoplane.objectives.perceptrons import Disturbance

SLOPE = 0.2
"""Of LeakyReLU below 0."""
RANK = 32
LEAST_STD = 1e-6
"""Of a unit that is divided by its own; one that says less is left as good as constant."""
BETAS = (0.5, 0.999)
"""Of Adam."""


def perceptron(d_in: int, widths: Sequence[int], d_out: int, *, batch_norm: bool = False) -> nn.Sequential:
    """Hidden layers of these widths, LeakyReLU each, and a linear output."""
    layers: list[nn.Module] = []
    for width in widths:
        layers.append(nn.Linear(d_in, width))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(nn.LeakyReLU(SLOPE))
        d_in = width
    return nn.Sequential(*layers, nn.Linear(d_in, d_out))


def with_unit_std(code: Tensor) -> Tensor:
    """Codes, shape (n, d), each unit divided by its standard deviation over the rows.

    Noise of a given size is then in proportion to them, and information in it gains nothing by codes that grow.
    """
    return code / code.std(0).clamp_min(LEAST_STD)


def information_of(
    d_x: int, d_z: int, bound: Bound, critic: str, widths: Sequence[int], hidden_noise: float
) -> MutualInformation:
    """A bound on I(x; z) by a critic of the kind `separable` or `concat`."""
    disturbance = Disturbance(noise_std=hidden_noise)
    if critic == "separable":
        return MutualInformation(Separable(d_x, d_z, widths, RANK, disturbance), bound)
    return MutualInformation(Concat(d_x, d_z, widths, disturbance), bound)
