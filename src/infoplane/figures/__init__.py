"""Tables to figures. Every function takes data frames as the stages write them and returns a Figure.

`information_plane`: the plane of one estimator, and of all; `snapshots`: at a few epochs; `curves`: over epochs;
`resolution`: over the size of a noise; `measures`: what is measured of layers beside information; `readout`: what
classifiers read from a layer; `over_networks`: that of several networks; `training`: the network's own training;
`network_plane`: what its loss tells; `critics`: over a critic's steps; `validation`: estimates against known truths;
`known_sweep`: their errors over a sweep. `drawn_for`, `column`: as a screen or a paper's column asks for. `sweeps`,
which `make validate` alone draws: the same over functions, correlations and sample sizes. `mixture`: a distribution of
known information, which takes torch. What a plane's ranges, ceilings, fillings, colours and words are is decided in
infoplane.planes, for these figures and for infoplane.page alike.
"""

from infoplane.figures.critics import training_curves
from infoplane.figures.curves import mi_over_epochs
from infoplane.figures.drawn_for import drawn_for
from infoplane.figures.information_plane import overview, plane
from infoplane.figures.known_sweep import known_sweep
from infoplane.figures.measures import measures
from infoplane.figures.network_plane import network_plane
from infoplane.figures.over_networks import over_networks
from infoplane.figures.readout import readout
from infoplane.figures.resolution import resolution
from infoplane.figures.snapshots import snapshots
from infoplane.figures.style import save
from infoplane.figures.training import gradients, loss_accuracy, two_phases
from infoplane.figures.validation import by_origin, truth_and_estimate

__all__ = [
    "by_origin",
    "drawn_for",
    "gradients",
    "known_sweep",
    "loss_accuracy",
    "measures",
    "mi_over_epochs",
    "network_plane",
    "over_networks",
    "overview",
    "plane",
    "readout",
    "resolution",
    "save",
    "snapshots",
    "training_curves",
    "truth_and_estimate",
    "two_phases",
]
