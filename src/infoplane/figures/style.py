"""What every figure shares: colours, markers, the epoch scale, plain axes, and byte-identical files."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, FuncNorm, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

INK, MUTED, FAINT = "#222222", "#6b6b6b", "#e4e4e4"
"""Text; notes, ceilings and ticks; the grid."""

PATH = "#a8a8a8"
"""A layer's way through the plane: grey, since colour there means the epoch."""

LAYER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
"""Okabe & Ito (2008), safe for colour-blind readers, without the yellow that vanishes on white."""

MARKERS = ("o", "s", "^", "D", "v", "p", "X", "P", "<", ">", "h", "*")

DPI = 150

RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so that files do not depend on the machine's fonts
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "figure.titlesize": 11,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "svg.hashsalt": "infoplane",
    "svg.fonttype": "path",
}


def save(figure: Figure, path_stem: str | Path) -> None:
    """Write `path_stem`.png and `path_stem`.svg; the same figure gives the same bytes on every day.

    Args:
        figure: a figure of this package.
        path_stem: the path without its ending; directories that lack are made.
    """
    stem = str(path_stem)
    Path(stem).parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(RC):
        _lay_out(figure)
        figure.savefig(f"{stem}.png", dpi=DPI, facecolor="white", metadata={"Software": None})
        figure.savefig(f"{stem}.svg", facecolor="white", metadata={"Date": None, "Creator": None})


def _lay_out(figure: Figure) -> None:
    """Lay the figure out once for all of its files, at rounded positions: the last bits of the solver's differ between
    runs, and with them the names of clip paths in an SVG."""
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = np.round(axes.get_position(original=True).bounds, 5)
        axes.set_position((left, bottom, width, height))


def epoch_colours() -> Colormap:
    """Plasma without its pale end: dark blue to orange in even steps, readable on white even when hollow."""
    return ListedColormap(mpl.colormaps["plasma"](np.linspace(0.0, 0.83, 256)), name="epochs")


def log_spaced(epochs: Iterable[float]) -> bool:
    """Whether epochs spread over magnitudes, so that an even axis would crowd most of them into one end."""
    values = np.unique(np.asarray(list(epochs), dtype=float))
    return len(values) > 2 and bool(values[-1] >= 20 and np.median(values) < 0.3 * values[-1])


def epoch_norm(epochs: Sequence[float] | np.ndarray) -> Normalize:
    """The colour scale of epochs: log(1 + epoch) where they are log spaced, so that epoch 0 has its place."""
    low, high = (float(np.min(epochs)), float(np.max(epochs))) if len(epochs) else (0.0, 1.0)
    high = high if high > low else low + 1
    if log_spaced(epochs):
        return FuncNorm((np.log1p, np.expm1), vmin=low, vmax=high)
    return Normalize(low, high)


def epoch_ticks(epochs: Sequence[float] | np.ndarray, log: bool | None = None, most: int = 7) -> list[int]:
    """Epochs to write on an axis or a colour bar: first, last, and round ones between, well apart."""
    values = np.unique(np.asarray(epochs, dtype=float))
    if len(values) <= 2:
        return [int(value) for value in values]
    low, high = values[0], values[-1]
    if log_spaced(values) if log is None else log:
        scale, candidates = np.log1p, [digit * 10**power for digit in (1, 3) for power in range(8)]
    else:
        step = _round_step((high - low) / most)
        scale, candidates = float, [step * i for i in range(int(high / step) + 1)]
    gap = (scale(high) - scale(low)) / (most + 1)
    kept = [low, high]
    for candidate in candidates:
        if low < candidate < high and all(abs(scale(candidate) - scale(tick)) >= gap for tick in kept):
            kept.append(candidate)
    return sorted(int(tick) for tick in kept)


def _round_step(step: float) -> int:
    magnitude = 10 ** math.floor(math.log10(max(step, 1)))
    return int(next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= max(step, 1)))


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
    low, high = float(np.min(epochs)), float(np.max(epochs))
    if log:
        ax.set_xscale("function", functions=(_signed_log1p, _signed_expm1))
        room = 0.03 * (np.log1p(high) - np.log1p(low))
        ax.set_xlim(_signed_expm1(np.log1p(low) - room), np.expm1(np.log1p(high) + room))
    else:
        room = 0.03 * (high - low) or 0.5
        ax.set_xlim(low - room, high + room)
    ax.xaxis.set_major_locator(FixedLocator(epoch_ticks(epochs, log, most)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    if label:
        ax.set_xlabel("epoch (log scale)" if log else "epoch")


def _signed_log1p(x):
    return np.sign(x) * np.log1p(np.abs(x))


def _signed_expm1(x):
    return np.sign(x) * np.expm1(np.abs(x))


def plain(ax: Axes) -> None:
    """Two spines, a faint grid behind the data, small muted ticks."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.grid(True, color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(color=MUTED, labelcolor=INK, labelsize=RC["xtick.labelsize"], length=3)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(RC["axes.labelsize"])


def in_lines(text: str, room: float = 2.3) -> str:
    """An axis label in lines that fit beside or below axes of `room` inches."""
    return fill(text, max(20, int(13 * room)))  # 13 letters of this size an inch


def heading(ax: Axes, text: str, pad: float = 5) -> None:
    """A panel's title, at the left; `pad` points above the axes."""
    ax.set_title(text, loc="left", pad=pad, fontsize=RC["axes.titlesize"])


def layer_styles(layers: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(colour, marker) of each layer by its place in the network, so that every figure agrees."""
    return {layer: (LAYER_COLOURS[i % len(LAYER_COLOURS)], MARKERS[i % len(MARKERS)]) for i, layer in enumerate(layers)}


def in_words(message: str, title: str = "") -> Figure:
    """A figure that says why there is nothing to draw, since an empty plane would look like a result."""
    figure = Figure(figsize=(7.5, 1.6))
    figure.text(0.5, 0.4, message, ha="center", va="center", color=MUTED, fontsize=10)
    figure.text(0.012, 0.95, title, ha="left", va="top", fontsize=RC["figure.titlesize"])
    return figure
