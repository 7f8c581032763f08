"""What the network itself tells: H(Y) less its cross-entropy, against the divergence of information dropout.

Barber & Agakov (2003), The IM algorithm, NIPS: H(Y) less the cross-entropy of any classifier on T is at most I(T;Y).
Achille & Soatto (2018), arXiv:1611.01353: the mean divergence of p(z|x) from a prior is at least I(X;Z).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infoplane.figures import marks, style
from infoplane.planes import reading
from infoplane.planes.appearance import MUTED, PATH
from infoplane.planes.reading import Units

TOLD = "H(Y) − cross-entropy, at most I(T;Y)"
COST = "divergence from the prior, I(X;Z) or more"
SPLITS = ("train", "test")
NOTE = (
    "All samples of a split, by the network without noise. With the prior log_uniform the divergence is known but for "
    "a constant."
)


def network_plane(
    training: pd.DataFrame,
    tables_by_key: Mapping[str, pd.DataFrame],
    *,
    units: Units = "nats",
    title: str = "What the network itself tells",
) -> Figure:
    """H(Y) less the cross-entropy of each split, against the divergence where there is one, or else over the epochs.

    Args:
        training: columns `epoch,train_loss,test_loss`, perhaps `train_divergence,test_divergence` and `repetition`, of
            which the mean is drawn, in nats.
        tables_by_key: tables of estimators, whose ceiling of I(T;Y) is H(Y); of a split that none has it is that of
            the first that one has.
        units: what to draw in.
        title: the figure's title.
    """
    data = _told(training, _label_entropies(tables_by_key), units)
    if data["told"].isna().all():
        return style.in_words("Without a loss, and an estimate that gives H(Y), there is nothing to draw.", title)
    splits = [split for split in SPLITS if data.loc[data["split"] == split, "told"].notna().any()]
    styles = style.layer_styles(splits)
    of_divergence = bool(data["divergence"].notna().any())
    repetitions = reading.counted(training, "repetition").nunique()
    figure, grid = marks.frame(
        1,
        1,
        (5.9, 4.0),
        title,
        entries=marks.layer_entries(splits, styles, not of_divergence),
        epochs=np.sort(data["epoch"].unique()) if of_divergence else (),
        notes=[f"Means over {repetitions} repetitions." if repetitions > 1 else "", NOTE if of_divergence else ""],
    )
    ax = grid[0, 0]
    style.plain(ax)
    for split in splits:
        rows = data[data["split"] == split]
        colour, marker = styles[split]
        if of_divergence:
            _draw_path(ax, rows, marker, data["epoch"].unique())
        else:
            dots = marker if len(rows) <= 40 else ""
            ax.plot(rows["epoch"], rows["told"], color=colour, marker=dots, markersize=4, linewidth=1.4)
    ax.set_ylabel(f"{TOLD} [{units}]")
    if of_divergence:
        ax.set_xlabel(f"{COST} [{units}]")
    else:
        style.epoch_axis(ax, data["epoch"].unique(), log=data["epoch"].max() >= 100)
    high = float(data["h_y"].max())
    ax.axhline(high, color=MUTED, linewidth=1, linestyle=":")
    ax.annotate(f"H(Y) = {high:.2f}", (0, high), (3, 4.5), xycoords=("axes fraction", "data"), color=MUTED,
                fontsize=7.5, textcoords="offset points")  # fmt: skip
    # a network that is worse than chance at first would leave no room for what comes after
    ax.set_ylim(max(float(data["told"].min()), -high) - 0.05 * high, 1.12 * high)
    return figure


def _draw_path(ax: Axes, rows: pd.DataFrame, marker: str, epochs: np.ndarray) -> None:
    """One split's way through the plane, coloured by epoch."""
    colours = style.epoch_colours()(style.epoch_norm(epochs)(rows["epoch"].to_numpy(dtype=float)))
    ax.plot(rows["divergence"], rows["told"], color=PATH, linewidth=0.9, zorder=1.5)
    ax.scatter(rows["divergence"], rows["told"], s=22, c=colours, marker=marker, zorder=3)


def _label_entropies(tables_by_key: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """H(Y) in nats by split, where a table has it."""
    found: dict[str, float] = {}
    for table in tables_by_key.values():
        ceilings = pd.to_numeric(table["ceiling_ty"], errors="coerce")
        for split, value in ceilings.groupby(table["split"], sort=False).max().dropna().items():
            found.setdefault(str(split), float(value))
    return found


def _told(training: pd.DataFrame, h_y: Mapping[str, float], units: Units) -> pd.DataFrame:
    """A row a split and epoch: `told`, `divergence` and `h_y`, in `units`; NaN where they are not known."""
    unit = np.log(2) if units == "bits" else 1.0
    means = training.apply(pd.to_numeric, errors="coerce").groupby("epoch").mean().reset_index()
    rows = []
    for split in SPLITS:
        entropy = h_y.get(split, next(iter(h_y.values()), np.nan))
        divergence = means.get(f"{split}_divergence", pd.Series(np.nan, index=means.index))
        rows.append(
            pd.DataFrame(
                {
                    "split": split,
                    "epoch": means["epoch"],
                    "told": (entropy - means[f"{split}_loss"]) / unit,
                    "divergence": divergence / unit,
                    "h_y": entropy / unit,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
