"""What a plane looks like wherever it is drawn: colours, marks of layers, dashes of splits, and the scale of epochs.

matplotlib (infoplane.figures), the page plots/planes.html and the templates of `dvc plots` (infoplane.page) take it all
from here.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

INK, MUTED, FAINT = "#222222", "#6b6b6b", "#e4e4e4"
"""Text; notes, ceilings and ticks; the grid."""

PATH = "#a8a8a8"
"""A layer's way through the plane: grey, since colour there means the epoch."""

LAYER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
"""Okabe & Ito (2008), safe for colour-blind readers, without the yellow that vanishes on white."""


class Mark(NamedTuple):
    """The shape of a layer's points.

    Attributes:
        marker: its name in matplotlib.
        outline: an SVG path from about -1 to 1, for Vega and for the legend of the page.
    """

    marker: str
    outline: str


MARKS = (
    Mark("o", "M0,-1A1,1,0,1,1,0,1A1,1,0,1,1,0,-1Z"),
    Mark("s", "M-0.9,-0.9H0.9V0.9H-0.9Z"),
    Mark("^", "M0,-1.1L1.1,0.9H-1.1Z"),
    Mark("D", "M0,-1.25L1.05,0L0,1.25L-1.05,0Z"),
    Mark("v", "M0,1.1L1.1,-0.9H-1.1Z"),
    Mark("p", "M0,-1.1L1.05,-0.34L0.65,0.89H-0.65L-1.05,-0.34Z"),
    Mark("X", "M-0.5,-1L0,-0.5L0.5,-1L1,-0.5L0.5,0L1,0.5L0.5,1L0,0.5L-0.5,1L-1,0.5L-0.5,0L-1,-0.5Z"),
    Mark("P", "M-0.4,-1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z"),
    Mark("<", "M-1.1,0L0.9,-1.1V1.1Z"),
    Mark(">", "M1.1,0L-0.9,-1.1V1.1Z"),
    Mark("h", "M0,-1.15L1,-0.58V0.58L0,1.15L-1,0.58V-0.58Z"),
    Mark("*", "M0,-1.3L0.31,-0.43L1.24,-0.4L0.5,0.16L0.76,1.05L0,0.53L-0.76,1.05L-0.5,0.16L-1.24,-0.4L-0.31,-0.43Z"),
)  # fmt: skip
"""Of layers by their place in the network; of a thirteenth layer the first again."""

SPLIT_DASHES = ((1, 0), (5, 3), (1.5, 2.5), (7, 2, 1.5, 2))
"""Of the lines of splits where several are drawn in one panel, in pixels; the first is solid."""
DIAGONAL_DASH = (5, 3)
"""Of I(T;Y) = I(X;T)."""
RING = 3
"""Area of the ring around a point, against the point's."""
FIRST_DOT = 0.16
"""Area of the dot within the points of the first epoch, against the point's."""
BAR_OPACITY, DOUBTED_BAR_OPACITY = 0.5, 0.2
"""Of the bars of values, and of values that are not to be believed."""
JOINED_OPACITY = 0.7
"""Of lines that join the layers of one epoch, which are coloured as its points are."""

EPOCH_SCHEME = ("plasma", 0.83)
"""Plasma without its pale end, dark blue to orange: readable on white even when hollow."""
EPOCH_ROOM = 0.03
"""Share of an axis of epochs that is kept free at each end."""


def log_spaced(epochs: Iterable[float]) -> bool:
    """Whether epochs spread over magnitudes, so that an even axis would crowd most of them into one end."""
    values = np.unique(np.asarray(list(epochs), dtype=float))
    return len(values) > 2 and bool(values[-1] >= 20 and np.median(values) < 0.3 * values[-1])


