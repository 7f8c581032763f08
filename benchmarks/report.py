"""Timings as the Markdown of results.md."""

from benchmarks.contest import Row, Timing, ratios, verdict
from benchmarks.memory import Peak


def document(machine: list[str], repeats: int, started: str, sections: list[str]) -> str:
    """The whole page."""
    head = [
        "# Results",
        "",
        f"Made by `make bench` on {started}, {repeats} repeats of each contestant, in turn.",
        "What the rows are, and what limits them: [README.md](README.md).",
        "",
        *(f"- {line}" for line in machine),
        "",
        "Seconds and ratios are medians, with the least and the most of the repeats in brackets; accuracies are means.",
    ]
    return "\n".join([*head, "", *sections]).rstrip() + "\n"


def section(row: Row, timings: list[Timing]) -> str:
    """One row's table: seconds, times ours, accuracy."""
    ours = timings[0]
    lines = [f"## {row.name}", "", f"Bar: {verdict(row, timings)}. Accuracy: {row.accuracy}.", ""]
    lines += ["| | seconds | times ours | accuracy | |", "| --- | ---: | ---: | ---: | --- |"]
    for timing in timings:
        ratio, least, most = ratios(timing, ours)
        cells = [
            timing.contestant.name,
            f"{timing.median:.3g} ({min(timing.seconds):.3g}–{max(timing.seconds):.3g})",
            "1" if timing is ours else f"{ratio:.3g} ({least:.3g}–{most:.3g})",
            ", ".join(f"{value:+.3f}" for value in timing.accuracy),
            timing.contestant.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [f"| {name} | – | – | – | not installed |" for name in row.missing]
    return "\n".join(lines) + "\n"


def memory_section(peaks: dict[str, Peak | None], limit: int) -> str:
    """Peak memory of each method; None where the limit stopped it."""
    lines = [
        f"## Peak memory of an estimate on a store of 4 x the {limit} MiB that it may take",
        "",
        "Address space is what the limit is enforced on. Both are above what a tiny store takes, in MiB.",
        "",
        "| | store | address space | in use | points | all of the store fits |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for method, peak in peaks.items():
        if peak is None:
            lines.append(f"| {method} | | **above the limit** | | | |")
            continue
        fits = "yes" if peak.store_fits else "no"
        sizes = f"{peak.store:.0f} | {peak.address_space:.0f} | {peak.resident:.0f} | {peak.points}"
        lines.append(f"| {method} | {sizes} | {fits} |")
    return "\n".join(lines) + "\n"
