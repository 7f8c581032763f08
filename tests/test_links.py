"""Every link in a page of Markdown leads to a file that is there, and to a heading of it."""

import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


def pages() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split() if (ROOT / name).exists()]


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = HEADING.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def dead(page: Path) -> list[str]:
    found = []
    for link in LINK.findall(CODE.sub("", page.read_text())):
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if "://" in link or link.startswith("mailto:"):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("name", pages())
def test_links_lead_somewhere(name: str):
    assert dead(ROOT / name) == []


def test_every_page_of_docs_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "docs/site/mkdocs.yml").read_text().split("nav:\n  -")[1]
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in navigation] == []


def test_dead_links_are_found(tmp_path: Path):
    (tmp_path / "other.md").write_text("# A heading, of `code`\n\n```\n# no heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text("[a](other.md#a-heading-of-code) [b](other.md#no-heading) [c](none.md) `[d](none.md)`\n")
    assert dead(page) == ["other.md#no-heading", "none.md"]
