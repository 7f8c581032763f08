"""What the screen showed, as text of every page, a few commands as pictures, and the table of all steps."""

import io
import re
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

AS_PICTURES = {
    "make repro": "make-repro",
    "dvc exp run --temp -n my-cnn": "experiment",
    "make table": "make-table",
    "make compare A=main": "make-compare",
    "dvc exp push": "sharing",
}
WAITS = "not walked yet"
LINES, LETTERS = 48, 110
"""Of a picture: the last lines, and their width."""
ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
"""Fonts that would come from the network, and the library's word on itself."""
HEAD = """# The pages, walked

`python docs/screens/walk.py FOLDER` clones the last commit, with another HOME and a bare environment, types what the
README and the how-to pages show, and writes this page. The default run is the README's; from the first experiment on,
settings are small, each is one with `--temp -n`, and runs as far as the plane that it is about (`plan.py` says all of
this). Measured on two cores beside other work. What the screen showed is in `terminal/`, a text for each page.

"""


class Done(NamedTuple):
    """A step that was walked.

    Attributes:
        title: what the page shows.
        shown: the command as it was typed, and what the screen showed.
        seconds: it took.
        result: `done`, or in words why not.
    """

    title: str
    shown: str
    seconds: float
    result: str


def last_line(shown: str) -> str:
    return next((line for line in reversed(shown.splitlines()) if line.strip()), "")[:120]


def write(folder: Path, walked: dict[str, list[Done]], drawn: dict[str, str]) -> None:
    """Write texts, pictures of the terminal and README.md.

    Args:
        drawn: file names of further pictures, and what each shows.
    """
    terminal = folder / "terminal"
    terminal.mkdir(exist_ok=True)
    for page, steps in walked.items():
        shown = [f"{done.shown}\n[{done.seconds:.0f} s]\n" for done in steps if done.shown]
        if shown:
            (terminal / f"{Path(page).stem.lower()}.txt").write_text("\n".join(shown), encoding="utf-8")
        for done in steps:
            for start, name in AS_PICTURES.items():
                if done.title.startswith(start) and done.shown:
                    path = terminal / f"{name}.svg"
                    path.write_text(picture(done.shown, start), encoding="utf-8")
                    drawn |= {f"terminal/{name}.svg": f"`{start}`"}
    (folder / "README.md").write_text(HEAD + table(walked) + gallery(drawn), encoding="utf-8")


def picture(shown: str, title: str) -> str:
    """A terminal as SVG, which asks the network for nothing."""
    lines = shown.splitlines()
    kept = lines if len(lines) <= LINES else [lines[0], "...", *lines[-LINES + 2 :]]
    console = Console(record=True, width=LETTERS, file=io.StringIO())
    console.print(Text("\n".join(kept)))
    return ELSEWHERE.sub("", console.export_svg(title=title))


def table(walked: dict[str, list[Done]]) -> str:
    rows = ["| page | step | s | |", "| --- | --- | ---: | --- |"]
    for page, steps in walked.items():
        for done in steps:
            if done.result == WAITS:
                continue
            seconds = f"{done.seconds:.0f}" if done.shown else ""
            title = done.title if len(done.title) <= 100 else done.title[:97] + "..."
            rows.append(f"| {Path(page).stem} | `{_cell(title)}` | {seconds} | {_cell(done.result)} |")
        if waiting := sum(done.result == WAITS for done in steps):
            rows.append(f"| {Path(page).stem} | {waiting} steps |  | {WAITS} |")
    total = sum(done.seconds for steps in walked.values() for done in steps)
    taken = sum(bool(done.shown) for steps in walked.values() for done in steps)
    return "\n".join([*rows, "", f"{taken} steps in {total / 60:.0f} minutes.", ""])


def gallery(drawn: dict[str, str]) -> str:
    return "".join(f"\n## {words}\n\n![{words}]({name})\n" for name, words in drawn.items())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
