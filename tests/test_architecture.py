"""docs/architecture.md names every folder, and says what the folder says of itself."""

import re
import subprocess

from conftest import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()
NAMED = set(re.findall(r"^\| `([^`]+)/` \|", PAGE, re.MULTILINE))
UNNAMED = {".ci", ".dvc", "data", "metrics", "plots", "docs/validation"}
"""What runs write, or tools need: README.md and docs/validation/README.md say what is in them."""


def folders() -> set[str]:
    """Folders of files that git tracks, as far down as a newcomer looks."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    every = {name.rpartition("/")[0] for name in tracked if "/" in name}
    tops = {folder.split("/")[0] for folder in every}
    return tops | {folder for folder in every if folder.startswith("src/infoplane/")} - {"src"}


def test_every_folder_is_named_and_no_other():
    here = folders() - {"src"} | {"src/infoplane"}
    assert here - UNNAMED - NAMED == set()
    assert {name for name in NAMED if not (ROOT / name).is_dir()} == set()
