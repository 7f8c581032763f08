"""What a GAN with information in its loss has learned: samples beside the data, and coverage over its training."""

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
MOST_SEEDS = 6
SIDE = 6
"""Pictures along a panel."""
NAMES = {
    "modes": "modes covered",
    "high_quality": "high quality",
    "divergence": "KL of modes [nats]",
    "reconstruction": "reconstruction error",
    "information": "bound in training [nats]",
}


def samples(data: np.ndarray, made: Mapping[str, np.ndarray], measures: pd.DataFrame) -> Figure:
    """Generated samples, a row for each weight of information and a panel for each seed, with the data before them.

    Args:
        data: points of shape (n, 2), or pictures of shape (n, channels, h, w) with pixels from -1 to 1.
        made: generated samples by run, `weight_<weight>_seed_<seed>.made`, likewise.
        measures: a row a run: weight, seed, modes, high_quality.
    """
    weights, seeds = (measures[name].unique() for name in ("weight", "seed"))
    seeds = seeds[:MOST_SEEDS]
    rows, columns = len(weights), 1 + len(seeds)
    side = 1.5 if columns > 3 else 2.4
    size = (side * columns + 0.4, (side + 0.25) * rows + 0.6)
    title = "generated samples, by the weight of information"
    figure, grid = marks.frame(rows, columns, size, title, sharex=True, sharey=True)
    for weight, line in zip(weights, grid, strict=True):
        panel(line[0], data, data, MUTED, "data")
        line[0].set_ylabel(f"weight {weight:g}")
        for seed, ax in zip(seeds, line[1:], strict=True):
            row = measures[(measures["weight"] == weight) & (measures["seed"] == seed)].iloc[0]
            of = made[f"weight_{weight:g}_seed_{int(seed)}.made"]
            words = f"{row['modes']:.0f} modes, {100 * row['high_quality']:.0f} %"
            panel(ax, of, data, LAYER_COLOURS[0], f"seed {int(seed)}: {words}" if columns < 4 else words)
    return figure


def panel(ax: Axes, samples: np.ndarray, data: np.ndarray, colour: str, words: str) -> None:
    """Points within the extent of the data, or a square of pictures."""
    style.plain(ax)
    ax.grid(False)
    ax.set_title(words, fontsize=8, color=INK, pad=3)
    ax.tick_params(labelsize=7)
    if samples.ndim == 2:
        ax.scatter(*samples[:DRAWN].T, s=1.2, color=colour, linewidths=0, alpha=0.5, rasterized=True)
        # of all points, a few strays among them
        extent = 1.15 * float(np.abs(data).max())
        ax.set_xlim(-extent, extent)
        ax.set_ylim(-extent, extent)
        ax.set_aspect("equal")
        return
    ax.imshow(mosaic(samples), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def mosaic(pictures: np.ndarray) -> np.ndarray:
    """The first pictures as one, shape (height, width, channels) or (height, width), with values from 0 to 1."""
    n, channels, h, w = pictures[: SIDE**2].shape
    # where there are too few, black
    whole = np.full((SIDE**2, channels, h, w), -1.0)
    whole[:n] = pictures[:n]
    tiled = whole.reshape(SIDE, SIDE, channels, h, w).transpose(0, 3, 1, 4, 2).reshape(SIDE * h, SIDE * w, channels)
    return np.clip((tiled + 1) / 2, 0, 1).squeeze()


def stacked(images: np.ndarray) -> np.ndarray:
    """Some stacked digits, shape (n, 3, h, w), of images of shape (n, h, w) with pixels from 0 to 255."""
    rows = np.random.default_rng(0).integers(len(images), size=(SIDE**2, 3))
    return images[rows] / 127.5 - 1


def over_training(table: pd.DataFrame) -> Figure:
    """Coverage and the critic's bound over the steps: a line a seed, a colour a weight.

    Args:
        table: columns weight, seed, step, modes, high_quality, divergence, information and, of an encoder,
            reconstruction; a row a look.
    """
    names = [name for name in NAMES if name in table and table[name].notna().any()]
    weights = table["weight"].unique()
    colours = dict(zip(weights, LAYER_COLOURS, strict=False))
    entries = [(f"weight {weight:g}", (Line2D([], [], color=colours[weight]),)) for weight in weights]
    title = "over the training of the generators"
    figure, grid = marks.frame(1, len(names), (2.4 * len(names), 2.6), title, entries=entries, sharex=True)
    for name, ax in zip(names, grid[0], strict=True):
        style.plain(ax)
        for (weight, _), rows in table.groupby(["weight", "seed"], sort=False):
            ax.plot(rows["step"], rows[name], color=colours[weight], linewidth=0.9, alpha=0.8)
        style.heading(ax, NAMES[name])
        ax.set_xlabel("step")
    return figure
