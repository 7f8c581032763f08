"""Contestants that do the same task, timed in turn on one machine: medians, spreads, ratios, and whether a bar is met.

Repeats are interleaved, so that whatever else the machine does in these minutes meets all contestants alike.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import mean, median

WARM_UP_SECONDS = 2.0
"""A first run below this is not counted: it pays for imports and for starting threads."""

Run = Callable[[int], tuple[float, ...]]
"""From the number of the repeat, which is the seed too, to what the row's `accuracy` names."""


@dataclass(frozen=True)
class Contestant:
    """One way to do a row's task.

    Attributes:
        name: `ours` comes first in a row; others are `textbook` or a package's name.
        run: what is timed.
        share: of the row's work that `run` does, where all of it would take too long; times are divided by it.
        note: settings, and what is different from the others.
        most_repeats: for one that no bar is about, and that would take long.
    """

    name: str
    run: Run
    share: float = 1.0
    note: str = ""
    most_repeats: int | None = None


@dataclass(frozen=True)
class Bar:
    """What `ours` must not exceed.

    Attributes:
        seconds: the median, in absolute terms.
        times: as a multiple of other contestants, by name, the median over repeats; one that is not installed is left
            out.
    """

    seconds: float | None = None
    times: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A task and its contestants.

    Attributes:
        accuracy: what the numbers that `run` returns are, with their unit.
        missing: peers that are not installed.
    """

    name: str
    accuracy: str
    contestants: list[Contestant]
    bar: Bar = Bar()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timing:
    """One contestant's repeats: seconds of the whole task, and the mean over repeats of its accuracies."""

    contestant: Contestant
    seconds: list[float]
    accuracy: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.seconds)


def measure(row: Row, repeats: int, progress: Callable[[str], None] = lambda text: None) -> list[Timing]:
    """Time every contestant `repeats` times, all of them in each repeat; in the order of the row."""
    seconds: dict[str, list[float]] = {each.name: [] for each in row.contestants}
    accuracies: dict[str, list[tuple[float, ...]]] = {each.name: [] for each in row.contestants}
    for repeat in range(repeats):
        for each in row.contestants:
            if each.most_repeats is not None and repeat >= each.most_repeats:
                continue
            taken, accuracy = _timed(each, repeat)
            if repeat == 0 and taken < WARM_UP_SECONDS:
                taken, accuracy = _timed(each, repeat)
            progress(f"{row.name}, repeat {repeat + 1} of {repeats}: {each.name} {taken:.3g} s")
            seconds[each.name].append(taken / each.share)
            accuracies[each.name].append(accuracy)
    return [
        Timing(each, seconds[each.name], tuple(mean(column) for column in zip(*accuracies[each.name], strict=True)))
        for each in row.contestants
    ]


def _timed(contestant: Contestant, repeat: int) -> tuple[float, tuple[float, ...]]:
    started = time.perf_counter()
    accuracy = contestant.run(repeat)
    return time.perf_counter() - started, accuracy


def ratios(timing: Timing, ours: Timing) -> tuple[float, float, float]:
    """How many times longer than ours it takes: median, least and most over the repeats that it has."""
    each = [theirs / own for theirs, own in zip(timing.seconds, ours.seconds, strict=False)]
    return median(each), min(each), max(each)


def verdict(row: Row, timings: list[Timing]) -> str:
    """The bar in words and whether `ours` meets it; a dash where the row has none."""
    ours, by_name = timings[0], {timing.contestant.name: timing for timing in timings}
    conditions = []
    if row.bar.seconds is not None:
        conditions.append((f"{row.bar.seconds:g} s", ours.median <= row.bar.seconds))
    for name, times in row.bar.times.items():
        if name in by_name:
            conditions.append((f"{times:g} x {name}", times * ratios(by_name[name], ours)[0] >= 1))
    if not conditions:
        return "–"
    return "; ".join(f"<= {bar}: {'met' if met else '**missed**'}" for bar, met in conditions)
