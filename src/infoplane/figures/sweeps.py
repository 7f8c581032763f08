"""Estimators on a few families of known information: functions with noise, Gaussian pairs, and growing samples."""

import math
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from infoplane.figures import marks, style
from infoplane.figures.validation import readable
from infoplane.known.channels import FUNCTIONS
from infoplane.planes.appearance import INK, LAYER_COLOURS, MUTED

CELLS = LinearSegmentedColormap.from_list("cells", ["#ffffff", "#abd0e6"])
"""Of the heat map: light throughout, since its numbers are read."""


def _means(table: pd.DataFrame, pattern: str) -> pd.DataFrame:
    """Rows of I(X;T) whose task is `pattern`: its groups, `truth`, the mean `estimate`, whether any is `flagged`."""
    data = readable(table[table["axis"] == "xt"])
    names = data["task"].astype(str).str.extract(f"^{pattern}$")
    data = pd.concat([data, names], axis=1).dropna(subset=list(names))
    groups = data.groupby(list(names), sort=False)
    mean = groups["estimate"].agg(lambda values: values.mean(skipna=False))
    return pd.DataFrame(
        {"truth": groups["truth"].first(), "estimate": mean, "flagged": groups["flagged"].any()}
    ).reset_index()


def functions_heat_map(
    tables: Mapping[str, pd.DataFrame], *, title: str = "I(X;T) of T = f(X) + noise, in nats"
) -> Figure:
    """The truth and each estimator's mean over seeds, as numbers and colours, for functions and noises.

    Args:
        tables: as for `truth_and_estimate`; those without tasks `<function>, noise <std>` are left out.
        title: the figure's title.
    """
    given = {key: _means(table, r"(?P<f>.+), noise (?P<noise>[\d.]+)") for key, table in tables.items()}
    given = {key: table[table["f"].isin(list(FUNCTIONS))] for key, table in given.items()}
    given = {key: table for key, table in given.items() if len(table)}
    if not given:
        return style.in_words("No function with noise to draw.", title)
    everything = pd.concat(given.values(), ignore_index=True)
    functions = [name for name in FUNCTIONS if name in set(everything["f"])]
    noises = sorted(everything["noise"].unique(), key=float)
    truth = everything.drop_duplicates(["f", "noise"]).assign(estimate=lambda t: t["truth"], flagged=False)
    finite = truth["truth"][np.isfinite(truth["truth"])]
    norm = Normalize(0, float(finite.max()) if len(finite) else 1.0, clip=True)
    panels = {"truth": truth, **given}
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    notes = ["Means over seeds." + (" Grey italics: flagged for one seed or more." if _any(given) else "")]
    height = (0.2 * len(functions) + 0.45) * rows + 1.0
    figure, grid = marks.frame(rows, columns, ({1: 3.6, 2: 5.8}.get(columns, 8.2), height), title, notes=notes)
    for place, (ax, (key, table)) in enumerate(zip(grid.ravel(), panels.items(), strict=False)):
        _draw_cells(ax, table, functions, noises, norm)
        style.heading(ax, key)
        ax.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(panels))
        if place + columns >= len(panels):
            ax.set_xlabel("standard deviation of the noise", fontsize=8)
    for ax in grid.ravel()[len(panels) :]:
        ax.set_axis_off()
    return figure


def _any(given: Mapping[str, pd.DataFrame]) -> bool:
    return any(table["flagged"].any() for table in given.values())


