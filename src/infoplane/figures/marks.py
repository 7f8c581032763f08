"""What planes and curves have in common: the frame, axes with their ceilings, and legends."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from infoplane.figures import style
from infoplane.figures.column import frame as frame_of_a_column
from infoplane.figures.drawn_for import medium
from infoplane.planes.appearance import MUTED, PATH, epoch_ticks
from infoplane.planes.rules import CEILING_ROOM, Ceiling, axis_range, ceilings, shows_zero
from infoplane.planes.tables import AXES

SHORT = 0.05
"""An axis of x that spans less has long numbers, of which few have room."""

Entry = tuple[str, tuple[Line2D, ...]]
"""A legend entry: its text, and what is drawn one over the other beside it."""


def frame(
    rows: int,
    columns: int,
    size: tuple[float, float],
    title: str,
    *,
    subtitle: str = "",
    entries: Sequence[Entry] = (),
    epochs: Sequence[int] | np.ndarray = (),
    notes: Sequence[str] = (),
    **shared: Any,
) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of axes at the left and, in a column at the right, the legend and the epoch scale.

    Args:
        rows, columns: of the grid.
        size: width and height in inches without the column at the right.
        title: above the figure, at the left.
        subtitle: below it, how to read the figure.
        entries: of the legend; none: no column at the right.
        epochs: what the colour bar spans; fewer than two: no colour bar.
        notes: what the reader must know in words, each from a new line below the figure.
        shared: passed on to `subplots` (sharex, sharey).

    Returns:
        The figure and its axes, an array of shape (rows, columns).
    """
    if medium().columns is not None:
        scale = (epochs, style.epoch_norm(epochs), style.epoch_colours()) if len(epochs) > 1 else None
        return frame_of_a_column(rows, columns, size, [title, subtitle, *notes], entries, scale, **shared)
    lines = [line for text, _ in entries for line in text.split("\n")]
    side = float(np.clip(0.55 + 0.072 * max(map(len, lines)), 1.3, 2.6)) if lines else 0.0
    bar = 1.9 if len(epochs) > 1 else 0.0
    written = [note if "\n" in note else textwrap.fill(note, int(14 * (size[0] + side))) for note in notes if note]
    below = len("\n".join(written).split("\n")) if written else 0
    height = max(size[1], 0.14 * len(lines) + 0.07 * len(entries) + bar + 0.7) + 0.14 * below
    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
    figure = Figure(figsize=(size[0] + side, height), layout=layout)
    _entitle(figure, title, textwrap.fill(subtitle, int(13.5 * (size[0] + side))))
    if written:
        figure.supxlabel("\n".join(written), x=0.012, ha="left", fontsize=8, color=MUTED)
    if not lines:
        return figure, figure.subplots(rows, columns, squeeze=False, **shared)
    left, right = np.ravel(np.asarray(figure.subfigures(1, 2, width_ratios=[size[0], side])))
    _legend(right, entries)
    if bar:
        axes = right.add_axes((0.07, 0.08, 0.085, (bar - 0.35) / height))
        _epoch_bar(axes, epochs)
    return figure, left.subplots(rows, columns, squeeze=False, **shared)