def epoch_span(epochs: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """The first and the last epoch, between which the colours run; never equal."""
    low, high = (float(np.min(epochs)), float(np.max(epochs))) if len(epochs) else (0.0, 1.0)
    return low, high if high > low else low + 1


def epoch_colour(epoch: float, epochs: Sequence[float] | np.ndarray) -> str:
    """The colour of one of the epochs: by log(1 + epoch) where they are log spaced, so that epoch 0 has its place."""
    scale = math.log1p if log_spaced(epochs) else float
    low, high = map(scale, epoch_span(epochs))
    share = (scale(epoch) - low) / (high - low)
    return EPOCH_COLOURS[min(int(share * len(EPOCH_COLOURS)), len(EPOCH_COLOURS) - 1)]


def epoch_range(epochs: Sequence[float] | np.ndarray, log: bool) -> tuple[float, float]:
    """The range of an axis of epochs, spaced by log(1 + epoch) if `log`, with some room at both ends."""
    low, high = float(np.min(epochs)), float(np.max(epochs))
    if not log:
        room = EPOCH_ROOM * (high - low) or 0.5
        return low - room, high + room
    room = EPOCH_ROOM * (np.log1p(high) - np.log1p(low))
    return float(signed_expm1(np.log1p(low) - room)), float(np.expm1(np.log1p(high) + room))


def signed_log1p(x):
    """log(1 + x), mirrored below 0: the scale of an axis of epochs, which Vega calls `symlog`."""
    return np.sign(x) * np.log1p(np.abs(x))


def signed_expm1(x):
    """The inverse of `signed_log1p`."""
    return np.sign(x) * np.expm1(np.abs(x))


def epoch_ticks(epochs: Sequence[float] | np.ndarray, log: bool | None = None, most: int = 7) -> list[int]:
    """Epochs to write on an axis or a colour bar: first, last, and round ones between, well apart."""
    values = np.unique(np.asarray(epochs, dtype=float))
    if len(values) <= 2:
        return [int(value) for value in values]
    low, high = values[0], values[-1]
    if log_spaced(values) if log is None else log:
        scale, candidates = np.log1p, [digit * 10**power for digit in (1, 3) for power in range(8)]
    else:
        step = _round_step((high - low) / most)
        scale, candidates = float, [step * i for i in range(int(high / step) + 1)]
    gap = (scale(high) - scale(low)) / (most + 1)
    kept = [low, high]
    for candidate in candidates:
        if low < candidate < high and all(abs(scale(candidate) - scale(tick)) >= gap for tick in kept):
            kept.append(candidate)
    return sorted(int(tick) for tick in kept)


def _round_step(step: float) -> int:
    magnitude = 10 ** math.floor(math.log10(max(step, 1)))
    return int(next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= max(step, 1)))


_RGB = (
    "0d08870d088710078813078916078a19068c19068c1b068d1d068e20068f2206902406912406912605912805922a05932c05942e0595"
    "2e05952f059631059733059735049837049937049938049a3a049a3c049b3e049c3f049c3f049c41049d43039e44039e46039f48039f"
    "48039f4903a04b03a14c02a14e02a25002a25002a25102a35302a35502a45601a45801a45801a45901a55b01a55c01a65e01a66001a6"
    "6001a66100a76300a76400a76600a76700a86700a86900a86a00a86c00a86e00a86f00a86f00a87100a87201a87401a87501a87701a8"
    "7701a87801a87a02a87b02a87d03a87e03a87e03a88004a88104a78305a78405a78606a68606a68707a68808a68a09a58b0aa58d0ba5"
    "8d0ba58e0ca48f0da4910ea3920fa39410a29410a29511a19613a19814a099159f9a169f9a169f9c179e9d189d9e199da01a9ca11b9b"
    "a11b9ba21d9aa31e9aa51f99a62098a72197a72197a82296aa2395ab2494ac2694ad2793ad2793ae2892b02991b12a90b22b8fb32c8e"
    "b32c8eb42e8db52f8cb6308bb7318ab83289b83289ba3388bb3488bc3587bd3786be3885be3885bf3984c03a83c13b82c23c81c33d80"
    "c33d80c43e7fc5407ec6417dc7427cc8437bc8437bc9447aca457acb4679cc4778cc4977cc4977cd4a76ce4b75cf4c74d04d73d14e72"
    "d14e72d24f71d35171d45270d5536fd5546ed5546ed6556dd7566cd8576bd9586ada5a6ada5a6ada5b69db5c68dc5d67dd5e66de5f65"
    "de5f65de6164df6263e06363e16462e26561e26561e26660e3685fe4695ee56a5de56b5de56b5de66c5ce76e5be76f5ae87059e97158"
    "e97158e97257ea7457eb7556eb7655ec7754ec7754ed7953ed7a52ee7b51ef7c51ef7e50ef7e50f07f4ff0804ef1814df1834cf2844b"
    "f2844bf3854bf3874af48849f48948f58b47f58b47f58c46f68d45f68f44f79044f79143f79143f79342f89441f89540f9973ff9983e"
    "f9983ef99a3efa9b3dfa9c3cfa9e3bfb9f3afb9f3afba139fba238fca338fca537fca636fca636fca835fca934fdab33fdac33fdae32"
    "fdae32fdaf31fdb130fdb22f"
)
EPOCH_COLOURS = tuple(f"#{_RGB[i : i + 6]}" for i in range(0, len(_RGB), 6))
"""`EPOCH_SCHEME` in 256 even steps, from the first epoch to the last; here, so that a page needs no matplotlib."""
