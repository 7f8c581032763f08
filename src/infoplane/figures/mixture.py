"""A mixture in the plane of x and t: contours of its density, samples by label, and what is known of it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from infoplane.figures import marks, style
from infoplane.known.planar_mixture import Component, density, planar_mixture
from infoplane.planes.appearance import MUTED

CELLS = 200
"""Of the grid of the contours, along each axis."""
LEVELS = (0.01, 0.03, 0.1, 0.3, 0.6, 0.9)
"""Of the contours, as shares of the largest density."""


def mixture(components: Sequence[Component], *, samples: int = 1000, seed: int = 0) -> Figure:
    """Contours of the density over samples of the mixture, coloured by label; the title has I(X;T) and I(T;Y) in nats.

    Raises:
        ValueError: as `planar_mixture` does.
    """
    task = planar_mixture(components)
    x, t, y = task.sample(samples, seed)
    assert y is not None
    labels = [int(label) for label in np.unique(y.numpy())]
    styles = style.layer_styles([f"y = {label}" for label in labels])
    figure, grid = marks.frame(
        1,
        1,
        (4.9, 4.4),
        f"I(X;T) = {task.truth_xt:.3f}, I(T;Y) = {task.truth_ty:.3f} nats",
        entries=[(name, (marks.point(*look),)) for name, look in styles.items()],
        notes=[f"{samples} samples; contours of the density at {', '.join(map(str, LEVELS))} of its largest value."],
    )
    ax = grid[0, 0]
    style.plain(ax)
    for label, (colour, marker) in zip(labels, styles.values(), strict=True):
        rows = y == label
        ax.scatter(x[rows], t[rows], s=7, color=colour, marker=marker, alpha=0.5, linewidths=0, zorder=2)
    across, along = (np.linspace(float(part.min()), float(part.max()), CELLS) for part in (x, t))
    heights = density(components, across, along).T
    ax.contour(across, along, heights, levels=np.array(LEVELS) * heights.max(), colors=MUTED, linewidths=0.9, zorder=3)
    ax.set(xlabel="x", ylabel="t")
    return figure
