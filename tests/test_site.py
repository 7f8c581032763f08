"""make docs: no warning, no dead link in what comes out, and nothing that is loaded from a network."""

import re
import runpy
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from conftest import ROOT
from infoplane import PUBLIC, estimators, measures
from papers import presets

pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings_handlers.python")
pytestmark = pytest.mark.slow
CONFIG = ROOT / "docs/site/mkdocs.yml"


class Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("script", "img", "link", "source") and (address := given.get("src") or given.get("href")):
            self.loads.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        patch.setattr(sys, "argv", ["assemble.py", str(folder / "docs")])
        runpy.run_path(str(ROOT / "docs/site/assemble.py"), run_name="__main__")
        build(load_config(str(CONFIG), docs_dir=str(folder / "docs"), site_dir=str(folder / "site"), strict=True))
    return folder / "site"


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text()) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_link_leads_somewhere(site: Path, read: dict[Path, Page]):
    dead = []
    for path, page in read.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = read[target].anchors if target in read else set()
            if not target.exists() or (target in read and parts.fragment and parts.fragment not in known):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []


def test_nothing_is_loaded_from_a_network(read: dict[Path, Page]):
    assert len(read) > 25
    assert [address for page in read.values() for address in page.loads if "//" in address] == []


def test_all_of_the_package_that_is_public_is_in_the_reference(site: Path):
    ours = Page((site / "reference/infoplane.html").read_text()).anchors
    assert {f"{module}.{name}" for name, module in PUBLIC.items()} <= ours
    methods = Page((site / "reference/estimators.html").read_text()).anchors
    assert {f"infoplane.estimators.{name}.estimate" for name in estimators.names()} <= methods
    named = Page((site / "reference/measures.html").read_text()).anchors
    assert {f"infoplane.measures.{name}.measure" for name in measures.names()} <= named


def test_every_paper_hangs_in_the_gallery(site: Path):
    page = Page((site / "papers/gallery.html").read_text())
    assert set(presets.names()) <= page.anchors
    assert sum("figures/" in address for address in page.loads) >= 7


def test_entries_of_lists_keep_what_belongs_to_them(site: Path):
    # of docs/estimators.md: an example within an entry, which Python's Markdown would end the list at
    text = (site / "docs/estimators.html").read_text()
    assert re.search(r"<li><strong>In Python</strong>(?:(?!</li>).)*estimate = reduced", text, re.DOTALL)
