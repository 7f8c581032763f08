"""Where figures are drawn for: a screen, or a column of a paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple

import matplotlib as mpl

from infoplane.planes.appearance import INK

Style = Literal["screen", "paper"]


class Medium(NamedTuple):
    """What a figure is drawn for.

    Attributes:
        rc: matplotlib's settings.
        dpi: of the PNG.
        points: area of points, against those of a figure on a screen.
        columns: widths in inches of a figure with one panel and of one with several; None: what the figure asks for,
            with its title, its legend and its notes around it.
        dashes: of the lines of layers by their place in the network, so that they differ without colours.
    """

    rc: dict[Any, Any]
    dpi: int
    points: float = 1.0
    columns: tuple[float, float] | None = None
    dashes: tuple[Any, ...] = ("-",)


SCREEN = Medium(
    {
        "font.family": "DejaVu Sans",  # ships with matplotlib, so that files do not depend on the machine's fonts
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.labelsize": 9,
        "figure.titlesize": 11,
        "legend.fontsize": 8,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "text.color": INK,
        "axes.labelcolor": INK,
        "svg.hashsalt": "infoplane",
        "svg.fonttype": "path",
    },
    dpi=150,
)
PAPER = Medium(
    {
        **SCREEN.rc,
        # Ships with matplotlib, too, and goes with Times. Its Computer Modern has no underscore and no arrow, which
        # stand in the names of layers and on axes.
        "font.family": "STIXGeneral",
        "mathtext.fontset": "stix",
        "font.size": 8,
        "axes.titlesize": 8,
        "axes.labelsize": 8,
        "legend.fontsize": 7,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
    },
    dpi=300,
    points=0.55,
    columns=(3.25, 6.75),  # of the narrowest of the common two-column layouts, ICML's
    dashes=("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2))),
)
MEDIA: dict[Style, Medium] = {"screen": SCREEN, "paper": PAPER}
_here: ContextVar[Medium] = ContextVar("medium", default=SCREEN)


@contextmanager
def drawn_for(style: Style) -> Iterator[None]:
    """Within this, figures are made and saved for a screen, or for a paper."""
    token = _here.set(MEDIA[style])
    try:
        # Texts take their font when they are made. On a screen it is matplotlib's own.
        with mpl.rc_context(MEDIA[style].rc if style == "paper" else {}):
            yield
    finally:
        _here.reset(token)


def medium() -> Medium:
    """What figures are drawn for here; a screen, where nobody says otherwise."""
    return _here.get()
