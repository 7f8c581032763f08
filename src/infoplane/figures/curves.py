"""Curves over epochs: mutual information, loss and accuracy, gradients."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from . import marks, style, tables
from .tables import Units


def mi_over_epochs(
    table: pd.DataFrame,
    *,
    units: Units = "nats",
    title: str | None = None,
    xt_label: str | None = None,
    ty_label: str | None = None,
) -> Figure:
    """I(X;T) and I(T;Y) against the epoch: a row each, a column per split, a line per layer.

    Args:
        table: the columns of plots/mi/<key>.csv, in nats.
        units: what to draw in.
        title: default: the estimator's key.
        xt_label: what this estimator measures for I(X;T), such as "H(bin T) [nats]".
        ty_label: what it measures for I(T;Y).
    """
    data = tables.drawable(table, units)
    title = marks.default_title(data, title)
    given = tables.given(data)
    if not given:
        return style.in_words(marks.nothing(data), title)
    names = tables.labels(xt_label, ty_label, units)
    drawn = data[data[given].notna().any(axis=1)]
    styles = style.layer_styles(tables.in_order(data["layer"]))
    splits = tables.in_order(data["split"])
    figure, grid = marks.frame(
        len(given),
        len(splits),
        (5.9 if len(splits) == 1 else 7.4, 2.3 * len(given) + 0.8),
        title,
        entries=marks.layer_entries(tables.in_order(drawn["layer"]), styles, True) + marks.hollow_entry(drawn),
        notes=[tables.missing(given), marks.gaps(data, given)],
        sharex=True,
        sharey="row",
    )
    for row, column in zip(grid, given, strict=True):
        for ax, split in zip(row, splits, strict=True):
            draw_over_epochs(ax, data, column, split)
        row[0].set_ylabel(style.in_lines(names[column]))
    for ax, split in zip(grid[0], splits, strict=True):
        style.heading(ax, f"{split} split" if len(splits) > 1 else "")
    for ax in grid[-1]:
        style.epoch_axis(ax, data["epoch"].unique())
    return figure


def draw_over_epochs(ax: Axes, data: pd.DataFrame, column: str, split: str) -> None:
    """One split of a drawable table against the epoch, with ceilings, bounds and hollow flagged points.

    Axis ranges are those of all splits, so that panels compare.
    """
    styles = style.layer_styles(tables.in_order(data["layer"]))
    data = data.dropna(subset=[column]).sort_values("epoch", kind="stable")
    here = data[data["split"] == split]
    style.plain(ax)
    for layer, rows in here.groupby("layer", sort=False):
        colour, marker = styles[str(layer)]
        ax.plot(rows["epoch"], rows[column], color=colour, linewidth=1.2)
        ax.vlines(rows["epoch"], *marks.bounds(rows, column), color=colour, linewidth=0.8, alpha=0.55)
        face = np.where(rows["flag"] != "", "white", colour)
        ax.scatter(
            rows["epoch"],
            rows[column],
            s=22,
            marker=marker,
            c=face,
            edgecolors=colour,
            linewidths=1,
            zorder=3,
        )
    style.epoch_axis(ax, data["epoch"].unique(), label=False)
    ax.set_ylim(*marks.limits(data, column))
    marks.zero_line(ax, "y")
    marks.draw_ceilings(ax, here, column, "y")


def loss_accuracy(training: pd.DataFrame, *, title: str = "Loss and accuracy") -> Figure:
    """Loss and accuracy of the training and the test split over epochs.

    Args:
        training: columns `epoch,train_loss,train_accuracy,test_loss,test_accuracy`, one row an epoch.
        title: the figure's title.
    """
    epochs = training["epoch"].to_numpy()
    if len(epochs) == 0:
        return style.in_words("No epoch to draw.", title)
    figure, grid = marks.frame(1, 2, (7.5, 2.9), title)
    colours = {"train": style.LAYER_COLOURS[0], "test": style.LAYER_COLOURS[1]}
    for ax, name in zip(grid[0], ("loss", "accuracy"), strict=True):
        style.plain(ax)
        for split, colour in colours.items():
            values = pd.to_numeric(training[f"{split}_{name}"], errors="coerce")
            ax.plot(
                epochs,
                values,
                color=colour,
                linestyle="-" if split == "train" else (0, (4, 1.5)),
                linewidth=1.5,
                marker="o" if len(epochs) <= 15 else "",
                markersize=4,
                label=split,
            )
        # Most happens early; with hundreds of epochs an even axis would show a corner and a flat line.
        style.epoch_axis(ax, epochs, log=epochs[-1] >= 100)
        ax.legend(frameon=False, fontsize=style.RC["legend.fontsize"])
    grid[0, 0].set_ylabel("cross-entropy loss [nats]")
    grid[0, 1].set_ylabel("accuracy [share correct]")
    return figure


def gradients(table: pd.DataFrame, *, title: str = "Weights and gradients") -> Figure:
    """Weight norm, and signal-to-noise ratio of the gradient |mean| / std, over epochs, both log-log.

    Shwartz-Ziv & Tishby (2017) read a drift and a diffusion phase from where the ratio falls below 1.

    Args:
        table: columns `epoch,layer,weight_norm,gradient_mean,gradient_std`.
        title: the figure's title.
    """
    if len(table) == 0:
        return style.in_words("No gradient was recorded.", title)
    columns = ["epoch", "weight_norm", "gradient_mean", "gradient_std"]
    data = table[columns].apply(pd.to_numeric, errors="coerce").assign(layer=table["layer"])
    # Where a ratio has no value on a log axis (no gradient yet, or no spread) the line has a gap.
    data["ratio"] = (data["gradient_mean"].abs() / data["gradient_std"]).replace([0, np.inf], np.nan)
    data["weight_norm"] = data["weight_norm"].where(data["weight_norm"] > 0)
    layers = tables.in_order(data["layer"])
    styles = style.layer_styles(layers)
    figure, grid = marks.frame(1, 2, (7.1, 3.1), title, entries=marks.layer_entries(layers, styles, True))
    for ax, column in zip(grid[0], ("weight_norm", "ratio"), strict=True):
        style.plain(ax)
        for layer, rows in data.groupby("layer", sort=False):
            colour, marker = styles[str(layer)]
            dots = marker if len(rows) <= 40 else ""
            ax.plot(rows["epoch"], rows[column], color=colour, marker=dots, markersize=4, linewidth=1.2)
        style.epoch_axis(ax, data["epoch"].unique(), log=data["epoch"].max() >= 20)
        _log_values(ax, data[column])
    grid[0, 0].set_ylabel("weight norm ‖W‖")
    grid[0, 1].set_ylabel("gradient |mean| / std")
    if data["ratio"].min() < 1 < data["ratio"].max():
        grid[0, 1].axhline(1, color=style.MUTED, linewidth=1, linestyle=":", zorder=1)
    return figure


def _log_values(ax: Axes, values: pd.Series) -> None:
    """A log y axis with plain numbers, at 1, 2, 3 and 5 where the values span less than two decades."""
    if values.notna().sum() == 0:
        return
    ax.set_yscale("log")
    narrow = values.max() < 100 * values.min()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5) if narrow else (1,), numticks=20))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
