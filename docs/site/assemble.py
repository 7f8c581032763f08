"""Gathers build/docs for mkdocs, in the layout of the repository: pages, what they link to, and what is made of code.

    python docs/site/assemble.py [FOLDER]

The pages are those of the repository. Made here are the tour, from its notebook, the gallery, from papers/, and the
reference, which mkdocstrings fills from docstrings.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import infoplane  # noqa: E402
from infoplane import estimators, measures  # noqa: E402
from papers import presets  # noqa: E402

PAGES = ("README.md", "docs/*.md", "docs/*/*.md", "papers/*.md", "benchmarks/*.md", "inputs/*.md", "extensions/*.md")
LINK = re.compile(r"\]\(([^)#\s]+)")
FENCE = re.compile(r"\s*```")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/docs"
    shutil.rmtree(folder, ignore_errors=True)
    for page in sorted(page for pattern in PAGES for page in ROOT.glob(pattern)):
        text = page.read_text(encoding="utf-8")
        put(folder / page.relative_to(ROOT), nested_by_four(text))
        for target in linked(page, text):
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / target, folder / target)
    tour(folder / "docs")
    put(folder / "papers/gallery.md", gallery())
    for name, text in (("infoplane", library()), ("estimators", of_estimators()), ("measures", of_measures())):
        put(folder / f"reference/{name}.md", text)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def linked(page: Path, text: str) -> Iterator[Path]:
    """Files that a page links to and that are no pages, below the root."""
    for name in LINK.findall(text):
        target = (page.parent / name).resolve()
        if "://" not in name and target.is_file() and target.suffix != ".md":
            yield target.relative_to(ROOT)


def nested_by_four(text: str) -> str:
    """What belongs to an entry of a list is indented by two on GitHub; Python's Markdown asks for four."""
    lines, in_list, fenced = [], False, False
    for line in text.split("\n"):
        if FENCE.match(line):
            fenced = not fenced
        if not fenced and line and not line.startswith(" "):
            in_list = line.startswith("- ")
        lines.append(f"  {line}" if in_list and line.startswith("  ") else line)
    return "\n".join(lines)


def tour(folder: Path) -> None:
    """docs/tour.ipynb as a page: what is written, what is run, and what came out, as text or as a picture."""
    parts = []
    for number, cell in enumerate(nbformat.read(ROOT / "docs/tour.ipynb", as_version=4).cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        language, source = (
            ("bash", cell.source.partition("\n")[2]) if cell.source.startswith("%%bash") else ("python", cell.source)
        )
        parts.append(f"```{language}\n{source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                (folder / f"tour-{number}.png").write_bytes(bytes_of(data["image/png"]))
                parts.append(f"![What it draws](tour-{number}.png)")
            elif text := output.get("text", data.get("text/plain", "")):
                parts.append(f"```text\n{text.rstrip()}\n```")
    put(folder / "tour.md", "\n\n".join(parts) + "\n")


def bytes_of(image: str) -> bytes:
    from base64 import b64decode

    return b64decode(image)


def gallery() -> str:
    """A picture for each paper, with its finding and the command that runs it."""
    parts = ["# Gallery", "What came out, in numbers, and what did not: [papers](README.md)."]
    for name in presets.names():
        words = presets.read(name).words
        drawn = [stem for stem in (name, f"{name}-quick") if (ROOT / f"papers/figures/{stem}.png").exists()]
        parts += [f"## {name}", f"{words['source']}, {words['figure']}.", str(words["finding"]), outcome(name)]
        parts += [f"![Planes of {drawn[0]}](figures/{drawn[0]}.png)"] if drawn else ["Not drawn yet."]
        parts.append(f"    make paper-{name}")
    return "\n\n".join(parts) + "\n"


def outcome(name: str) -> str:
    """What came out, of the table in papers/README.md: ours, and whether it holds; empty where it has not been run."""
    table = (ROOT / "papers/README.md").read_text(encoding="utf-8")
    row = next((line.split(" | ") for line in table.splitlines() if line.startswith(f"| `{name}` |")), None)
    return f"**{row[3][:1].upper()}{row[3][1:]}.** {row[2][:1].upper()}{row[2][1:]}." if row else ""


def library() -> str:
    """The names of the package that are for use from Python."""
    where = {name: infoplane.PUBLIC[name] for name in infoplane.__all__}
    entries = [f"::: {module}.{name}" for name, module in where.items()]
    head = "# infoplane\n\nWhat `import infoplane` gives; [From Python](../docs/library.md) shows how it is used."
    return "\n\n".join([head, *entries]) + "\n"


def of_estimators() -> str:
    head = (
        "# Estimators\n\n`infoplane.estimate(name, x, t, y, ...)`, or `method: name` in params.yaml, where the keywords"
        " are the keys of the section. [What it is, and when it lies](../docs/estimators.md)."
    )
    entries = [f"::: infoplane.estimators.{name}\n    options: {{members: [estimate]}}" for name in estimators.names()]
    return "\n\n".join([head, *entries]) + "\n"


def of_measures() -> str:
    page = "[layers beside their information](../docs/measures.md)"
    head = f"# Measures\n\nEntries of `measures.which` in params.yaml: {page}."
    entries = [f"::: infoplane.measures.{name}\n    options: {{members: [measure]}}" for name in measures.names()]
    return "\n\n".join([head, *entries]) + "\n"


if __name__ == "__main__":
    main()
