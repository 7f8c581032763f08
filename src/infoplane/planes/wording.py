"""What a drawing of a plane says in words: its title, its axes, and the notes below it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Literal

import pandas as pd

from infoplane.flags import (
    BIASED,
    DATA_PROCESSING,
    DIVERGED,
    FEW_SAMPLES,
    MISSED,
    NO_NOISE,
    OTHER_NOISE,
    OVERFIT,
    REDUCED,
    SATURATED,
    UNCONVERGED,
    WIDE,
)
from infoplane.planes.fills import FULL, HOLLOW, LEFT, LOWER, believed, fills
from infoplane.planes.reading import Units, given, in_order, words
from infoplane.planes.rules import FEW, beyond
from infoplane.planes.tables import AXES

AXIS_NAMES = {"mi_xt": "I(X;T)", "mi_ty": "I(T;Y)"}
READ_PLANE = (
    "Each line is a layer during training: to the right it knows more of the input X, upwards more of the label Y."
)
DOTTED = "Dotted: the most that so many samples can show, and H(Y), all that there is to know of the label."
MEANINGS = {
    SATURATED: "all that so many samples can show, the truth may be larger",
    OVERFIT: "better on the samples that it learned from than on others",
    UNCONVERGED: "still improving when it was stopped",
    WIDE: "its bounds are far apart",
    FEW_SAMPLES: "too few to tell",
    BIASED: "wrong where the truth is known, or another value with half of the samples",
    MISSED: "another method sees more",
    DATA_PROCESSING: "a later layer seems to know more of the label, which cannot be",
    NO_NOISE: "the layer has no noise, without which there is nothing to say",
    OTHER_NOISE: "the layer's noise is of another kind",
    REDUCED: "what is left of X or T has little of their variance, the truth of both may be larger",
    DIVERGED: "the activations were not finite",
}
"""What a flag's word means, for a reader who has seen none."""
AT_H_Y = 0.01
"""Share of H(Y) below it within which I(T;Y) counts as H(Y)."""
NO_PAIR = "No layer and epoch has both I(X;T) and I(T;Y)."


def missing(columns: Sequence[str]) -> str:
    """A note on the axis that an estimator does not give; empty if it gives both."""
    lacking = [name for column, name in AXIS_NAMES.items() if column not in columns]
    return f"This estimator gives no {lacking[0]}." if lacking else ""


def labels(xt_label: str | None, ty_label: str | None, units: Units) -> dict[str, str]:
    """Axis labels by column: the caller's words, with or without units, or the plain names; in `units`."""
    written = {column: label or AXIS_NAMES[column] for column, label in zip(AXES, (xt_label, ty_label), strict=True)}
    bare = {column: name.removesuffix(" [nats]").removesuffix(" [bits]") for column, name in written.items()}
    return {column: f"{name} [{units}]" for column, name in bare.items()}


INPUTS = {
    "split": "any sample of the split, all equally likely",
    "all": "any of the recorded samples, all equally likely",
    "population": "of a population without end, of which the samples are a part",
    "sample": "of a population without end, of which the samples are a part",
}
"""What X is, by the word after `X: ` on an axis; a number stands for itself."""


def what_x_is(axis_labels: Iterable[str | None]) -> str:
    """A note on what inputs X is uniform over, where axes end with `X: ` and a word; empty if none does."""
    said = dict.fromkeys(found[1] for label in axis_labels if label and (found := re.search(r"; X: ([^\s;]+)", label)))
    notes = [
        f"X: {word}: {INPUTS.get(word, 'one of so many inputs, of which the samples are a part')}" for word in said
    ]
    return "; ".join(notes) + "." if notes else ""


