"""How far estimators are from what is known, over sample sizes, values of a keyword or dimensions."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from infoplane.figures import marks, style
from infoplane.planes.appearance import INK, MUTED

AXES = {"xt": "I(X;T)", "ty": "I(T;Y)"}
NAMES = {"n": "samples n", "d": "dimensions d"}


def known_sweep(table: pd.DataFrame, *, key: str = "", title: str = "Error over a sweep") -> Figure:
    """Estimate less truth, means over seeds with a bar from the smallest to the largest; a panel for each axis.

    The first of sample size, keyword and dimension that varies is the axis; the others tell the lines apart.

    Args:
        table: the columns of `known.judgements`, and `method` and `value`, that of the keyword, in nats.
        key: the name of the keyword.
        title: the figure's title.
    """
    data = table.assign(error=pd.to_numeric(table["error"], errors="coerce")).dropna(subset=["error"])
    if not len(data):
        return style.in_words("No truth is finite.", title)
    data["value"] = data["value"].astype(str)
    varying = [name for name in ("n", "value", "d") if data[name].nunique() > 1] or ["n"]
    across, *others = varying
    words = {"n": "n = ", "d": "d = ", "value": f"{key} = "}
    lines = data["method"].astype(str)
    for name in others:
        lines += ", " + words[name] + data[name].astype(str)
    data["line"] = lines
    styles = style.layer_styles(list(dict.fromkeys(lines)))
    shown = [axis for axis in AXES if (data["axis"] == axis).any()]
    entries = marks.layer_entries(list(styles), styles, True)
    if (data["flag"] != "").any():
        entries.append(("hollow: flagged for\none seed or more", (marks.point(MUTED, "o", markerfacecolor="white"),)))
    note = "Means over seeds; bars: from the smallest to the largest." if data["seed"].nunique() > 1 else ""
    size = (5.2, 3.8) if len(shown) == 1 else (7.6, 3.6)
    figure, grid = marks.frame(1, len(shown), size, title, entries=entries, notes=[note])
    for ax, axis in zip(grid[0], shown, strict=True):
        _draw(ax, data[data["axis"] == axis], across, styles)
        style.heading(ax, AXES[axis])
        ax.set_xlabel(NAMES.get(across, key))
    grid[0, 0].set_ylabel("estimate − truth [nats]")
    return figure


def _draw(ax: Axes, data: pd.DataFrame, across: str, styles: dict[str, tuple[str, str]]) -> None:
    """One axis of the information: a line for each method and setting."""
    style.plain(ax)
    ax.axhline(0, color=INK, linewidth=1)
    places = list(dict.fromkeys(data[across])) if across == "value" else sorted(data[across].unique())
    if across != "value":
        ax.set_xscale("log")
    for line, rows in data.groupby("line", sort=False):
        colour, marker = styles[str(line)]
        groups = rows.groupby(across, sort=False)
        mean, low, high = (groups["error"].agg(how) for how in ("mean", "min", "max"))
        flagged = groups["flag"].agg(lambda flags: (flags != "").any())
        x = [places.index(place) if across == "value" else place for place in mean.index]
        ax.plot(x, mean, color=colour, linewidth=1.2)
        ax.vlines(x, low, high, color=colour, linewidth=0.8, alpha=0.6)
        faces = ["white" if flag else colour for flag in flagged]
        ax.scatter(x, mean, s=24, c=faces, edgecolors=colour, linewidths=1, marker=marker, zorder=3)
    ax.set_xticks(range(len(places)) if across == "value" else places, labels=[str(place) for place in places])
    ax.xaxis.set_minor_locator(NullLocator())
    if across != "value":
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