def _draw_cells(ax: Axes, table: pd.DataFrame, functions: Sequence[str], noises: Sequence[str], norm) -> None:
    cells = table.set_index(["f", "noise"])
    values = cells["estimate"].unstack().reindex(index=list(functions), columns=list(noises)).to_numpy(dtype=float)
    edges = np.arange(len(noises) + 1) - 0.5, np.arange(len(functions) + 1) - 0.5
    shown = np.where(np.isnan(values), 0.0, np.clip(values, 0, norm.vmax))
    ax.pcolormesh(*edges, shown, cmap=CELLS, norm=norm, edgecolors="white", linewidth=1)
    for (f, noise), row in cells.iterrows():  # type: ignore[misc]
        look: dict[str, Any] = {"color": MUTED, "style": "italic"} if row["flagged"] else {"color": INK}
        place = noises.index(noise), functions.index(f)
        ax.text(*place, _number(row["estimate"]), ha="center", va="center", fontsize=7.5, **look)
    ax.set_xticks(range(len(noises)), labels=list(noises))
    ax.set_yticks(range(len(functions)), labels=[name.replace("^3", "³") for name in functions])
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=8)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–" if math.isnan(value) else "∞" if value > 0 else "−∞"
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def correlated_gaussians(
    tables: Mapping[str, pd.DataFrame], *, d: int = 20, title: str = "Correlated Gaussians"
) -> Figure:
    """The information of `d` pairs of correlated Gaussians over their correlation, and each estimator's mean.

    Estimators of another quantity, whose truth is not that information, are left out, which a note says.

    Args:
        tables: as for `truth_and_estimate`; those without tasks `gaussian d=<d> rho=<rho>` are left out.
        d: pairs, that is dimensions of X and of T.
        title: the figure's title; the number of dimensions is added.
    """
    title = f"{title}, {d} dimension{'s' if d > 1 else ''}"
    given = {key: _means(table, rf"gaussian d={d} rho=(?P<rho>-?[\d.]+)") for key, table in tables.items()}
    given = {key: table.assign(rho=table["rho"].astype(float)) for key, table in given.items()}
    other = [key for key, table in given.items() if not np.allclose(table["truth"], _pairs(table["rho"], d), 1e-3)]
    given = {key: table for key, table in given.items() if len(table) and key not in other}
    if not given:
        return style.in_words("No correlated Gaussian to draw.", title)
    truth: marks.Entry = ("truth", (Line2D([], [], color="black", linewidth=1.4),))
    hollow: marks.Entry = (
        "hollow: flagged for\none seed or more",
        (marks.point(MUTED, "o", markerfacecolor="white"),),
    )
    styles = style.layer_styles(list(given))  # of those that are drawn, so that colours do for more of them
    rho = np.linspace(-0.99, 0.99, 397)
    exact = _pairs(rho, d)
    drawn = pd.concat(list(given.values()))["estimate"].clip(-0.1 * exact.max(), 1.25 * exact.max())
    low, high = min(0.0, drawn.min()) - 0.03 * exact.max(), max(exact.max(), drawn.max()) + 0.03 * exact.max()
    beyond = {key: int((~table["estimate"].between(low, high)).sum()) for key, table in given.items()}
    left = ", ".join(f"{key} ({count} of {len(given[key])})" for key, count in beyond.items() if count)
    figure, grid = marks.frame(
        1,
        1,
        (6.2, 4.4),
        title,
        entries=[truth, *[(key, (marks.point(*styles[key]),)) for key in given], *([hollow] if _any(given) else [])],
        notes=[
            "Means over seeds.",
            fill(f"Beyond the axis or not finite: {left}.", 100) if left else "",
            fill(f"Not drawn, since it is another quantity: {', '.join(other)}.", 100) if other else "",
        ],
    )
    ax = grid[0, 0]
    style.plain(ax)
    ax.plot(rho, exact, color="black", linewidth=1.4, zorder=2.5)
    for key, table in given.items():
        colour, marker = styles[key]
        face = np.where(table["flagged"], "white", colour)
        look = {"c": face, "edgecolors": colour, "linewidths": 1, "zorder": 3}
        ax.scatter(table["rho"], table["estimate"], s=24, marker=marker, **look)
    ax.set(xlim=(-1.03, 1.03), ylim=(low, high), xlabel="correlation ρ of each pair", ylabel="I(X;T) [nats]")
    return figure


def _pairs(rho, d: int):
    """I(X;T) of d pairs of Gaussians, each of correlation rho, in nats."""
    return -d / 2 * np.log1p(-(np.asarray(rho) ** 2))