def label_told(data: pd.DataFrame, xt_label: str | None) -> str:
    """A note on a plane that is a line at H(Y); empty where fewer than three quarters of its points are there.

    Args:
        data: a drawable table of points with both values.
        xt_label: what is measured for I(X;T).
    """
    told = int((data["mi_ty"] > (1 - AT_H_Y) * data["ceiling_ty"]).sum())
    if not len(data) or told < 0.75 * len(data):
        return ""
    in_bins = (xt_label or "").startswith("H(bin")
    why = "each occupied bin holds samples of one class; fewer bins may tell more" if in_bins else "T tells the label"
    return f"I(T;Y) is H(Y), to {AT_H_Y:.0%}, at {told} of {len(data)} points: {why}."


def bars_of(epochs: Sequence[int]) -> str:
    """A note on bars that are drawn of some epochs alone; empty where they are of all."""
    written = ", ".join(map(str, epochs))
    return f"Bars of epochs {written} alone; over_epochs has those of all." if epochs else ""


def other_splits(splits: Sequence[str], drawn: str) -> str:
    """A note on splits that a figure of one leaves out; empty where there are none."""
    others = [split for split in splits if split != drawn]
    return f"Drawn is the {drawn} split; {' and '.join(others)}: in the plane of each estimator." if others else ""


def in_lines(text: str, room: float = 2.3) -> str:
    """An axis label in lines that fit beside or below axes of `room` inches."""
    return fill(text, max(20, int(13 * room)))  # 13 letters of this size an inch


def default_title(data: pd.DataFrame, title: str | None) -> str:
    """The caller's title, or the estimator's key; with the split where only one was recorded."""
    if title is None:
        title = ", ".join(in_order(data["estimator"])) if "estimator" in data else ""
    splits = in_order(data["split"])
    return f"{title} ({splits[0]} split)" if len(splits) == 1 and title else title


def flags(data: pd.DataFrame, column: str) -> list[str]:
    """The distinct words on `mi_xt` or `mi_ty` in a drawable table."""
    return words(data[column.replace("mi", "flag")])


def fill_meanings(data: pd.DataFrame, columns: Sequence[str], *, plane: bool = True) -> dict[str, str]:
    """What each filling of a point says in words: of each that a legend needs; of none if every value can be believed.

    Args:
        data: a drawable table of what is drawn.
        columns: the axes that are drawn.
        plane: against each other; if not, each alone, over the epochs.
    """
    reasons = {column: ", ".join(found) for column in columns if (found := flags(data, column))}
    if not reasons:
        return {}
    if not plane:
        why = [f"{AXIS_NAMES[column]}: {found}" for column, found in reasons.items()]
        why = [*reasons.values()] if len(columns) == 1 else why
        return {FULL: "full: believed", HOLLOW: f"hollow: not to be believed ({'; '.join(why)})"}
    result = {FULL: "full: both can be believed"}
    for column, filled, half in (("mi_xt", LEFT, "right"), ("mi_ty", LOWER, "upper")):
        if column in reasons:
            result[filled] = f"{half} half empty: {AXIS_NAMES[column]} is not to be believed ({reasons[column]})"
    # of several repetitions one may spoil one axis of the mean, and another the other
    hollow = (fills(data) == HOLLOW).any() or (len(reasons) == 2 and data["repetition"].nunique() > 1)
    return result | ({HOLLOW: "hollow: neither is"} if hollow else {})


def trust(data: pd.DataFrame, columns: Sequence[str]) -> str:
    """At how many of the points of a drawable table each axis can be believed."""
    points = data.dropna(subset=list(columns))
    counts = [int(believed(points, column).sum()) for column in columns]
    if not len(points):
        return ""
    if set(counts) == {len(points)}:
        where = f"all {len(points)} points" if len(points) > 1 else "the one point"
        return f"{' and '.join(AXIS_NAMES[column] for column in columns)} believed at {where}"
    first, *others = (f"{AXIS_NAMES[column]} {{}} {count}" for column, count in zip(columns, counts, strict=True))
    said = [first.format("believed at") + f" of {len(points)} points", *(other.format("at") for other in others)]
    return ", ".join(said)


