"""Tables to figures. Every function takes data frames as the stages write them and returns a Figure.

`planes`: the plane of one estimator, and of all; `curves`: over epochs; `training`: over a critic's steps.
"""

from .curves import gradients, loss_accuracy, mi_over_epochs
from .planes import overview, plane
from .style import save
from .training import training_curves

__all__ = ["gradients", "loss_accuracy", "mi_over_epochs", "overview", "plane", "save", "training_curves"]
