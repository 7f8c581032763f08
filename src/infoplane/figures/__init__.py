"""Tables to figures. Every function takes data frames as the stages write them and returns a Figure.

`planes`: the plane of one estimator, and of all; `snapshots`: at a few epochs; `curves`: over epochs; `network`: the
network's own training; `training`: over a critic's steps; `validation`: estimates against known truths; `known`: the
same over functions, correlations and sample sizes.
"""

from .curves import mi_over_epochs
from .known import convergence, correlated_gaussians, functions_heat_map
from .network import gradients, loss_accuracy, two_phases
from .planes import overview, plane
from .snapshots import snapshots
from .style import save
from .training import training_curves
from .validation import truth_and_estimate

__all__ = [
    "convergence",
    "correlated_gaussians",
    "functions_heat_map",
    "gradients",
    "loss_accuracy",
    "mi_over_epochs",
    "overview",
    "plane",
    "save",
    "snapshots",
    "training_curves",
    "truth_and_estimate",
    "two_phases",
]
