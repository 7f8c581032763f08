"""How a trained estimator's critics learned: their value on training and on held-out samples over steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from infoplane.figures import marks, style
from infoplane.planes import reading
from infoplane.planes.appearance import MUTED
from infoplane.planes.reading import Units


def training_curves(
    diagnostics: pd.DataFrame,
    *,
    split: str | None = None,
    most_epochs: int = 5,
    units: Units = "nats",
    title: str = "Training of the critics",
) -> Figure:
    """Training and held-out value of a trained estimator over its steps: a panel per layer, a line per epoch.

    The gap between the two is shaded: the wider, the more the critic has learned by heart.

    Args:
        diagnostics: columns `split,epoch,layer,diagnostic,step,value` and perhaps `repetition` and `part`, of which the
            first alone is drawn, as a note says; curves are the diagnostics `train_xt`,
            `heldout_xt`, `train_ty` and `heldout_ty`, in nats. Other diagnostics are passed over.
        split: which split's critics; default: the first in the table. The title names it.
        most_epochs: how many epochs to draw at most, since more hide each other; a note says how many there are.
        units: what to draw in.
        title: the figure's title.
    """
    data = _curves(diagnostics, units)
    if len(data) == 0:
        return style.in_words("This estimator has no training curves.", title)
    split = split or str(data["split"].iloc[0])
    data = data[data["split"] == split]
    if len(data) == 0:
        return style.in_words(f"No training curves of the {split} split.", title)
    data, left_out = _first(data)
    epochs = np.sort(data["epoch"].unique())
    chosen = reading.spread_epochs(epochs, most_epochs)
    data = data[data["epoch"].isin(chosen)]
    layers = reading.in_order(diagnostics.loc[diagnostics["layer"].isin(data["layer"]), "layer"])
    kinds = [kind for kind in ("xt", "ty") if (data["kind"] == kind).any()]
    figure, grid = marks.frame(
        len(layers),
        len(kinds),
        (7.0, 1.35 * len(layers) + 1.0),
        f"{title} ({split} split)",
        entries=_entries(data, chosen, style.epoch_norm(epochs)),
        notes=[
            f"{len(chosen)} of {len(epochs)} epochs are drawn." if len(chosen) < len(epochs) else "",
            "A dot: a critic that needed no training." if _has_dots(data) else "",
            left_out,
        ],
        sharex=True,
    )
    for row, layer in zip(grid, layers, strict=True):
        for ax, kind in zip(row, kinds, strict=True):
            _draw_panel(ax, data[(data["layer"] == layer) & (data["kind"] == kind)], style.epoch_norm(epochs))
        row[0].set_ylabel(f"{layer}\n[{units}]")
    for ax, kind in zip(grid[0], kinds, strict=True):
        style.heading(ax, {"xt": "I(X;T)", "ty": "I(T;Y)"}[kind])
    for ax in grid[-1]:
        ax.set_xlabel("step of the critic's training")
    return figure


def _curves(diagnostics: pd.DataFrame, units: Units) -> pd.DataFrame:
    """The rows that are curves, with `source` (train, heldout) and `kind` (xt, ty), values in `units`."""
    parts = diagnostics["diagnostic"].astype(str).str.extract(r"^(?P<source>train|heldout)_(?P<kind>xt|ty)$")
    data = pd.concat([diagnostics, parts], axis=1).dropna(subset=["kind"])
    for name in ("step", "value", "epoch"):
        data[name] = pd.to_numeric(data[name], errors="coerce")
    data = data.dropna(subset=["step", "value"]).sort_values(["epoch", "step"], kind="stable")
    return data.assign(value=data["value"] / np.log(2)) if units == "bits" else data


def _first(data: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the first repetition and part, and a note on the others; a mean would hide how single ones learn."""
    notes = []
    for name, plural in (("repetition", "repetitions"), ("part", "parts of the samples")):
        values = reading.counted(data, name)
        if values.nunique() > 1:
            notes.append(f"{name} {values.min()} of {values.nunique()} {plural}")
            data = data[values == values.min()]
    return data, f"Drawn: {', '.join(notes)}, counted from 0." if notes else ""


def _has_dots(data: pd.DataFrame) -> bool:
    return bool((data.groupby(["layer", "kind", "source", "epoch"], sort=False).size() == 1).any())


def _entries(data: pd.DataFrame, epochs: Sequence[int], norm: Normalize) -> list[marks.Entry]:
    names = {"heldout": "held-out samples", "train": "training samples"}
    entries: list[marks.Entry] = []
    for source in names:
        if (data["source"] == source).any():
            entries.append((names[source], (Line2D([], [], color=MUTED, **LINES[source]),)))
    for epoch in epochs:
        colour = style.epoch_colours()(norm(float(epoch)))
        entries.append((f"epoch {epoch}", (Line2D([], [], color=colour, linewidth=3),)))
    return entries


LINES = {"heldout": {"linewidth": 1.3}, "train": {"linewidth": 0.9, "linestyle": (0, (1.5, 1.2))}}
"""Line of each source; the held-out value is the estimate, so it is the stronger."""
DOTS = {"heldout": {"marker": "o", "markersize": 4}, "train": {"marker": "o", "markersize": 4, "fillstyle": "none"}}
"""In place of a line through a single point."""


def _draw_panel(ax: Axes, data: pd.DataFrame, norm: Normalize) -> None:
    style.plain(ax)
    if len(data) == 0:
        ax.text(0.5, 0.5, "not given", transform=ax.transAxes, ha="center", va="center", color=MUTED)
        return
    for _, rows in data.groupby("epoch", sort=False):
        colour = style.epoch_colours()(norm(rows["epoch"].iloc[0]))
        both = rows.pivot_table(index="step", columns="source", values="value")
        for source in both.columns:
            curve = both[source].dropna()
            dot = DOTS[source] if len(curve) == 1 else {}
            ax.plot(curve.index, curve, color=colour, **LINES[source], **dot)
        if len(both.columns) == 2:
            both = both.dropna()
            ax.fill_between(both.index, both["heldout"], both["train"], color=colour, alpha=0.18, linewidth=0)
    lowest, highest = float(data["value"].min()), float(data["value"].max())
    low, high = np.percentile(data["value"], [1, 99])
    if highest - lowest > 3 * (high - low):
        # A critic may start or break far below 0; that must not flatten all the others.
        room = 0.2 * ((high - low) or 1.0)
        ax.set_ylim(max(lowest, low - room), min(highest + room / 4, high + room))
        text = f"values from {lowest:.1f} to {highest:.1f}".replace("-", "−")
        ax.text(1, 1.02, text, transform=ax.transAxes, fontsize=7, color=MUTED, ha="right", va="bottom")