CONVERGENCE_LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "truth": ("truth", {"color": "black", "linewidth": 1.4, "zorder": 4}),
    "upper": ("mixture,\nupper bound", {"color": LAYER_COLOURS[0], "linewidth": 1.2, "marker": "v"}),
    "lower": ("mixture,\nlower bound", {"color": LAYER_COLOURS[0], "linewidth": 1.2, "marker": "^"}),
    "gaussian_bound": (
        "Gaussian,\nupper bound",
        {"color": LAYER_COLOURS[1], "linewidth": 1.2, "linestyle": (0, (4, 1.5))},
    ),
    "ln n": ("ln n", {"color": MUTED, "linewidth": 1.4, "linestyle": ":", "zorder": 3}),
}
"""For each column that `convergence` draws: its name and how its line looks."""


def convergence(table: pd.DataFrame, *, title: str = "Dropout noise: bounds over the number of samples") -> Figure:
    """Bounds of I(X;Z) over the number of samples, and the error of h(Z|X) below; a column for each dimension.

    Args:
        table: columns `d, n, truth, lower, upper, gaussian_bound, h_z_given_x, h_z_given_x_truth`, a row for each d
            and n, in nats.
        title: the figure's title.
    """
    if len(table) == 0:
        return style.in_words("No number of samples to draw.", title)
    data = table.apply(pd.to_numeric, errors="coerce").sort_values(["d", "n"])
    data["ln n"] = np.log(data["n"])
    data["error"] = (data["h_z_given_x"] - data["h_z_given_x_truth"]).abs().where(lambda error: error > 0)
    dims = data["d"].unique()
    entries: list[marks.Entry] = [
        (name, (Line2D([], [], markersize=4, **look),)) for name, look in CONVERGENCE_LINES.values()
    ]
    figure, grid = marks.frame(2, len(dims), (max(4.5, 2.4 * len(dims)), 4.9), title, entries=entries, sharex=True)
    for (top, bottom), d in zip(grid.T, dims, strict=True):
        rows = data[data["d"] == d]
        _draw_bounds(top, rows)
        style.heading(top, f"d = {d:g}")
        style.plain(bottom)
        bottom.plot(rows["n"], rows["error"], color=LAYER_COLOURS[2], linewidth=1.2, marker="o", markersize=4)
        bottom.set(xscale="log", yscale="log", xlabel="samples n")
        if rows["error"].notna().any():
            bottom.set_ylim(0.6 * data["error"].min(), 1.6 * data["error"].max())
        bottom.tick_params(labelleft=d == dims[0])
        narrow = data["error"].max() < 30 * data["error"].min()
        bottom.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=8))
        bottom.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        bottom.xaxis.set_major_locator(LogLocator(numticks=6))
        bottom.xaxis.set_minor_locator(NullLocator())
        bottom.yaxis.set_minor_locator(NullLocator())
    grid[0, 0].set_ylabel("I(X;Z) [nats]")
    grid[1, 0].set_ylabel("|h(Z|X) − truth| [nats]")
    return figure


def _draw_bounds(ax: Axes, rows: pd.DataFrame) -> None:
    """The information at one d. What lies far above the truth is left outside of the panel."""
    style.plain(ax)
    truth = float(rows["truth"].max())
    others = rows[["gaussian_bound", "ln n", "upper"]].to_numpy(dtype=float)
    top = 1.1 * max(truth, min(float(others[np.isfinite(others)].max(initial=0.0)), 1.7 * truth))
    ax.set_ylim(min(0.0, float(rows["lower"].min())), top)
    lower, upper = (rows[end].clip(upper=10 * top) for end in ("lower", "upper"))
    ax.fill_between(rows["n"], lower, upper, color=LAYER_COLOURS[0], alpha=0.15, linewidth=0)
    for name, (_, look) in CONVERGENCE_LINES.items():
        ax.plot(rows["n"], rows[name], markersize=4, **look)
