"""Measures of layers beside their information over epochs, and how alike the layers are."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infoplane.figures import marks, style
from infoplane.figures.drawn_for import medium
from infoplane.planes import reading
from infoplane.planes.appearance import INK, MUTED
from infoplane.planes.given_label import COLUMN
from infoplane.planes.reading import Units

TITLE = "measures: layers beside their information"
READ = (
    "Dimensions that a layer uses, groups that it shows, what a linear reader finds of the label, and how alike layers"
    " are."
)
WITH_THE_LAST = "CKA with the last epoch"
COLUMNS = 4
"""Panels side by side, at most."""
PANEL = (2.65, 2.1)
"""Width and height of a panel in inches."""
MOST_NUMBERS = 6
"""Layers of which a map of similarity has its values written in."""
MOST_NAMES = 16
"""Layers of which it has all names beside it."""
Panels = dict[str, pd.DataFrame]
"""By heading the columns `epoch, layer, value`, a row for each repetition."""


def measures(
    table: pd.DataFrame,
    cka: pd.DataFrame,
    planes: Mapping[str, pd.DataFrame] | None = None,
    *,
    titles: Mapping[str, str] | None = None,
    split: str | None = None,
    units: Units = "nats",
    title: str = TITLE,
) -> Figure:
    """A panel for each measure, a line for each layer over the epochs; the last panel: CKA of layers at the last epoch.

    Args:
        table: the columns of plots/measures.csv. Of several repetitions the mean is drawn, in a band.
        cka: the columns of plots/cka.csv.
        planes: for each estimator's key its table, in nats: where it gives I(X;T|Y), that has a panel.
        titles: what the measures are called, in place of their names in the table; one that ends with [nats] has that
            unit.
        split: which split; default: the first in the table. The title names it.
        units: what to draw those in that have a unit.
        title: the figure's title.
    """
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    split = split or next((str(each["split"].iloc[0]) for each in (table, cka) if len(each)), "")
    table, cka = (_numbers(each[each["split"] == split]) for each in (table, cka))
    panels = _of_measures(table, titles or {}) | _given_label(planes or {}, split) | _with_the_last(cka)
    panels = {name: rows for name, rows in panels.items() if rows["value"].notna().any()}
    layers = reading.in_order(pd.concat([table["layer"], cka["layer"], cka["other_layer"]]))
    alike = _alike(cka, layers)
    if not panels and alike is None:
        return style.in_words("No measure of a layer to draw.", title)
    number = len(panels) + (alike is not None)
    columns = min(COLUMNS, number)
    rows = math.ceil(number / columns)
    styles = style.layer_styles(layers)
    repetitions = int(table["repetition"].nunique()) if len(table) else 1
    figure, grid = marks.frame(
        rows,
        columns,
        (max(5.6, PANEL[0] * columns), PANEL[1] * rows + 0.6),
        f"{title} ({split} split)",
        subtitle=READ,
        entries=marks.layer_entries(layers, styles, True),
        notes=[
            f"Means over {repetitions} repetitions; bands: smallest to largest." if repetitions > 1 else "",
            _samples(table, cka),
        ],
    )
    axes = list(grid.flat)
    for place, (ax, (name, values)) in enumerate(zip(axes, panels.items(), strict=False)):
        _draw(ax, values, name, styles, units, label=place + columns >= len(panels))
    if alike is not None:
        _draw_alike(axes[len(panels)], alike, layers, int(cka["epoch"].max()))
    for ax in axes[number:]:
        ax.set_axis_off()
    return figure


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    value = pd.to_numeric(table["value"], errors="coerce").astype(float)
    return table.assign(value=value, epoch=pd.to_numeric(table["epoch"]).astype(int))


def _of_measures(table: pd.DataFrame, titles: Mapping[str, str]) -> Panels:
    return {titles.get(str(name), str(name)): rows for name, rows in table.groupby("measure", sort=False)}


def _given_label(planes: Mapping[str, pd.DataFrame], split: str) -> Panels:
    """I(X;T|Y) of each estimator that gives it; of several parts of the samples each has its row."""
    found = {}
    for key, plane in planes.items():
        if COLUMN in plane and len(rows := plane[plane["split"] == split]):
            found[f"I(X;T|Y), {key} [nats]"] = _numbers(rows.rename(columns={COLUMN: "value"}))
    return found


def _with_the_last(cka: pd.DataFrame) -> Panels:
    """How alike each layer is to itself at the last epoch."""
    own = cka[cka["layer"] == cka["other_layer"]]
    if not len(own):
        return {}
    own = own[own["other_epoch"].astype(int) == own["other_epoch"].astype(int).max()]
    last = own.drop_duplicates(["layer", "repetition"])
    return {WITH_THE_LAST: pd.concat([own, last.assign(epoch=last["other_epoch"].astype(int), value=1.0)])}


def _alike(cka: pd.DataFrame, layers: list[str]) -> np.ndarray | None:
    """CKA of every two layers at the last epoch, a mean over repetitions, shape (layer, layer); None if not given."""
    here = cka[(cka["layer"] != cka["other_layer"]) & (cka["epoch"] == cka["epoch"].max())]
    if not here["value"].notna().any():
        return None
    found = np.full((len(layers), len(layers)), np.nan)
    np.fill_diagonal(found, 1.0)
    for (one, other), value in here.groupby(["layer", "other_layer"], sort=False)["value"].mean().items():
        i, j = layers.index(str(one)), layers.index(str(other))
        found[i, j] = found[j, i] = value
    return found


def _samples(table: pd.DataFrame, cka: pd.DataFrame) -> str:
    counts = sorted({int(n) for each in (table, cka) for n in each["n"].dropna().unique()})
    return f"Measures and CKA: of {' or '.join(map(str, counts))} samples, drawn at random." if counts else ""


def _draw(
    ax: Axes, values: pd.DataFrame, name: str, styles: dict[str, tuple[str, str]], units: Units, *, label: bool
) -> None:
    """The panel of one measure; `label`: no panel lies below it."""
    style.plain(ax)
    factor = 1 / math.log(2) if units == "bits" and name.endswith(" [nats]") else 1.0
    style.heading(ax, name.removesuffix(" [nats]") + f" [{units}]" * name.endswith(" [nats]"))
    for layer, rows in values.groupby("layer", sort=False):
        if str(layer) not in styles:
            continue
        colour, marker = styles[str(layer)]
        groups = (factor * rows["value"]).groupby(rows["epoch"])
        mean = groups.mean()
        if groups.size().max() > 1:
            ax.fill_between(mean.index, groups.min(), groups.max(), color=colour, alpha=0.18, linewidth=0)
        look = {
            "marker": marker,
            "markersize": 4 * medium().points ** 0.5,
            "linestyle": style.layer_dash(str(layer), styles),
        }
        ax.plot(mean.index, mean, color=colour, linewidth=1.2, **look)
    style.epoch_axis(ax, values["epoch"].unique(), label=label, most=5)
    _range(ax)
    marks.zero_line(ax, "y")


def _range(ax: Axes) -> None:
    """From 0 where that costs little; never so narrow that rounding errors look like a result."""
    low, high = ax.get_ylim()
    middle, span = (low + high) / 2, max(high - low, 0.05 * abs(high), 0.01)
    low, high = min(low, middle - span / 2), max(high, middle + span / 2)
    ax.set_ylim(0 if 0 < low < 0.25 * high else low, high)


def _draw_alike(ax: Axes, alike: np.ndarray, layers: list[str], epoch: int) -> None:
    """The map of similarity: written in while there are few layers, with a scale where there are more."""
    drawn = ax.imshow(alike, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    style.heading(ax, f"CKA of layers, epoch {epoch}")
    ax.spines[:].set_visible(False)
    few = len(layers) <= MOST_NUMBERS
    places = range(0, len(layers), math.ceil(len(layers) / MOST_NAMES))
    letters = medium().rc["xtick.labelsize"] - (0 if few else 2)
    ax.set_xticks(places, [layers[i] for i in places], rotation=90, fontsize=letters)
    ax.set_yticks(places, [layers[i] for i in places], fontsize=letters)
    ax.tick_params(color=MUTED, labelcolor=INK, length=0)
    if few:
        for (i, j), value in np.ndenumerate(alike):
            if np.isfinite(value):
                shade = "white" if value > 0.6 else INK
                ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color=shade)
    else:
        bar = ax.figure.colorbar(drawn, ax=ax, fraction=0.05, pad=0.03)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=letters, length=3, color=MUTED)
