"""At which scale a layer tells its inputs apart: its information in noise, over the size of the noise."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from infoplane.figures import filled_points, marks, style
from infoplane.figures.drawn_for import medium
from infoplane.flags import join_words
from infoplane.planes import reading, wording
from infoplane.planes.appearance import MUTED
from infoplane.planes.fills import fills
from infoplane.planes.reading import Units
from infoplane.planes.rules import axis_range

VALUES = ("noise_std", "mi_xt", "mi_xt_low", "mi_xt_high")
READ = (
    "Noise of each size is added to a layer: what is left to know of the input X is what the layer tells apart at that"
    " scale."
)
TITLE = "resolution: at which scale does this layer tell its inputs apart?"
SHADE = "#ececec"
"""What so many samples cannot show."""


def resolution(
    table: pd.DataFrame,
    *,
    samples: int | None = None,
    split: str | None = None,
    most_epochs: int = 3,
    units: Units = "nats",
    title: str = TITLE,
) -> Figure:
    """I(X;T+N) against the standard deviation of the noise N: a line for each layer, a panel for each of a few epochs.

    Args:
        table: columns `split, repetition, epoch, layer, noise_std, mi_xt, mi_xt_low, mi_xt_high, flag_xt`, in nats, a
            row for each layer and noise. Of several repetitions the mean is drawn.
        samples: how many the estimates are of: what lies above its logarithm they cannot show, which is shaded. None:
            nothing is shaded.
        split: which split; default: the first in the table. The title names it.
        most_epochs: how many epochs to draw at most: the last, the first, and some between.
        units: what to draw in.
        title: the figure's title.
    """
    data = readable(table, units)
    split = split or (str(data["split"].iloc[0]) if len(data) else "")
    styles = style.layer_styles(reading.in_order(data["layer"]))
    data = data[(data["split"] == split) & data["mi_xt"].notna() & (data["noise_std"] > 0)]
    if len(data) == 0:
        return style.in_words("No layer in noise to draw.", title)
    epochs = reading.spread_epochs(data["epoch"].unique(), most_epochs)
    ceiling = math.nan if samples is None else math.log(samples) / (math.log(2) if units == "bits" else 1)
    drawn = data[data["epoch"].isin(epochs)].assign(ceiling_xt=ceiling)
    repetitions = table["repetition"].nunique() if "repetition" in table else 1
    figure, grid = marks.frame(
        1,
        len(epochs),
        ({1: 5.6, 2: 7.0}.get(len(epochs), 8.6), 3.6),
        f"{title} ({split} split)",
        subtitle=READ,
        entries=_entries(drawn, styles, samples),
        notes=[
            f"Means over {repetitions} repetitions, flagged where one is." if repetitions > 1 else "",
            *wording.on_trust(drawn, ["mi_xt"]),
        ],
        sharex=True,
        sharey=True,
    )
    for ax, epoch in zip(grid[0], epochs, strict=True):
        _draw(ax, drawn, int(epoch), styles)
        style.heading(ax, f"epoch {epoch}" if len(epochs) > 1 or data["epoch"].nunique() > 1 else "")
        ax.set_xlabel("std of the noise N (log scale)")
    grid[0, 0].set_ylabel(f"I(X;T+N) [{units}]")
    return figure


def readable(table: pd.DataFrame, units: Units = "nats") -> pd.DataFrame:
    """The table with numbers in `units`, a row for each split, epoch, layer and noise: means over repetitions, flagged
    where one is."""
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    data = table.assign(**{name: pd.to_numeric(table[name], errors="coerce").astype(float) for name in VALUES})
    data["epoch"] = pd.to_numeric(data["epoch"]).astype(int)
    data["flag_xt"] = data["flag_xt"].astype(object).where(data["flag_xt"].notna(), "").astype(str)
    if units == "bits":
        data[list(VALUES[1:])] /= math.log(2)
    groups = data.groupby(["split", "epoch", "layer", "noise_std"], sort=False)
    result = groups[list(VALUES[1:])].mean()
    result["flag_xt"] = groups["flag_xt"].agg(lambda flags: join_words(*flags))
    return result.reset_index()


def _entries(drawn: pd.DataFrame, styles: dict[str, tuple[str, str]], samples: int | None) -> list[marks.Entry]:
    entries = marks.layer_entries(reading.in_order(drawn["layer"]), styles, True)
    if drawn[["mi_xt_low", "mi_xt_high"]].notna().any(axis=None):
        entries.append(("light band: bounds", (Line2D([], [], color=MUTED, alpha=0.3, linewidth=7),)))
    if samples is not None:
        entries.append((f"shaded: what {samples}\nsamples cannot show", (Line2D([], [], color=SHADE, linewidth=7),)))
    return entries + filled_points.fill_entries(drawn, ["mi_xt"], plane=False)


def _draw(ax: Axes, drawn: pd.DataFrame, epoch: int, styles: dict[str, tuple[str, str]]) -> None:
    """The panel of an epoch, on the axes of all."""
    style.plain(ax)
    _scale_noise(ax, np.sort(drawn["noise_std"].unique()))
    ax.set_ylim(*axis_range(drawn, "mi_xt"))
    marks.zero_line(ax, "y")
    marks.draw_ceilings(ax, drawn, "mi_xt", "y")
    ceiling, top = drawn["ceiling_xt"].iloc[0], ax.get_ylim()[1]
    if ceiling < top:
        ax.axhspan(ceiling, top, color=SHADE, linewidth=0, zorder=0.5)
    for layer, rows in drawn[drawn["epoch"] == epoch].groupby("layer", sort=False):
        colour, marker = styles[str(layer)]
        rows = filled_points.within(ax, rows.sort_values("noise_std"), {"mi_xt": "y"})
        ax.fill_between(rows["noise_std"], *marks.bounds(rows, "mi_xt"), color=colour, alpha=0.15, linewidth=0)
        dash = style.layer_dash(str(layer), styles)
        ax.plot(rows["noise_std"], rows["mi_xt"], color=colour, linewidth=1.2, linestyle=dash)
        x, y = rows["noise_std"].to_numpy(), rows["mi_xt"].to_numpy()
        colours = np.tile(to_rgba(colour), (len(rows), 1))
        filled_points.draw_points(ax, x, y, fills(rows, ["mi_xt"]), marker, colours, 24 * medium().points)


def _scale_noise(ax: Axes, noises: np.ndarray) -> None:
    """A log axis, with ticks at the noises that were tried, or at round ones if they are many."""
    room = (noises[-1] / noises[0]) ** 0.05 if len(noises) > 1 else 1.25
    ax.set_xscale("log")
    ax.set_xlim(noises[0] / room, noises[-1] * room)
    ax.xaxis.set_major_locator(FixedLocator(list(noises)) if len(noises) < 8 else LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
