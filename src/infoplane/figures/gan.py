"""What a GAN with information in its loss has learned: points beside the data, and coverage over its training."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from infoplane.figures import marks, style
from infoplane.planes.appearance import INK, LAYER_COLOURS, MUTED

DRAWN = 2000
"""Points in a panel."""
MOST_SEEDS = 5
OVER = ("modes", "high_quality", "divergence")
NAMES = {"modes": "modes covered", "high_quality": "high quality", "divergence": "KL of modes [nats]"}


def samples(points: np.ndarray, made: Mapping[str, np.ndarray], measures: pd.DataFrame) -> Figure:
    """Generated points, a row for each weight of information and a panel for each seed, with the data before them.

    Args:
        points: the data, shape (n, 2).
        made: generated points by run, `weight_<weight>_seed_<seed>.made`.
        measures: a row a run: weight, seed, modes, high_quality.
    """
    weights, seeds = (measures[name].unique() for name in ("weight", "seed"))
    seeds = seeds[:MOST_SEEDS]
    rows, columns = len(weights), 1 + len(seeds)
    size = (1.5 * columns + 0.4, 1.75 * rows + 0.6)
    title = "generated points, by the weight of information in the generator's loss"
    figure, grid = marks.frame(rows, columns, size, title, sharex=True, sharey=True)
    # of all points, a few strays among them
    extent = 1.15 * float(np.abs(points).max())
    for weight, line in zip(weights, grid, strict=True):
        _scatter(line[0], points, MUTED, "data")
        line[0].set_ylabel(f"weight {weight:g}")
        for seed, ax in zip(seeds, line[1:], strict=True):
            row = measures[(measures["weight"] == weight) & (measures["seed"] == seed)].iloc[0]
            of = made[f"weight_{weight:g}_seed_{int(seed)}.made"]
            words = f"{row['modes']:.0f} modes, {100 * row['high_quality']:.0f} %"
            _scatter(ax, of, LAYER_COLOURS[0], f"seed {int(seed)}: {words}" if columns < 4 else words)
    for ax in grid.ravel():
        ax.set_xlim(-extent, extent)
        ax.set_ylim(-extent, extent)
        ax.set_aspect("equal")
    return figure


def over_training(table: pd.DataFrame) -> Figure:
    """Coverage and the critic's bound over the steps: a line a seed, a colour a weight.

    Args:
        table: columns weight, seed, step, modes, high_quality, divergence, information; a row a look.
    """
    names = [*OVER, *(["information"] if table["information"].notna().any() else [])]
    weights = table["weight"].unique()
    colours = dict(zip(weights, LAYER_COLOURS, strict=False))
    entries = [(f"weight {weight:g}", (Line2D([], [], color=colours[weight]),)) for weight in weights]
    title = "over the training of the generators"
    figure, grid = marks.frame(1, len(names), (2.4 * len(names), 2.6), title, entries=entries, sharex=True)
    for name, ax in zip(names, grid[0], strict=True):
        style.plain(ax)
        for (weight, _), rows in table.groupby(["weight", "seed"], sort=False):
            ax.plot(rows["step"], rows[name], color=colours[weight], linewidth=0.9, alpha=0.8)
        style.heading(ax, NAMES.get(name, "bound in training [nats]"))
        ax.set_xlabel("step")
    return figure


def _scatter(ax: Axes, points: np.ndarray, colour: str, words: str) -> None:
    style.plain(ax)
    ax.grid(False)
    ax.scatter(*points[:DRAWN].T, s=1.2, color=colour, linewidths=0, alpha=0.5, rasterized=True)
    ax.set_title(words, fontsize=8, color=INK, pad=3)
    ax.tick_params(labelsize=7)
