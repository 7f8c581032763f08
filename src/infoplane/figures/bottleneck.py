"""The information bottleneck: the plane of z over training and over the weight, and what the weight costs."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from infoplane.figures import marks, style
from infoplane.planes.appearance import INK, MUTED

HOLLOW = "white"


def planes(table: pd.DataFrame) -> Figure:
    """I(Z;Y) against I(X;Z): at the left each weight over its training, at the right all weights after it.

    Args:
        table: columns weight, step, mi_xt, mi_xt_low, mi_xt_high, mi_ty, flag_xt, ceiling_xt, ceiling_ty, in nats.
    """
    weights = sorted(table["weight"].unique())
    colours = _colours(weights)
    entries = [
        (f"weight {weight:g}", (Line2D([], [], color=colours[weight], marker="o", markersize=4),)) for weight in weights
    ]
    entries += [("flagged", (Line2D([], [], color=MUTED, marker="o", markersize=4, mfc=HOLLOW, linestyle=""),))]
    entries += [("ceilings ln n, H(Y)", (Line2D([], [], color=MUTED, linestyle=":"),))]
    title = "the information plane of z on test images"
    figure, grid = marks.frame(1, 2, (7.2, 3.4), title, entries=entries, sharex=True, sharey=True)
    over, after = grid[0]
    for weight, rows in table.groupby("weight"):
        rows = rows.sort_values("step")
        over.plot(rows["mi_xt"], rows["mi_ty"], color=colours[weight], linewidth=1.0)
        _points(over, rows, colours[weight])
    final = table[table["step"] == table["step"].max()].sort_values("weight")
    after.plot(final["mi_xt"], final["mi_ty"], color=MUTED, linewidth=0.8)
    for _, row in final.iterrows():
        ends = [[row["mi_xt"] - row["mi_xt_low"]], [row["mi_xt_high"] - row["mi_xt"]]]
        after.errorbar([row["mi_xt"]], [row["mi_ty"]], xerr=ends, color=colours[row["weight"]], linewidth=1.2)
        _points(after, final[final["weight"] == row["weight"]], colours[row["weight"]])
    for ax, words in ((over, "over training, from epoch 0"), (after, "after training: the bottleneck's curve")):
        style.plain(ax)
        style.heading(ax, words)
        ax.set_xlabel("I(X;Z) [nats]")
        ax.axvline(table["ceiling_xt"].max(), color=MUTED, linestyle=":", linewidth=1)
        ax.axhline(table["ceiling_ty"].max(), color=MUTED, linestyle=":", linewidth=1)
    over.set_ylabel("I(Z;Y) [nats]")
    return figure


def curve(table: pd.DataFrame) -> Figure:
    """I(X;Z), I(Z;Y) and the test error after training, over the weight of information."""
    final = table[table["step"] == table["step"].max()].sort_values("weight")
    figure, grid = marks.frame(1, 3, (8.4, 2.8), "after training, over the weight of I(X;Z) in the loss")
    places = range(len(final))
    for ax, name, words in zip(
        grid[0], ("mi_xt", "mi_ty", ""), ("I(X;Z) [nats]", "I(Z;Y) [nats]", "error on test images [%]"), strict=True
    ):
        style.plain(ax)
        if name:
            ends = [final[name] - final[f"{name}_low"], final[f"{name}_high"] - final[name]]
            ax.errorbar(places, final[name], yerr=ends, color=INK, linewidth=1, marker="o", markersize=3)
        else:
            ax.plot(places, 100 * final["test_error"], color=INK, linewidth=1, marker="o", markersize=3)
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.yaxis.set_minor_locator(NullLocator())
        ax.set_xticks(list(places), [f"{weight:g}" for weight in final["weight"]], rotation=45)
        ax.set_xlabel("weight")
        style.heading(ax, words)
    return figure


def _colours(weights: list[float]) -> dict[Any, str]:
    shades = style.epoch_colours()
    return {weight: to_hex(shades(place / max(len(weights) - 1, 1))) for place, weight in enumerate(weights)}


def _points(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
    faces = [colour if not flag else HOLLOW for flag in rows["flag_xt"]]
    ax.scatter(rows["mi_xt"], rows["mi_ty"], s=18, c=faces, edgecolors=[colour], linewidths=1, zorder=3)
