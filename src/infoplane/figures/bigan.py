"""What a bidirectional GAN has learned: samples beside the data, and what is left of a sample by way of its code."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from infoplane.figures import gan, marks
from infoplane.planes.appearance import LAYER_COLOURS, MUTED


def samples(made: Mapping[str, np.ndarray], measures: pd.DataFrame) -> Figure:
    """A row for each weight of information: what is held out, its reconstruction and what was generated; first seed.

    Args:
        made: by run `weight_<weight>_seed_<seed>`, its `x`, `reconstructed` and `made`: points, shape (n, 2), or
            pictures of as many rows as columns as vectors, with pixels from -1 to 1.
        measures: a row a run: weight, seed, modes, high_quality, reconstruction, same_mode.
    """
    first = measures[measures["seed"] == measures["seed"].min()]
    title = "samples that are held out and by way of their codes, and what was generated"
    figure, grid = marks.frame(len(first), 3, (7.6, 2.65 * len(first) + 0.6), title, sharex=True, sharey=True)
    for (_, row), line in zip(first.iterrows(), grid, strict=True):
        name = f"weight_{row['weight']:g}_seed_{int(row['seed'])}"
        x, reconstructed, of_codes = (_pictures(made[f"{name}.{part}"]) for part in ("x", "reconstructed", "made"))
        through = f"reconstructed: error {row['reconstruction']:.2f}, mode {100 * row['same_mode']:.0f} %"
        generated = f"generated: {row['modes']:.0f} modes, {100 * row['high_quality']:.0f} %"
        gan.panel(line[0], x, x, MUTED, "held out")
        gan.panel(line[1], reconstructed, x, LAYER_COLOURS[0], through)
        gan.panel(line[2], of_codes, x, LAYER_COLOURS[0], generated)
        line[0].set_ylabel(f"weight {row['weight']:g}")
    return figure


def _pictures(samples: np.ndarray) -> np.ndarray:
    d = samples.shape[1]
    side = round(d**0.5)
    return samples if d == 2 else samples.reshape(len(samples), 1, side, side)
