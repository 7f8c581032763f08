"""plots/planes.html: every estimator's plane in one page, to click through without a network.

The page holds Vega (of vl-convert-python), the tables and the panels' specifications as JSON, and explorer.js, which
binds the controls to the signals of the views. Values stay in nats in the page; the signal `factor` turns them into
what is drawn. Why not Altair: docs/log.md.
"""

import html
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from infoplane.flags import AXIS_FLAGS
from infoplane.information import VALUES
from infoplane.page import readout_section, vega
from infoplane.page.html_files import beside, filled, inlined
from infoplane.page.panel import specification
from infoplane.planes import wording
from infoplane.planes.appearance import (
    MARKS,
    MUTED,
    SPLIT_DASHES,
    epoch_colour,
    epoch_range,
    epoch_ticks,
    log_spaced,
)
from infoplane.planes.fills import FULL
from infoplane.planes.reading import Join, Units, averaged, drawable, given, in_order
from infoplane.planes.rules import ceilings, comparable

MEAN = -1
"""In place of the number of a repetition."""


def page(
    tables_by_key: Mapping[str, pd.DataFrame],
    *,
    title: str,
    xt_labels: Mapping[str, str],
    ty_labels: Mapping[str, str],
    units: Units = "nats",
    join: Join = "layers",
    readout: pd.DataFrame | None = None,
) -> str:
    """The page as HTML; the same tables give the same bytes.

    Args:
        tables_by_key: for each estimator's key its table, with the columns of `planes.COLUMNS`, in nats, in the
            order in which to draw.
        title: above the planes.
        xt_labels: for each key what it measures for I(X;T), such as "H(bin T)", with or without units in brackets;
            a key that lacks or is empty gets the plain name.
        ty_labels: the same for I(T;Y).
        units: those shown at first; the page can switch.
        join: what lines join at first; the page can switch.
        readout: the table of what classifiers read from a layer, if there is one; it goes below the planes.

    Raises:
        ValueError: other units, or a table that lacks a column.
    """
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    content = _content(tables_by_key, xt_labels, ty_labels) | {"title": title, "units": units, "join": join}
    parts = {
        "title": html.escape(title),
        "data": inlined(content),
        "readout": "" if readout is None else readout_section.section(readout),
        "vega": vega.script(),
        "script": "".join(map(beside, ("explorer_selection.js", "explorer_values.js", "explorer.js"))),
    }
    return filled("explorer.html", parts)


def _content(
    tables_by_key: Mapping[str, pd.DataFrame], xt_labels: Mapping[str, str], ty_labels: Mapping[str, str]
) -> dict[str, Any]:
    """What the page draws: the controls' entries in order, and a panel per estimator."""
    data = {key: drawable(table) for key, table in tables_by_key.items()}
    filled = [table for table in data.values() if len(table)]
    everything = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=["layer", "split", "epoch"])
    epochs = np.sort(everything["epoch"].unique()).astype(int)
    layers, splits = in_order(everything["layer"]), in_order(everything["split"])
    return {
        "epochs": epochs.tolist(),
        "colours": [epoch_colour(float(epoch), epochs) for epoch in epochs],
        "muted": MUTED,
        "layers": [{"name": name, "shape": MARKS[i % len(MARKS)].outline} for i, name in enumerate(layers)],
        "splits": [{"name": name, "dash": SPLIT_DASHES[i % len(SPLIT_DASHES)]} for i, name in enumerate(splits)],
        "repetitions": int(everything["repetition"].nunique()) if filled else 0,
        "panels": [_panel(key, table, (xt_labels.get(key), ty_labels.get(key))) for key, table in data.items()],
    }


def _panel(key: str, data: pd.DataFrame, labels: tuple[str | None, str | None]) -> dict[str, Any]:
    """One estimator: what its axes hold, its points, and its notes; notes alone where there is nothing to draw."""
    columns = given(data)
    points = data.dropna(subset=columns) if columns else data.head(0)
    if len(points) == 0:
        return {"key": key, "notes": [wording.NO_PAIR if columns else wording.nothing(data)]}
    epochs = points["epoch"].unique()
    log = log_spaced(epochs)
    axes: dict[str, str] = dict(zip(("x", "y"), columns if len(columns) == 2 else ("epoch", columns[0]), strict=True))
    limits = {axis: ceilings(points, column) for axis, column in axes.items() if column != "epoch"}
    plane = len(columns) == 2
    empty = [text for fill, text in wording.fill_meanings(points, columns, plane=plane).items() if fill != FULL]
    diagonal = plane and comparable(*labels)
    notes = [
        wording.missing(columns),
        wording.what_x_is(labels[:1]),
        wording.gaps(data, columns),
        " ".join(f"{text[0].upper()}{text[1:]}." for text in empty),
        *wording.on_trust(averaged(points, "repetition"), columns),
        wording.spread(points, shown="bars"),
        "Dashed, where in view: I(T;Y) = I(X;T), the data-processing bound." if diagonal else "",
    ]
    epoch_axis = {"log": log, "ticks": epoch_ticks(epochs, log), "range": epoch_range(epochs, log)}
    return {
        "key": key,
        "notes": [note for note in notes if note],
        "axes": axes,
        "titles": {
            units: {axis: _title(column, wording.labels(*labels, units), log) for axis, column in axes.items()}
            for units in ("nats", "bits")
        },
        "ceilings": [{"axis": axis} | each._asdict() for axis, found in limits.items() for each in found],
        "diagonal": diagonal,
        "columns": _columns(_with_means(points)),
        "epoch_axis": epoch_axis,
        "specification": specification(key, axes, limits, epoch_axis, int(epochs.min()), diagonal),
    }


def _title(column: str, labels: Mapping[str, str], log: bool) -> list[str]:
    """An axis title, line by line."""
    if column == "epoch":
        return ["epoch (log scale)" if log else "epoch"]
    return wording.in_lines(labels[column], room=3.6).split("\n")


def _with_means(points: pd.DataFrame) -> pd.DataFrame:
    """The points of each repetition and, where there are several, those of their mean, as repetition `MEAN`."""
    if points["repetition"].nunique() < 2:
        return points
    return pd.concat([points, averaged(points, "repetition").assign(repetition=MEAN)], ignore_index=True)


def _columns(points: pd.DataFrame) -> dict[str, Any]:
    """Columns as lists, which is a third of the size of records; empty cells are None, empty columns left out.

    A column of text in which all cells are equal is that text.
    """
    columns: dict[str, Any] = {"epoch": points["epoch"].tolist()}
    for name in ("split", "layer", *AXIS_FLAGS):
        cells = points[name].tolist()
        columns[name] = cells[0] if len(set(cells)) == 1 else cells
    if points["repetition"].nunique() > 1:
        columns["repetition"] = [None if number == MEAN else number for number in points["repetition"].tolist()]
    for name in VALUES:
        if points[name].notna().any():
            columns[name] = [None if math.isnan(value) else value for value in points[name]]
    return columns
