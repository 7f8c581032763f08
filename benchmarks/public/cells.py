"""Rows and cells of the tables in Markdown."""

import math
from collections.abc import Sequence


def head(names: Sequence[str]) -> list[str]:
    """The first two lines of a table, whose first column is of words and the others of numbers."""
    return [row(names), "| --- " + "| ---: " * (len(names) - 1) + "|"]


def row(cells: Sequence[str]) -> str:
    """A line of it."""
    return "| " + " | ".join(cells) + " |"


def number(value: float | None) -> str:
    """Nats; empty where there are none."""
    return "" if value is None or math.isnan(value) else f"{value:.3f}"


def share(part: int, whole: int) -> str:
    """In percent, and of how many."""
    return f"{100 * part / whole:.0f} % of {whole}" if whole else ""


def thousands(n: int) -> str:
    """With a space before each three digits."""
    return f"{n:,}".replace(",", " ")
