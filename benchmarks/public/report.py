"""docs/benchmark/<table>/<method>.csv -> docs/benchmark/<table>.md and .png, and the tables in docs/benchmark.md.

python -m benchmarks.public.report
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.public import kinds, picture, published, rows, scores, tables
from benchmarks.public.cells import head, number, row, share, thousands
from benchmarks.public.scores import Comparison, Score
from benchmarks.public.tables import REPORTED, TUNING, Table
from infoplane.errors import UserError
from infoplane.known.judgements import is_off
from infoplane.page.readme import replace_block
from infoplane.running.ends import exit_in_one_line

PAGE = Path("docs/benchmark.md")
MADE = "Made by `make bmi{}`: each method at its function's defaults, one setting for all tasks."


def main() -> None:
    for table in tables.TABLES:
        if not rows.methods(table.name):
            continue
        try:
            data = scores.read(table)
        except UserError as error:
            print(f"{table.name}: left out: {error}", file=sys.stderr)
            continue
        samples = sorted({int(n) for found in data.values() for n in found["n"]})
        compared = scores.comparisons(table, data, samples)
        rows.FOLDER.mkdir(parents=True, exist_ok=True)
        (rows.FOLDER / f"{table.name}.md").write_text(page(table, data, compared), encoding="utf-8")
        picture.save(picture.errors(table, data), rows.FOLDER / table.name)
        replace_block(table.name, summary(table, data, compared), PAGE)
        if table.name == kinds.BMI:
            replace_block("kinds", kinds.by_kind(data), PAGE)


def summary(table: Table, data: Mapping[str, pd.DataFrame], compared: Sequence[Comparison]) -> str:
    """A row a method: errors at each n, beside the published ones, and what its flags are worth."""
    samples = list(dict.fromkeys(each.n for each in compared))
    both = [scores.overall(compared, n) for n in samples]
    found = scores.scores(table, data, REPORTED)
    sizes = [f"n = {thousands(n)}" for n in samples]
    lines = head(["", *sizes, "unflagged and off", "flagged though right", "s a call, by n"])
    for method in data:
        own = [score for score in found if score.method == method]
        off, unflagged = (sum(getattr(score.rates, name) for score in own) for name in ("off", "unflagged"))
        flagged, right = (sum(getattr(score.rates, name) for score in own) for name in ("flagged_right", "right"))
        times = ", ".join(f"{score.median:.2g}" for score in own)
        errors = [number(ours.get(method)) for ours, _ in both]
        lines.append(row([f"`{method}`", *errors, f"{off} of {unflagged}", share(flagged, right), times]))
    for method in dict.fromkeys(method for _, theirs in both for method in theirs):
        lines.append(row([method, *(number(theirs.get(method)) for _, theirs in both), "", "", ""]))
    of = "share of the truth" if table.relative else "nats"
    each = f"[each task](benchmark/{table.name}.md)"
    return f"Mean absolute error ({of}); {each}.\n\n" + "\n".join(lines) + "\n"


def page(table: Table, data: Mapping[str, pd.DataFrame], compared: Sequence[Comparison]) -> str:
    """All of a table: errors, flags, picture, and each task."""
    made = MADE.format("" if table.name == "bmi" else f" TABLE={table.name}")
    parts = [
        f"# {table.title}",
        f"{made} Truths in nats. Source: {table.source}.",
        "## Errors",
        errors(table, compared),
    ]
    parts += [published.DIFFERS[table.name], "## What flags and bars are worth", FLAGS]
    parts.append(promises(scores.scores(table, data, REPORTED)))
    if table.tuned:
        parts += [ON_TUNING, promises(scores.scores(table, data, TUNING))]
    parts += [text for method, found in data.items() if (text := choices(method, found))]
    parts += [f"![Errors by task and method]({table.name}.png)", "## Task by task", CELLS]
    for n in dict.fromkeys(each.n for each in compared):
        parts += [f"n = {thousands(n)}:", by_task(table, data, n)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


FLAGS = """A value without a flag should be within .1 nats of the truth, or 10 % if that is more (`unflagged and off`),
and its bar should reach the truth (`bars that miss`) and be no longer than that to either side (`bars too long`).
`flagged though right` is the share of the values within that distance that carry a flag. Seconds are of processor
time, of one thread. `refused`: samples that the method takes for an error."""
ON_TUNING = """Seeds 0 to 4 of the odd-numbered tasks, on which settings may be chosen; all else on this page is of
seeds 5 to 9 of all tasks, on which none is:"""
CELLS = """Mean error over seeds 5 to 9 in nats; in parentheses how many of them are flagged, after `!` how many are
unflagged and off."""


def errors(table: Table, compared: Sequence[Comparison]) -> str:
    """Mean absolute errors of each group and n: ours, then the published ones."""
    ours = dict.fromkeys(method for each in compared for method in each.ours)
    theirs = dict.fromkeys(method for each in compared for method in each.theirs)
    lines = head(["tasks", "n", *(f"`{method}`" for method in ours), *theirs])
    for each in compared:
        cells = [number(each.ours.get(method)) for method in ours] + [
            f"{error:g}" if (error := each.theirs.get(m)) is not None else "" for m in theirs
        ]
        lines.append(row([each.group or "all", thousands(each.n), *cells]))
    of = ", as a share of the truth" if table.relative else " in nats"
    return f"Mean absolute error over tasks and seeds{of}; published ones without code marks.\n\n" + "\n".join(lines)


def promises(found: Sequence[Score]) -> str:
    """A row a method and n: flags, bars, time."""
    names = ["unflagged and off", "flagged though right", "bars that miss", "bars too long", "s, median", "s, most"]
    lines = head(["method", "n", "error", *names, "refused"])
    for score in found:
        rates = score.rates
        shares = [
            share(rates.flagged_right, rates.right),
            share(rates.missed, rates.bars),
            share(rates.long, rates.bars),
        ]
        cells = [f"`{score.method}`", thousands(score.n), number(score.error), f"{rates.off} of {rates.unflagged}"]
        lines.append(row([*cells, *shares, f"{score.median:.2g}", f"{score.most:.2g}", f"{score.refused or ''}"]))
    return "\n".join(lines)


def choices(method: str, found: pd.DataFrame) -> str:
    """How often a method that chooses took which; empty of one that does not choose."""
    took = found.loc[(found["part"] == REPORTED) & (found["took"] != ""), "took"].value_counts(sort=True)
    return (
        f"`{method}` took {', '.join(f'`{name}` {times}' for name, times in took.items())} times." if len(took) else ""
    )


def by_task(table: Table, data: Mapping[str, pd.DataFrame], n: int) -> str:
    """A row a task: its truth, and each method's signed mean error."""
    lines = head(["", "task", "truth", *(f"`{method}`" for method in data)])
    here = {method: found[(found["n"] == n) & (found["part"] == REPORTED)] for method, found in data.items()}
    for place, (name, task) in enumerate(tables.tasks(table.name).items(), 1):
        cells = [_cell(found[found["task"] == name]) for found in here.values()]
        if any(cells):
            lines.append(row([f"{place}", name, f"{task.truth_xt:.3f}", *cells]))
    return "\n".join(lines)


def _cell(found: pd.DataFrame) -> str:
    found = found[~found["refused"]]
    if found.empty:
        return ""
    flagged = found["flag"] != ""
    off = int((is_off(found) & ~flagged).sum())
    return (
        f"{found['error'].mean():+.3f}" + (f" ({flagged.sum()})" if flagged.any() else "") + (f" !{off}" if off else "")
    )


if __name__ == "__main__":
    exit_in_one_line(main)