def _entitle(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle at the left, above everything."""
    letters = medium().rc["figure.titlesize"]
    if not subtitle:
        figure.suptitle(title, x=0.012, ha="left", fontsize=letters)
        return
    height = figure.get_figheight()
    # The layout keeps room for the title of the figure alone, which has one size of letters: here it is blank.
    figure.suptitle(" \n" * (1 + subtitle.count("\n")), fontsize=letters)
    figure.text(0.012, 1 - 0.06 / height, title, va="top", fontsize=letters)
    figure.text(0.012, 1 - (0.1 + 1.2 * letters / 72) / height, subtitle, va="top", fontsize=8.5, color=MUTED)


def _legend(figure, entries: Sequence[Entry]) -> None:
    figure.legend(
        handles=[artists for _, artists in entries],
        labels=[text for text, _ in entries],
        handler_map={tuple: HandlerTuple(ndivide=1)},
        loc="upper left",
        frameon=False,
        fontsize=medium().rc["legend.fontsize"],
        labelspacing=0.6,
    )


def _epoch_bar(axes: Axes, epochs: Sequence[int] | np.ndarray) -> None:
    norm = style.epoch_norm(epochs)
    bar = axes.figure.colorbar(ScalarMappable(norm, style.epoch_colours()), cax=axes)
    ticks = epoch_ticks(epochs)
    bar.set_ticks(ticks, labels=[f"{tick}" for tick in ticks])
    bar.minorticks_off()
    bar.outline.set_visible(False)
    axes.tick_params(labelsize=medium().rc["ytick.labelsize"], length=3, color=MUTED)
    axes.set_title("epoch", fontsize=medium().rc["legend.fontsize"], loc="left", pad=7)


def plane_axes(ax: Axes, data: pd.DataFrame, here: pd.DataFrame) -> None:
    """Make empty axes those of a plane: ranges for all of `data`, so that panels compare, ceilings of `here`."""
    style.plain(ax)
    ax.set_xlim(*axis_range(data, "mi_xt"))
    ax.set_ylim(*axis_range(data, "mi_ty"))
    if np.ptp(ax.get_xlim()) < SHORT:
        ax.locator_params(axis="x", nbins=4)
    for column, axis in zip(AXES, "xy", strict=True):
        zero_line(ax, axis)
        draw_ceilings(ax, here, column, axis)


def draw_ceilings(ax: Axes, data: pd.DataFrame, column: str, axis: str) -> None:
    """Draw dotted ceilings within the axis range, with names that no point covers; name those on either side of it.

    Call it when the range is set.
    """
    low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
    found = ceilings(data, column)
    near = [ceiling for ceiling in found if low <= ceiling.value <= high]
    note: dict[str, Any] = {
        "color": MUTED,
        "fontsize": 7.5,
        "textcoords": "offset points",
        "annotation_clip": False,
        "path_effects": [withStroke(linewidth=2.5, foreground="white")],  # where bars or points pass above a ceiling
        "zorder": 4,
    }
    for ceiling in near:
        (ax.axhline if axis == "y" else ax.axvline)(ceiling.value, color=MUTED, linewidth=1, linestyle=":")
    if near:
        text, place = _written(near), near[-1].value
        if axis == "y":
            side, shift = ("bottom", 4.5) if high - place > CEILING_ROOM / 2 * (high - low) else ("top", -4.5)
            ax.annotate(text, (0, place), (3, shift), xycoords=("axes fraction", "data"), va=side, **note)
        else:
            side, shift = ("right", 8) if place - low > (high - low) / 2 else ("left", -8)
            ax.annotate(text, (place, 1), (shift, 3), xycoords=("data", "axes fraction"), ha=side, **note)
    if below := _written([ceiling for ceiling in found if ceiling.value < low]):
        if axis == "y":
            ax.annotate(f"{below} ↓", (0, 0), (3, 4), xycoords="axes fraction", **note)
        else:
            ax.annotate(f"← {below}", (0, 1), (0, 3), xycoords="axes fraction", ha="left", **note)
    if far := _written([ceiling for ceiling in found if ceiling.value > high]):
        if axis == "y":
            ax.annotate(f"{far} ↑", (0, 1), (3, -8), xycoords="axes fraction", **note)
        else:
            ax.annotate(f"{far} →", (1, 1), (0, 3), xycoords="axes fraction", ha="right", **note)


def _written(drawn: Sequence[Ceiling]) -> str:
    """Ceilings by one name, such as "ceiling 9.21, 9.90"."""
    return ", ".join([ceiling.text for ceiling in drawn[:1]] + [f"{ceiling.value:.2f}" for ceiling in drawn[1:]])


def bounds(rows: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the error bars; where an end is not given, the estimate itself."""
    low, high = (rows[f"{column}_{end}"].fillna(rows[column]) for end in ("low", "high"))
    return low.to_numpy(), high.to_numpy()


def zero_line(ax: Axes, axis: str) -> None:
    """Show where 0 is if values fall below it."""
    if shows_zero(*(ax.get_ylim() if axis == "y" else ax.get_xlim())):
        (ax.axhline if axis == "y" else ax.axvline)(0, color=MUTED, linewidth=0.8, zorder=1)


def point(colour: str, marker: str, **more: Any) -> Line2D:
    """A point without a line, for a legend entry."""
    return Line2D([], [], **({"linestyle": "", "color": colour, "marker": marker, "markersize": 5.5} | more))


def layer_entries(
    layers: Sequence[str], styles: dict[str, tuple[str, str]], coloured: bool, *, line: bool = True
) -> list[Entry]:
    """Legend entries for layers: by marker alone where colour means the epoch; `line`: on a line."""
    entries = []
    for layer in layers:
        colour, marker = styles[layer]
        dash = style.layer_dash(layer, styles) if coloured else "-"
        path = (Line2D([], [], color=colour if coloured else PATH, linewidth=1.2, linestyle=dash),) if line else ()
        entries.append((layer, (*path, point(colour if coloured else MUTED, marker))))
    return entries
