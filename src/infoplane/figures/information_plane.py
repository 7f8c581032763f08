"""Information planes: I(T;Y) against I(X;T), a line per layer, coloured by epoch."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infoplane.figures import marks, style
from infoplane.figures.curves import draw_over_epochs, mi_over_epochs
from infoplane.figures.trajectories import Look, barred_epochs, draw_plane, plane_entries
from infoplane.planes import reading, wording
from infoplane.planes.appearance import MUTED
from infoplane.planes.reading import Join, Units
from infoplane.planes.rules import beyond, comparable
from infoplane.planes.tables import AXES


def plane(
    table: pd.DataFrame,
    *,
    units: Units = "nats",
    title: str | None = None,
    xt_label: str | None = None,
    ty_label: str | None = None,
    join: Join = "layers",
) -> Figure:
    """The information plane of one estimator; a panel per split, on the same axes.

    Args:
        table: the columns of plots/mi/<key>.csv, in nats.
        units: what to draw in.
        title: default: the estimator's key.
        xt_label: what this estimator measures for I(X;T), such as "H(bin T) [nats]".
        ty_label: what it measures for I(T;Y).
        join: what lines join: the epochs of one layer, or the layers of one epoch.

    Returns:
        A plane; or, where the estimator gives one of the two alone, that one against the epoch, which the
        figure says; or, where there is nothing finite, a figure that says so.
    """
    data = reading.drawable(table, units)
    given = reading.given(data)
    if len(given) < 2:
        return mi_over_epochs(table, units=units, title=title, xt_label=xt_label, ty_label=ty_label)
    title = wording.default_title(data, title)
    points = data.dropna(subset=given)
    if len(points) == 0:
        return style.in_words(wording.NO_PAIR, title)
    splits = reading.in_order(points["split"])
    styles = style.layer_styles(reading.in_order(data["layer"]))
    look = Look(styles, style.epoch_norm(points["epoch"].unique()), join)
    figure, grid = marks.frame(
        1,
        len(splits),
        (5.9, 4.6) if len(splits) == 1 else (7.4, 4.2),
        title,
        subtitle=wording.READ_PLANE if join == "layers" else "",
        entries=plane_entries(points, look),
        epochs=np.sort(points["epoch"].unique()),
        notes=[
            wording.what_x_is([xt_label]),
            wording.label_told(reading.averaged(points, "repetition"), xt_label),
            wording.bars_of(barred_epochs(points)),
            wording.gaps(data, given),
            wording.spread(points),
            *wording.on_trust(reading.averaged(points, "repetition"), given),
        ],
        sharex=True,
        sharey=True,
    )
    names = wording.labels(xt_label, ty_label, units)
    for ax, split in zip(grid[0], splits, strict=True):
        draw_plane(ax, data, split, look, diagonal=comparable(xt_label, ty_label))
        ax.set_xlabel(wording.in_lines(names["mi_xt"], room=3.2 if len(splits) > 1 else 5))
        style.heading(ax, f"{split} split" if len(splits) > 1 else "", pad=15)
    grid[0, 0].set_ylabel(wording.in_lines(names["mi_ty"], room=3.5))
    return figure


def overview(
    tables_by_key: Mapping[str, pd.DataFrame],
    *,
    split: str | None = None,
    units: Units = "nats",
    title: str = "Information planes",
    xt_labels: Mapping[str, str] | None = None,
    ty_labels: Mapping[str, str] | None = None,
    join: Join = "layers",
) -> Figure:
    """Every estimator's plane in a grid with one legend and one scale of epochs, for one split.

    Args:
        tables_by_key: for each key its table, in the order in which to draw.
        split: which split; default: the first in the tables. The title names it.
        units: what to draw in.
        title: the figure's title.
        xt_labels: for each key what it measures for I(X;T); a key that lacks gets the plain name.
        ty_labels: the same for I(T;Y).
        join: what lines join: the epochs of one layer, or the layers of one epoch.
    """
    data = {key: reading.drawable(table, units) for key, table in tables_by_key.items()}
    if not any(len(table) for table in data.values()):
        return style.in_words("No estimate to draw.", title)
    everything = pd.concat(data.values(), ignore_index=True)
    split = split or str(everything["split"].iloc[0])
    styles = style.layer_styles(reading.in_order(everything["layer"]))
    splits = reading.in_order(everything["split"])
    everything = everything[everything["split"] == split]
    points = everything[everything[list(AXES)].notna().any(axis=1)]
    if len(points) == 0:
        return style.in_words(f"No estimate to draw for the {split} split.", title)
    look = Look(styles, style.epoch_norm(points["epoch"].unique()), join, size=0.75)
    means = {key: reading.averaged(table[table["split"] == split], "repetition") for key, table in data.items()}
    columns = len(data) if len(data) < 4 else 2 if len(data) == 4 else 3
    rows = math.ceil(len(data) / columns)
    figure, grid = marks.frame(
        rows,
        columns,
        (5.9 if columns == 1 else 7.6, {1: 4.6, 2: 3.7, 3: 2.75}[columns] * rows + 0.5),
        f"{title} ({split} split)",
        subtitle=wording.READ_PLANE if join == "layers" else "",
        entries=plane_entries(points, look),
        epochs=np.sort(points["epoch"].unique()),
        notes=[
            wording.DOTTED,
            wording.what_x_is((xt_labels or {}).values()),
            wording.other_splits(splits, split),
            *(_label_told(key, table, (xt_labels or {}).get(key)) for key, table in means.items()),
            wording.bars_of(barred_epochs(points)),
            wording.trust_of_each(means),
            wording.edges({key: beyond(table, reading.given(table)) for key, table in means.items()}),
            *_spreads(points, data),
            wording.meanings(points),
        ],
    )
    for ax, (key, table) in zip(grid.ravel(), data.items(), strict=False):
        names = wording.labels((xt_labels or {}).get(key), (ty_labels or {}).get(key), units)
        _draw_cell(ax, table[table["split"] == split], split, look, names)
        style.heading(ax, key, pad=15)
    for ax in grid.ravel()[len(data) :]:
        ax.set_axis_off()
    return figure


def _draw_cell(ax: Axes, data: pd.DataFrame, split: str, look: Look, names: dict[str, str]) -> None:
    """One estimator of the overview: its plane, or what it gives in place of one."""
    given = reading.given(data)
    if len(given) == 2 and data[given].notna().all(axis=1).any():
        draw_plane(ax, data, split, look, diagonal=comparable(names["mi_xt"], names["mi_ty"]))
        ax.set_xlabel(wording.in_lines(names["mi_xt"]))
        ax.set_ylabel(wording.in_lines(names["mi_ty"]))
    elif len(given) == 1:
        draw_over_epochs(ax, data, given[0], split)
        style.epoch_axis(ax, data["epoch"].unique(), most=4)
        ax.set_ylabel(wording.in_lines(names[given[0]]))
        lacking = "I(X;T)" if given == ["mi_ty"] else "I(T;Y)"
        ax.set_title(f"gives no {lacking}", loc="right", pad=15, fontsize=7.5, color=MUTED)
    else:
        ax.text(0.5, 0.5, wording.nothing(data).replace(": ", ":\n"), ha="center", va="center", color=MUTED)
        ax.set_axis_off()


def _label_told(key: str, data: pd.DataFrame, xt_label: str | None) -> str:
    """A note on an estimator whose plane is a line at H(Y)."""
    note = wording.label_told(data.dropna(subset=AXES), xt_label)
    return f"{key}: {note}" if note else ""


def _spreads(points: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> list[str]:
    """Notes on repetitions, which all estimators share, and on parts, which each may have its own number of."""
    if points["repetition"].nunique() > 1:
        return [wording.spread(points.assign(parts=1))]
    drawn = {key: table for key, table in data.items() if len(table) and reading.given(table)}
    if len({int(table["parts"].max()) for table in drawn.values()}) == 1:
        return [wording.spread(points)]
    return [wording.spread(table, key) for key, table in drawn.items()]
