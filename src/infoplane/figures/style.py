"""How matplotlib draws what every figure shares: fonts, the scale of epochs, plain axes, and byte-identical files."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import Colormap, FuncNorm, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from infoplane.figures.column import fit_labels
from infoplane.figures.drawn_for import medium
from infoplane.planes.appearance import (
    EPOCH_COLOURS,
    FAINT,
    INK,
    LAYER_COLOURS,
    MARKS,
    MUTED,
    epoch_range,
    epoch_span,
    epoch_ticks,
    log_spaced,
    signed_expm1,
    signed_log1p,
)


def save(figure: Figure, path_stem: str | Path) -> None:
    """Write `path_stem`.png and `path_stem`.svg; the same figure gives the same bytes on every day.

    What a figure for a paper leaves to its caption is the description within the SVG.

    Args:
        figure: a figure of this package.
        path_stem: the path without its ending; directories that lack are made.
    """
    stem = str(path_stem)
    Path(stem).parent.mkdir(parents=True, exist_ok=True)
    caption = {"Description": figure.get_label()} if figure.get_label() else {}
    with mpl.rc_context(medium().rc):
        _lay_out(figure)
        # By their canvases, since `savefig` draws everything once more before each file, for a layout that is done.
        FigureCanvasAgg(figure).print_png(f"{stem}.png", metadata={"Software": None})
        FigureCanvasSVG(figure).print_svg(f"{stem}.svg", metadata={"Date": None, "Creator": None, **caption})


def _lay_out(figure: Figure) -> None:
    """Lay the figure out once for all of its files, at rounded positions: the last bits of the solver's differ between
    runs, and with them the names of clip paths in an SVG. Axes have shares of the part in which they lie, and a part
    has shares of the figure."""
    figure.set_dpi(medium().dpi)
    figure.set_facecolor("white")
    fit_labels(figure)
    if layout := figure.get_layout_engine():
        layout.execute(figure)
        figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), 5))
    for axes in figure.axes:
        left, bottom, width, height = np.round(axes.get_position(original=True).bounds, 5)
        axes.set_position((left, bottom, width, height))


def epoch_colours() -> Colormap:
    """The colours of epochs as matplotlib's colour map."""
    return ListedColormap(list(EPOCH_COLOURS), name="epochs")


def epoch_norm(epochs: Sequence[float] | np.ndarray) -> Normalize:
    """The colour scale of epochs: log(1 + epoch) where they are log spaced, so that epoch 0 has its place."""
    low, high = epoch_span(epochs)
    if log_spaced(epochs):
        return FuncNorm((np.log1p, np.expm1), vmin=low, vmax=high)
    return Normalize(low, high)


def epoch_axis(
    ax: Axes,
    epochs: Sequence[float] | np.ndarray,
    *,
    log: bool | None = None,
    label: bool = True,
    most: int = 7,
) -> None:
    """Make x the epoch, with ticks in plain numbers.

    Args:
        ax: axes whose x is the epoch.
        epochs: what the axis spans.
        log: whether to space by log(1 + epoch), in which epoch 0 has its place; default: where epochs are.
        label: whether to write the label too.
        most: about how many ticks fit.
    """
    log = log_spaced(epochs) if log is None else log
    if log:
        ax.set_xscale("function", functions=(signed_log1p, signed_expm1))
    ax.set_xlim(*epoch_range(epochs, log))
    ax.xaxis.set_major_locator(FixedLocator(epoch_ticks(epochs, log, most)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    if label:
        ax.set_xlabel("epoch (log scale)" if log else "epoch")


def plain(ax: Axes) -> None:
    """Two spines, a faint grid behind the data, small muted ticks."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.grid(True, color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(color=MUTED, labelcolor=INK, labelsize=medium().rc["xtick.labelsize"], length=3)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(medium().rc["axes.labelsize"])


def heading(ax: Axes, text: str, pad: float = 5) -> None:
    """A panel's title, at the left; `pad` points above the axes."""
    ax.set_title(text, loc="left", pad=pad, fontsize=medium().rc["axes.titlesize"])


def layer_styles(layers: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(colour, marker) of each layer by its place in the network, so that every figure agrees."""
    return {
        layer: (LAYER_COLOURS[i % len(LAYER_COLOURS)], MARKS[i % len(MARKS)].marker) for i, layer in enumerate(layers)
    }


def layer_dash(layer: str, styles: dict[str, tuple[str, str]]) -> Any:
    """The dashes of a layer's line by its place in the network; solid but in a paper, which may be printed in grey."""
    dashes = medium().dashes
    return dashes[list(styles).index(layer) % len(dashes)]


def in_words(message: str, title: str = "") -> Figure:
    """A figure that says why there is nothing to draw, since an empty plane would look like a result."""
    if (columns := medium().columns) is not None:
        figure = Figure(figsize=(columns[0], 0.8))
        figure.text(0.5, 0.5, textwrap.fill(message, 45), ha="center", va="center", color=MUTED)
        figure.set_label(title)
        return figure
    figure = Figure(figsize=(7.5, 1.6))
    figure.text(0.5, 0.4, message, ha="center", va="center", color=MUTED, fontsize=10)
    figure.text(0.012, 0.95, title, ha="left", va="top", fontsize=medium().rc["figure.titlesize"])
    return figure