def meanings(data: pd.DataFrame, columns: Sequence[str] = AXES) -> str:
    """What the flags mean that occur in a drawable table; empty if there is none that is known."""
    found = dict.fromkeys(word for column in columns for word in flags(data, column))
    said = [f"{word}: {MEANINGS[word]}" for word in found if word in MEANINGS]
    return "; ".join(said) + "." if said else ""


def trust_of_each(tables: Mapping[str, pd.DataFrame]) -> str:
    """As `trust`, of several estimators, whose drawable tables stand by their keys; empty if none has a point."""
    told = []
    for key, data in tables.items():
        columns = given(data)
        if columns and len(points := data.dropna(subset=columns)):
            of = [f"{believed(points, column).sum()}" if column in columns else "–" for column in AXES]
            told.append(f"{key} {' and '.join(of)} of {len(points)}")
    return f"Points at which I(X;T) and at which I(T;Y) can be believed: {'; '.join(told)}." if told else ""


def at_edge(data: pd.DataFrame, columns: Sequence[str]) -> str:
    """A note on points that lie outside of the axes; empty if there is none."""
    return edges({"": beyond(data, columns)})


def edges(counts: Mapping[str, int]) -> str:
    """A note on points that lie outside of the axes, so many of each estimator by its key; empty if there are none."""
    found = [f"{count}{f' of {key}' if key else ''}" for key, count in counts.items() if count]
    lie = "lies" if sum(counts.values()) == 1 else "lie"
    return f"At an edge: {', '.join(found)} that {lie} beyond it, not to be believed." if found else ""


def on_trust(data: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Notes on how many points can be believed, on those at an edge, and on what the words of the flags mean."""
    told = trust(data, columns)
    return [note for note in (f"{told}." if told else "", at_edge(data, columns), meanings(data, columns)) if note]


def nothing(data: pd.DataFrame) -> str:
    """Why a table has no value to draw."""
    found = words(data["flag"])
    return "No estimate to draw" + (f": {', '.join(found)}." if found else ".")


def gaps(data: pd.DataFrame, columns: Sequence[str]) -> str:
    """A note on layers without a value; empty if every layer has one."""
    lacking = _not_given(data, columns)
    return f"Not given: {lacking}." if lacking else ""


def spread(data: pd.DataFrame, what: str = "", *, shown: Literal["each", "bands", "bars"] = "each") -> str:
    """A note on what a figure makes of several repetitions or parts in a drawable table; empty if there is one of each.

    Args:
        what: whose bars they are, such as an estimator's key; default: all.
        shown: how repetitions are: each by a thin line while they are few, or by a band, or by bars alone.
    """
    repetitions, parts = data["repetition"].nunique(), int(data["parts"].max()) if len(data) else 1
    whose = f" of {what}" if what else ""
    if repetitions < 2:
        return f"Bars{whose}: standard deviation over {parts} parts of the samples." if parts > 1 else ""
    note = f"Means{whose} over {repetitions} repetitions, flagged where one is; "
    if shown == "bands":
        note += "bands: smallest to largest."
    else:
        lines = shown == "each" and repetitions <= FEW
        note += "thin lines: each of them." if lines else "bars: standard deviation."
    return note + (f" Of each, the mean over {parts} parts of the samples." if parts > 1 else "")


def _not_given(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Which layers have no value in `columns` at any epoch, and the flags that say why; empty if none."""
    gaps = []
    for layer, rows in table.groupby("layer", sort=False):
        if rows[list(columns)].isna().any(axis=1).all():
            gaps.append((str(layer), ", ".join(words(rows["flag"]))))
    reasons: dict[str, list[str]] = {}
    for layer, reason in gaps:
        reasons.setdefault(reason, []).append(layer)
    return "; ".join(f"{', '.join(layers)}" + (f" ({reason})" if reason else "") for reason, layers in reasons.items())
