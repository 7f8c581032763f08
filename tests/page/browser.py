"""Pages in headless Chromium, as they stand when their scripts have run, and what a script of a test finds in them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=10000",  # scripts run to their end before the page is read
]


def dom_of(address: str, profile: Path, *flags: str, timeout: float = 120) -> str:
    """The page at an address; the last flag of a name counts, so that one given here goes before those of all pages."""
    command = [str(CHROMIUM), *FLAGS, *flags, f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout).stdout


def with_script(page: str, script: str, path: Path) -> str:
    """Write the page with a script of the test's at its end: its address."""
    start, end = page.rsplit("</body>", 1)  # the last one: Vega writes others within its strings
    path.write_text(start + script + end, encoding="utf-8")
    return path.as_uri()


def found_in(page: str, probe: str, path: Path, *flags: str, link: str = "") -> dict:
    """What a script that ends with `FOUND...END` finds in a page.

    Args:
        link: what the address has after the file's name.
    """
    dom = dom_of(with_script(page, probe, path) + link, path.parent / "user", *flags, timeout=300)
    answer = re.search("FOUND(.*?)END", dom)
    assert answer, dom[-2000:]
    found = json.loads(unquote(answer[1]))
    assert "error" not in found, found["error"]
    return found
