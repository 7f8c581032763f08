"""Over networks: what embeddings know against how well classifiers on them do."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from infoplane.figures import filled_points, marks, style
from infoplane.planes.appearance import LAYER_COLOURS, MARKS, MUTED
from infoplane.planes.fills import FULL, HOLLOW
from infoplane.planes.reading import Units, in_order
from infoplane.readout.table import INFORMATION, LOSS, SCORES

READ = (
    "A point for each network and length of the classifier's training; in letters Pearson's correlation over networks,"
    " with its 95 % interval."
)
ROOM = 0.08
"""Share of an axis kept free at each end."""


def over_networks(
    networks: pd.DataFrame, found: pd.DataFrame, *, split: str = "test", units: Units = "nats", title: str = ""
) -> Figure:
    """Scores over information, a panel for each pair, a mark for each network, a colour for each length.

    Args:
        networks: a row for each network, split and length, as `readout.correlations.by_network` gives it, in nats.
        found: its correlations, as `readout.correlations.correlations` gives them.
        split: which split.
        units: of information.
        title: the figure's title.
    """
    if units not in ("nats", "bits"):
        raise ValueError(f"units are nats or bits, not {units!r}")
    here, found = networks[networks["split"] == split], found[found["split"] == split]
    if len(here) == 0:
        return style.in_words("No network to draw.", title)
    here = here.assign(**{name: here[name] / (math.log(2) if units == "bits" else 1) for name in INFORMATION})
    names, lengths = in_order(here["network"]), sorted(here["length"].unique().tolist())
    markers = {name: MARKS[i % len(MARKS)].marker for i, name in enumerate(names)}
    colours = {length: LAYER_COLOURS[i % len(LAYER_COLOURS)] for i, length in enumerate(lengths)}
    figure, grid = marks.frame(
        len(SCORES),
        len(INFORMATION),
        (9.0, 6.2),
        f"{title} ({split} split)".lstrip(),
        subtitle=READ,
        entries=_entries(markers, colours, doubted=bool((here["flagged"] != "").any())),
        notes=[f"{len(names)} networks."],
    )
    for i, score in enumerate(SCORES):
        for j, measure in enumerate(INFORMATION):
            ax = grid[i, j]
            style.plain(ax)
            _draw(ax, here, measure, score, markers, colours)
            pair = found[(found["measure"] == measure) & (found["score"] == score)]
            _write(ax, pair, lengths, colours)
            ax.set_xlabel(f"{measure} [{units}]")
        grid[i, 0].set_ylabel("cross-entropy loss [nats]" if score == LOSS else "accuracy [share correct]")
    return figure


def _entries(markers: dict[str, str], colours: dict[int, str], *, doubted: bool) -> list[marks.Entry]:
    entries: list[marks.Entry] = [(name, (marks.point(MUTED, marker),)) for name, marker in markers.items()]
    entries += [
        (f"{length} epoch{'s' * (length > 1)}", (Line2D([], [], color=colour, linewidth=4),))
        for length, colour in colours.items()
    ]
    if doubted:
        entries.append(("hollow: information\nnot to be believed", (marks.point(MUTED, "o", markerfacecolor="white"),)))
    return entries


def _draw(
    ax: Axes, here: pd.DataFrame, measure: str, score: str, markers: dict[str, str], colours: dict[int, str]
) -> None:
    for set_range, name in ((ax.set_xlim, measure), (ax.set_ylim, score)):
        low, high = float(here[name].min()), float(here[name].max())
        span = max(high - low, 1e-3)
        set_range(low - ROOM * span, high + ROOM * span)
    for row in here.to_dict("records"):
        filled = HOLLOW if measure in str(row["flagged"]).split("; ") else FULL
        place = (np.array([row[measure]]), np.array([row[score]]))
        colour = np.array([to_rgba(colours[row["length"]])])
        filled_points.draw_points(ax, *place, np.array([filled]), markers[row["network"]], colour, 34)


def _write(ax: Axes, pair: pd.DataFrame, lengths: Sequence[int], colours: dict[int, str]) -> None:
    """The correlation at each length, in its colour, above the panel."""
    for place, length in enumerate(reversed(list(lengths))):
        row = pair[pair["length"] == length].iloc[0]
        known = math.isfinite(row["pearson"])
        text = f"{row['pearson']:.2f} [{row['pearson_low']:.2f}, {row['pearson_high']:.2f}]" if known else "not known"
        ax.annotate(
            text, (0, 1), (2, 4 + 10 * place), xycoords="axes fraction", textcoords="offset points",
            color=colours[length], fontsize=7.5,
        )  # fmt: skip
