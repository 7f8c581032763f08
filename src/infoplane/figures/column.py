"""Figures at the width of a column: the legend below, no title; what else there is to say goes into the caption."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.text import Text

from infoplane.figures.drawn_for import medium
from infoplane.planes.appearance import MUTED, epoch_ticks

LETTERS = 19
"""Of a legend in an inch."""
SHORT = 20
"""Letters of a legend's entry; of a longer one the words go into the caption, and what `full` means with them."""
TALLEST = 8.5
"""Inches: the height of a page."""


def frame(
    rows: int,
    columns: int,
    size: tuple[float, float],
    words: Sequence[str],
    entries: Sequence[tuple[str, tuple[Line2D, ...]]],
    epochs: tuple[Sequence[int] | np.ndarray, Normalize, Colormap] | None,
    **shared: Any,
) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of axes, the scale of epochs at the right, and the legend below.

    Args:
        rows, columns: of the grid.
        size: width and height that the figure would have on a screen, without its legend; here they give its shape.
        words: sentences for the caption, which is the figure's label (`figure.get_label()`).
        entries: of the legend.
        epochs: what the scale of epochs spans, with its norm and colours; None: there is none.
        shared: passed on to `subplots` (sharex, sharey).
    """
    widths = medium().columns
    assert widths is not None
    width = widths[0] if columns == 1 and rows < 4 else widths[1]
    short = [(text, artists) for text, artists in entries if len(text) <= SHORT and not text.startswith("full")]
    long = [text for text, _ in entries if (text, _) not in short]
    across = max(1, int(LETTERS * width / (max((len(text) for text, _ in short), default=1) + 8)))
    below = 0.14 * -(-len(short) // across) + 0.1 if short else 0.0
    height = min(max(size[1] * width / size[0], 1.3 * rows) + below, TALLEST)
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03))
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    if epochs is not None:
        _epoch_bar(figure, grid, *epochs)
    if short:
        figure.legend(
            handles=[artists for _, artists in short],
            labels=[text for text, _ in short],
            handler_map={tuple: HandlerTuple(ndivide=1)},
            loc="outside lower center",
            ncols=across,
            frameon=False,
            borderpad=0.1,
            columnspacing=1.2,
            handlelength=2.6,
        )
    figure.set_label(" ".join(_sentence(text) for text in (*words, *long) if text))
    return figure, grid


def _epoch_bar(
    figure: Figure, grid: np.ndarray, epochs: Sequence[int] | np.ndarray, norm: Normalize, colours: Colormap
) -> None:
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=list(grid.flat), pad=0.02, fraction=0.05, aspect=30)
    ticks = epoch_ticks(epochs, most=5)
    bar.set_ticks(ticks, labels=[f"{tick}" for tick in ticks])
    bar.minorticks_off()
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, color=MUTED)
    bar.set_label("epoch")


def _sentence(text: str) -> str:
    """Words that end with a full stop, in one line."""
    line = " ".join(text.split())
    return line if line.endswith((".", "?")) else f"{line}."


def fit_labels(figure: Figure) -> None:
    """Break the axes' labels that are longer than their axes, which are smaller than on a screen."""
    if medium().columns is None:
        return
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_window_extent()
        _fit(axes.xaxis.label, box.width, "width")
        _fit(axes.yaxis.label, box.height, "height")


def _fit(text: Text, room: float, side: str) -> None:
    words = text.get_text()
    if not words or not text.get_visible():
        return
    longest = max(map(len, words.split("\n")))
    extent = getattr(text.get_window_extent(), side)
    if extent > 1.05 * room:
        text.set_text(fill(" ".join(words.split()), max(10, int(longest * room / extent))))
