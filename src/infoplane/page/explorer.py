"""plots/planes.html: every estimator's plane in one page, to click through without a network.

The page holds Vega (of vl-convert-python), the tables as JSON, and explorer.js, which binds the controls to the
signals of the views. Values stay in nats in the page; the signal `factor` turns them into what is drawn.
"""

import html
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from infoplane.figures import marks, style, tables
from infoplane.figures.diagonal import comparable
from infoplane.figures.tables import Join, Units
from infoplane.information import VALUES
from infoplane.page import vega

SHAPES = (
    "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1Z",  # circle
    "M-0.9,-0.9H0.9V0.9H-0.9Z",  # square
    "M0,-1.1L1.1,0.9H-1.1Z",  # triangle, up
    "M0,-1.25L1.05,0L0,1.25L-1.05,0Z",  # diamond
    "M0,1.1L1.1,-0.9H-1.1Z",  # triangle, down
    "M0,-1.1L1.05,-0.34L0.65,0.89H-0.65L-1.05,-0.34Z",  # pentagon
    "M-0.4,-1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z",  # cross
    "M-1.1,0L0.9,-1.1V1.1Z",  # triangle, left
    "M1.1,0L-0.9,-1.1V1.1Z",  # triangle, right
    "M-0.6,-1H0.6L1.15,0L0.6,1H-0.6L-1.15,0Z",  # hexagon
)
"""Of layers by their place in the network, as SVG paths from about -1 to 1: the same in planes and in the legend."""

MEAN = -1
"""In place of the number of a repetition."""

DASHES = ([], [5, 3], [1.5, 2.5], [7, 2, 1.5, 2])
"""Of the lines of splits, in pixels."""


def page(
    tables_by_key: Mapping[str, pd.DataFrame],
    *,
    title: str,
    xt_labels: Mapping[str, str],
    ty_labels: Mapping[str, str],
    units: Units = "nats",
    join: Join = "layers",
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

    Raises:
        ValueError: other units, or a table that lacks a column.
    """
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    content = _content(tables_by_key, xt_labels, ty_labels) | {"title": title, "units": units, "join": join}
    parts = {
        "title": html.escape(title),
        # "<" occurs in strings alone; escaped, neither "</script>" nor "<!--" can end or prolong the element.
        "data": json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        "vega": vega.script(),
        "script": _beside("explorer_spec.js") + _beside("explorer.js"),
    }
    # In one pass, so that a placeholder within the data stays what it is.
    return re.sub("@@(title|data|vega|script)@@", lambda found: parts[found[1]], _beside("explorer.html"))


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _content(
    tables_by_key: Mapping[str, pd.DataFrame], xt_labels: Mapping[str, str], ty_labels: Mapping[str, str]
) -> dict[str, Any]:
    """What the page draws: the controls' entries in order, and a panel per estimator."""
    data = {key: tables.drawable(table) for key, table in tables_by_key.items()}
    filled = [table for table in data.values() if len(table)]
    everything = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=["layer", "split", "epoch"])
    epochs = np.sort(everything["epoch"].unique()).astype(int)
    norm, colours = style.epoch_norm(epochs), style.epoch_colours()
    layers, splits = tables.in_order(everything["layer"]), tables.in_order(everything["split"])
    return {
        "epochs": epochs.tolist(),
        "colours": [to_hex(colours(norm(float(epoch)))) for epoch in epochs],
        "layers": [{"name": name, "shape": SHAPES[i % len(SHAPES)]} for i, name in enumerate(layers)],
        "splits": [{"name": name, "dash": DASHES[i % len(DASHES)]} for i, name in enumerate(splits)],
        "repetitions": int(everything["repetition"].nunique()) if filled else 0,
        "panels": [_panel(key, table, (xt_labels.get(key), ty_labels.get(key))) for key, table in data.items()],
    }


def _panel(key: str, data: pd.DataFrame, labels: tuple[str | None, str | None]) -> dict[str, Any]:
    """One estimator: what its axes hold, its points, and its notes; notes alone where there is nothing to draw."""
    given = tables.given(data)
    points = data.dropna(subset=given) if given else data.head(0)
    if len(points) == 0:
        note = "No layer and epoch has both I(X;T) and I(T;Y)." if given else marks.nothing(data)
        return {"key": key, "notes": [note]}
    epochs = points["epoch"].unique()
    log = style.log_spaced(epochs)
    axes = dict(zip(("x", "y"), given if len(given) == 2 else ("epoch", given[0]), strict=True))
    flags = tables.words(points["flag"])
    diagonal = len(given) == 2 and comparable(*labels)
    notes = [
        tables.missing(given),
        marks.gaps(data, given),
        f"Hollow: {', '.join(flags)}." if flags else "",
        marks.spread(points, shown="bars"),
        "Dashed, where in view: I(T;Y) = I(X;T), the data-processing bound." if diagonal else "",
    ]
    return {
        "key": key,
        "notes": [note for note in notes if note],
        "axes": axes,
        "titles": {
            units: {axis: _title(column, tables.labels(*labels, units), log) for axis, column in axes.items()}
            for units in ("nats", "bits")
        },
        "ceilings": [
            {"axis": axis} | ceiling._asdict()
            for axis, column in axes.items()
            if column != "epoch"
            for ceiling in tables.ceilings(points, column)
        ],
        "diagonal": diagonal,
        "columns": _columns(_with_means(points)),
        "epoch_axis": {"log": log, "ticks": style.epoch_ticks(epochs, log), "domain": _epoch_domain(epochs, log)},
    }


def _epoch_domain(epochs: np.ndarray, log: bool) -> tuple[float, float]:
    """The range of an axis of epochs, spaced by log(1 + epoch) if `log`, with some room at both ends."""
    low, high = float(epochs.min()), float(epochs.max())
    if not log:
        room = 0.04 * (high - low) or 0.5
        return low - room, high + room
    low, high = math.log1p(low), math.log1p(high)
    room = 0.04 * (high - low)
    # Vega's symlog mirrors log(1 + epoch) below 0.
    return math.copysign(math.expm1(abs(low - room)), low - room), math.expm1(high + room)


def _title(column: str, labels: Mapping[str, str], log: bool) -> list[str]:
    """An axis title, line by line."""
    if column == "epoch":
        return ["epoch (log scale)" if log else "epoch"]
    return style.in_lines(labels[column], room=3.6).split("\n")


def _with_means(points: pd.DataFrame) -> pd.DataFrame:
    """The points of each repetition and, where there are several, those of their mean, as repetition `MEAN`."""
    if points["repetition"].nunique() < 2:
        return points
    return pd.concat([points, tables.averaged(points, "repetition").assign(repetition=MEAN)], ignore_index=True)


def _columns(points: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns as lists, which is a third of the size of records; empty cells are None, empty columns left out."""
    columns: dict[str, list[Any]] = {name: points[name].tolist() for name in ("split", "epoch", "layer", "flag")}
    if points["repetition"].nunique() > 1:
        columns["repetition"] = [None if number == MEAN else number for number in points["repetition"].tolist()]
    for name in VALUES:
        if points[name].notna().any():
            columns[name] = [None if math.isnan(value) else value for value in points[name]]
    return columns
