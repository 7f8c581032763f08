"""Mutual information in the loss of a network: bounds with a gradient, critics, and how both are trained together.

`MutualInformation` is a lower bound on I(x; z) by a critic (`critics`); `backward` trains it beside another network;
`gaussian_encoder` has bounds for encoders of known density, which need no critic. docs/objectives.md shows a loop.
"""

from infoplane.objectives.critics import AtAllPairs, Concat, Separable
from infoplane.objectives.gaussian_encoder import leave_one_out, variational
from infoplane.objectives.information import Bound, MutualInformation, Norms, backward
from infoplane.objectives.perceptrons import Disturbance

__all__ = [
    "AtAllPairs",
    "Bound",
    "Concat",
    "Disturbance",
    "MutualInformation",
    "Norms",
    "Separable",
    "backward",
    "leave_one_out",
    "variational",
]
