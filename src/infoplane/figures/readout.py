"""What classifiers read from a frozen layer: scores and information over the lengths of their training."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from infoplane.figures import filled_points, marks, style
from infoplane.flags import join_words
from infoplane.planes import reading
from infoplane.planes.appearance import LAYER_COLOURS, MARKS, MUTED
from infoplane.planes.fills import FULL, HOLLOW
from infoplane.planes.reading import Units
from infoplane.planes.wording import MEANINGS
from infoplane.readout.table import ACCURACY, INFORMATION, LOSS, MI_EE, MI_EY, MI_PY, VALUES

READ = (
    "E: the layer's activations, frozen. P: predictions of a linear classifier on E after so many epochs, the last"
    " length overfitted on purpose. N: Gaussian noise."
)
AXES = {ACCURACY: "accuracy [share correct]", LOSS: "cross-entropy loss [nats]"}
ROOM = 0.08
"""Share of an axis kept free at each end."""


def readout(table: pd.DataFrame, *, units: Units = "nats", title: str = "") -> Figure:
    """Four panels: accuracy, loss, I(P;Y) beside I(E;Y), and I(E;E+N); a colour for each split.

    Args:
        table: columns of `infoplane.readout.table`, in nats. Of several repetitions the mean is drawn.
        units: of information.
        title: the figure's title; default: the layer, its units and the epoch.
    """
    if len(table) == 0:
        return style.in_words("Nothing is read out (params.yaml: readout.layer).", title)
    data = readable(table, units)
    looks = {
        split: (LAYER_COLOURS[i % len(LAYER_COLOURS)], MARKS[i % len(MARKS)].marker)
        for i, split in enumerate(reading.in_order(data["split"]))
    }
    first, repetitions = table.iloc[0], table["repetition"].nunique()
    title = title or f"readout of {first['layer']}: {first['d']} units at epoch {first['epoch']}"
    figure, grid = marks.frame(
        1,
        4,
        (11.0, 3.3),
        title,
        subtitle=READ,
        entries=_entries(data, looks),
        notes=[
            f"Means over {repetitions} repetitions, flagged where one is; bars: smallest to largest."
            if repetitions > 1
            else "Bars: of accuracy 95 %, else as docs/estimators.md says.",
            _meanings(data),
        ],
    )
    lengths = sorted(int(length) for length in data["length"].dropna().unique())
    for ax, measure in zip(grid[0], (ACCURACY, LOSS, MI_PY), strict=False):
        of_measure = data[data["measure"] == measure]
        others = data[data["measure"] == MI_EY] if measure == MI_PY else data.head(0)
        _lengths_axis(ax, lengths)
        _value_axis(ax, pd.concat([of_measure, others]))
        _draw_embedding(ax, others, looks)
        _draw_lengths(ax, of_measure, looks)
        ax.set_ylabel(AXES.get(measure, f"information on the label [{units}]"))
    style.heading(grid[0, 2], "I(P;Y) and, dashed, I(E;Y)")
    _draw_splits(grid[0, 3], data[data["measure"] == MI_EE], looks, f"I(E;E+N) [{units}]")
    return figure


def readable(table: pd.DataFrame, units: Units = "nats") -> pd.DataFrame:
    """A row for each split, length and measure, information in `units`: means over repetitions, flagged where one is,
    whose bars are the smallest and the largest."""
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    data = table.assign(**{name: pd.to_numeric(table[name], errors="coerce").astype(float) for name in VALUES})
    data["length"] = pd.to_numeric(data["length"]).astype(float)
    data["flag"] = data["flag"].astype(object).where(data["flag"].notna(), "").astype(str)
    if units == "bits":
        data.loc[data["measure"].isin(INFORMATION), list(VALUES)] /= math.log(2)
    groups = data.groupby(["split", "length", "measure"], sort=False, dropna=False)
    result = groups[list(VALUES)].mean()
    if data["repetition"].nunique() > 1:
        result["low"], result["high"] = groups["value"].min(), groups["value"].max()
    result["flag"] = groups["flag"].agg(lambda flags: join_words(*flags))
    return result.reset_index()


def _entries(data: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> list[marks.Entry]:
    entries: list[marks.Entry] = [
        (split, (Line2D([], [], color=colour, linewidth=1.2), marks.point(colour, marker)))
        for split, (colour, marker) in looks.items()
    ]
    if words := reading.words(data["flag"]):
        hollow = textwrap.fill(f"hollow: not to be believed ({', '.join(words)})", 29)
        entries.append((hollow, (marks.point(MUTED, "o", markerfacecolor="white"),)))
    return entries


def _meanings(data: pd.DataFrame) -> str:
    said = [f"{word}: {MEANINGS[word]}" for word in reading.words(data["flag"]) if word in MEANINGS]
    return "; ".join(said) + "." if said else ""


def _lengths_axis(ax: Axes, lengths: Sequence[int]) -> None:
    style.plain(ax)
    ax.set_xscale("log")
    room = max(1.3, (lengths[-1] / lengths[0]) ** ROOM)
    ax.set_xlim(lengths[0] / room, lengths[-1] * room)
    ax.xaxis.set_major_locator(FixedLocator(lengths))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    ax.set_xlabel("epochs (log scale)")


def _value_axis(ax: Axes, data: pd.DataFrame) -> None:
    """The range of what is drawn with its bars, and the ceilings that are near: of a label, H(Y)."""
    low, high = float(data["low"].min()), float(data["high"].max())
    span = max(high - low, 1e-3)
    near = [ceiling for ceiling in data["ceiling"].dropna().round(6).unique() if ceiling < high + span]
    ax.set_ylim(low - ROOM * span, max([high, *near]) + 2 * ROOM * span)
    for ceiling in near:
        ax.axhline(ceiling, color=MUTED, linewidth=1, linestyle=":")
    if near:
        place = (0, max(near))
        ax.annotate(
            f"H(Y) = {max(near):.2f}", place, (3, 3), xycoords=("axes fraction", "data"),
            textcoords="offset points", color=MUTED, fontsize=7.5,
        )  # fmt: skip


def _draw_embedding(ax: Axes, data: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    """What the embedding itself knows, whatever the classifier: a dashed line across to a point, its bar as a band."""
    for split, rows in data.groupby("split", sort=False):
        row, (colour, marker) = rows.iloc[0], looks[str(split)]
        _draw_points(ax, np.array(ax.get_xlim()[1:]), rows, colour, marker)
        ax.axhspan(float(row["low"]), float(row["high"]), color=colour, alpha=0.1, linewidth=0)
        ax.axhline(float(row["value"]), color=colour, linewidth=1.2, linestyle=(0, (4, 1.5)))


def _draw_lengths(ax: Axes, data: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    for split, rows in data.groupby("split", sort=False):
        colour, marker = looks[str(split)]
        rows = rows.sort_values("length")
        ax.plot(rows["length"], rows["value"], color=colour, linewidth=1.2)
        _draw_points(ax, rows["length"].to_numpy(), rows, colour, marker)


def _draw_splits(ax: Axes, data: pd.DataFrame, looks: dict[str, tuple[str, str]], label: str) -> None:
    """A point for each split."""
    style.plain(ax)
    ax.set_xlim(-0.5, len(data) - 0.5)
    ax.set_xticks(range(len(data)), data["split"])
    low, high = float(data["low"].min()), float(data["high"].max())
    span = max(high - low, 0.05 * abs(high), 1e-3)
    ax.set_ylim(low - ROOM * span, high + ROOM * span)
    for place, (_, row) in enumerate(data.iterrows()):
        _draw_points(ax, np.array([place]), row.to_frame().T, *looks[str(row["split"])])
    ax.set_ylabel(label)


def _draw_points(ax: Axes, x: np.ndarray, rows: pd.DataFrame, colour: str, marker: str) -> None:
    ax.vlines(x, rows["low"].to_numpy(float), rows["high"].to_numpy(float), color=colour, alpha=0.5, linewidth=1.2)
    filled = np.where(rows["flag"].eq(""), FULL, HOLLOW)
    colours = np.tile(to_rgba(colour), (len(rows), 1))
    filled_points.draw_points(ax, x, rows["value"].to_numpy(float), filled, marker, colours, 26)
