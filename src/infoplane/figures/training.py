"""The network's own training over epochs: loss and accuracy, weights and gradients, and the two phases."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from infoplane.figures import marks, style
from infoplane.figures.drawn_for import medium
from infoplane.figures.trajectories import Look, draw_plane, plane_entries
from infoplane.planes import reading, wording
from infoplane.planes.appearance import LAYER_COLOURS, MUTED
from infoplane.planes.reading import Join, Units
from infoplane.planes.rules import comparable
from infoplane.planes.tables import AXES

PHASES = "Shwartz-Ziv & Tishby (2017): gradients drift while |mean| / std is above 1, and diffuse once it is below."


def loss_accuracy(training: pd.DataFrame, *, title: str = "Loss and accuracy") -> Figure:
    """Loss and accuracy of the training and the test split over epochs, with bands over repetitions.

    Args:
        training: columns `epoch,train_loss,train_accuracy,test_loss,test_accuracy` and perhaps `repetition`, one row
            for each repetition and epoch.
        title: the figure's title.
    """
    epochs = np.sort(training["epoch"].unique())
    if len(epochs) == 0:
        return style.in_words("No epoch to draw.", title)
    scores = training.filter(regex="^(train|test)_(loss|accuracy)$").apply(pd.to_numeric, errors="coerce")
    if not scores.notna().any(axis=None):
        return style.in_words("No score is known.", title)
    figure, grid = marks.frame(1, 2, (7.5, 2.9), title, notes=[_repetitions(training)])
    colours = {"train": LAYER_COLOURS[0], "test": LAYER_COLOURS[1]}
    for ax, name in zip(grid[0], ("loss", "accuracy"), strict=True):
        style.plain(ax)
        for split, colour in colours.items():
            values = pd.to_numeric(training[f"{split}_{name}"], errors="coerce")
            if values.isna().all() and scores[f"{split}_loss"].isna().all():
                continue  # nobody looked at this split
            look = {"linestyle": "-" if split == "train" else (0, (4, 1.5)), "linewidth": 1.5, "label": split}
            _draw_band(ax, training["epoch"], values, colour, marker="o" if len(epochs) <= 15 else "", **look)
        # Most happens early; with hundreds of epochs an even axis would show a corner and a flat line.
        style.epoch_axis(ax, epochs, log=epochs[-1] >= 100)
        ax.legend(frameon=False, fontsize=medium().rc["legend.fontsize"])
    grid[0, 0].set_ylabel("cross-entropy loss [nats]")
    grid[0, 1].set_ylabel("accuracy [share correct]")
    return figure


def gradients(table: pd.DataFrame, *, title: str = "Weights and gradients") -> Figure:
    """Weight norm, and signal-to-noise ratio of the gradient |mean| / std, over epochs, both log-log.

    Shwartz-Ziv & Tishby (2017) read a drift and a diffusion phase from where the ratio falls below 1.

    Args:
        table: columns `epoch,layer,weight_norm,gradient_mean,gradient_std` and perhaps `repetition`, of which the mean
            is drawn with a band.
        title: the figure's title.
    """
    if len(table) == 0:
        return style.in_words("No gradient was recorded.", title)
    layers = reading.in_order(table["layer"])
    styles = style.layer_styles(layers)
    entries = marks.layer_entries(layers, styles, True)
    figure, grid = marks.frame(1, 2, (7.1, 3.1), title, entries=entries, notes=[_repetitions(table)])
    _draw_gradients(grid[0], table, styles)
    return figure


def two_phases(
    tables_by_key: Mapping[str, pd.DataFrame],
    gradients: pd.DataFrame,
    *,
    split: str | None = None,
    units: Units = "nats",
    title: str = "Two phases",
    xt_labels: Mapping[str, str] | None = None,
    ty_labels: Mapping[str, str] | None = None,
    join: Join = "layers",
) -> Figure:
    """A plane, the norms of weights and the gradients' signal-to-noise ratio side by side, coloured by layer.

    Args:
        tables_by_key: for each estimator its table; the first one that gives both axes is drawn.
        gradients: as for `gradients`.
        split: which split; default: the first in the tables.
        units, title, xt_labels, ty_labels, join: as for `overview`.
    """
    if len(gradients) == 0:
        return style.in_words("No gradient was recorded.", title)
    found = _first_plane(tables_by_key, split, units)
    layers = reading.in_order(gradients["layer"])
    if found is None:
        styles = style.layer_styles(layers)
        entries, notes = marks.layer_entries(layers, styles, True), ["No estimator gives both I(X;T) and I(T;Y)."]
        key, data, look = "", pd.DataFrame(), None
    else:
        key, data = found
        # In the order of the planes, whose layers may be more (`_pre`) or fewer (record.layers).
        layers = list(dict.fromkeys([*reading.in_order(data["layer"]), *layers]))
        styles = style.layer_styles(layers)
        points = data.dropna(subset=AXES)
        look = Look(styles, style.epoch_norm(points["epoch"].unique()), join, size=0.8, by_layer=True)
        entries = [
            *marks.layer_entries(layers, styles, True),
            *plane_entries(points, look)[len(set(points["layer"])) :],
        ]
        of_plane = wording.spread(points)
        notes = [f"Plane: {of_plane[0].lower()}{of_plane[1:]}" if of_plane else ""]
    columns = 2 if look is None else 3
    notes += [_repetitions(gradients, "Curves: "), PHASES]
    figure, grid = marks.frame(1, columns, (3.4 * columns, 3.5), title, entries=entries, notes=notes)
    _draw_gradients(grid[0, -2:], gradients, styles)
    if look is not None:
        ax, shown = grid[0, 0], str(data["split"].iloc[0])
        names = wording.labels((xt_labels or {}).get(key), (ty_labels or {}).get(key), units)
        draw_plane(ax, data, shown, look, diagonal=comparable(names["mi_xt"], names["mi_ty"]))
        ax.set_xlabel(wording.in_lines(names["mi_xt"]))
        ax.set_ylabel(wording.in_lines(names["mi_ty"]))
        style.heading(ax, f"{key} ({shown} split)", pad=15)
    return figure


def _first_plane(
    tables_by_key: Mapping[str, pd.DataFrame], split: str | None, units: Units
) -> tuple[str, pd.DataFrame] | None:
    """Key and drawable table, of one split, of the first estimator that gives both axes there."""
    for key, table in tables_by_key.items():
        data = reading.drawable(table, units)
        data = data[data["split"] == (split or str(data["split"].iloc[0]))] if len(data) else data
        if len(data.dropna(subset=AXES)):
            return key, data
    return None


def _draw_gradients(axes: np.ndarray, table: pd.DataFrame, styles: dict[str, tuple[str, str]]) -> None:
    """Weight norm and signal-to-noise ratio on two axes."""
    columns = ["epoch", "weight_norm", "gradient_mean", "gradient_std"]
    data = table[columns].apply(pd.to_numeric, errors="coerce").assign(layer=table["layer"])
    # Where a ratio has no value on a log axis (no gradient yet, or no spread) the line has a gap.
    data["ratio"] = (data["gradient_mean"].abs() / data["gradient_std"]).replace([0, np.inf], np.nan)
    data["weight_norm"] = data["weight_norm"].where(data["weight_norm"] > 0)
    epochs = data["epoch"].unique()
    for ax, column in zip(axes, ("weight_norm", "ratio"), strict=True):
        style.plain(ax)
        for layer, rows in data.groupby("layer", sort=False):
            colour, marker = styles[str(layer)]
            dots = marker if len(epochs) <= 40 else ""
            dash = style.layer_dash(str(layer), styles)
            _draw_band(ax, rows["epoch"], rows[column], colour, marker=dots, linewidth=1.2, linestyle=dash)
        style.epoch_axis(ax, epochs, log=data["epoch"].max() >= 20)
        _log_values(ax, data[column])
    axes[0].set_ylabel("weight norm ‖W‖")
    axes[1].set_ylabel("gradient |mean| / std")
    if data["ratio"].min() < 1 < data["ratio"].max():
        axes[1].axhline(1, color=MUTED, linewidth=1, linestyle=":", zorder=1)


def _draw_band(ax: Axes, epochs: pd.Series, values: pd.Series, colour: str, **look: Any) -> None:
    """The mean of the values of each epoch as a line, and a band from the smallest to the largest."""
    groups = values.groupby(epochs)
    mean = groups.mean()
    if groups.size().max() > 1:
        ax.fill_between(mean.index, groups.min(), groups.max(), color=colour, alpha=0.18, linewidth=0)
    ax.plot(mean.index, mean, color=colour, markersize=4 * medium().points ** 0.5, **look)


def _repetitions(table: pd.DataFrame, whose: str = "") -> str:
    """A note on what lines and bands are; empty if there is one repetition."""
    count = reading.counted(table, "repetition").nunique()
    note = f"means over {count} repetitions; bands: smallest to largest."
    return (whose + note if whose else note.capitalize()) if count > 1 else ""


def _log_values(ax: Axes, values: pd.Series) -> None:
    """A log y axis with plain numbers, at 1, 2, 3 and 5 where the values span less than two decades."""
    if values.notna().sum() == 0:
        return
    ax.set_yscale("log")
    narrow = values.max() < 100 * values.min()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5) if narrow else (1,), numticks=20))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
