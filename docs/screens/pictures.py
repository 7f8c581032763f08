"""Pictures of the pages that a run writes, by headless Chromium, as files of a few colours."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from PIL import Image

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DARK = "--blink-settings=preferredColorScheme=0"
NARROWEST = 500  # of a window; a narrower page stands in a frame
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=20000")
COLOURS = 96


class Shot(NamedTuple):
    """A page by its place from the clone, how wide and high, and the words below it."""

    page: str
    width: int
    height: int
    words: str
    dark: bool = False


SHOTS = {
    "planes-1280": Shot("../default/planes.html", 1280, 860, "plots/planes.html, 1280 pixels wide"),
    "planes-1280-dark": Shot("../default/planes.html", 1280, 860, "the same, dark", True),
    "planes-390": Shot("../default/planes.html", 390, 1960, "the same, 390 pixels wide"),
    "planes-390-dark": Shot("../default/planes.html", 390, 1960, "the same, 390 pixels wide, dark", True),
    "plots-diff": Shot("dvc_plots/index.html", 1280, 2400, "`dvc plots diff main my-cnn`"),
    "comparison": Shot("comparison.html", 1280, 2000, "`make compare A='seed*' B=main`"),
    "report": Shot("reports/my-cnn/report.html", 1100, 2000, "`make report REV=my-cnn`"),
    "site": Shot("site/index.html", 1280, 1400, "`make docs`"),
    "site-390": Shot("site/docs/choosing/index.html", 390, 1400, "a page of it, 390 pixels wide"),
}


def take(clone: Path, folder: Path, work: Path) -> dict[str, str]:
    """Take pictures of what is there: the names of their files, and what each shows."""
    drawn = {}
    for name, shot in SHOTS.items():
        if BROWSER and (clone / shot.page).exists():
            picture = screenshot(BROWSER, (clone / shot.page).resolve().as_uri(), shot, work)
            picture.quantize(COLOURS).save(folder / f"{name}.png", optimize=True)
        if (folder / f"{name}.png").exists():
            drawn[f"{name}.png"] = shot.words
    return drawn


def screenshot(browser: str, address: str, shot: Shot, work: Path) -> Image.Image:
    if shot.width < NARROWEST:
        frame = work / "frame.html"
        style = f"border: 0; width: {shot.width}px; height: {shot.height}px"
        frame.write_text(f'<body style="margin: 0"><iframe style="{style}" src="{address}"></iframe>')
        address = frame.as_uri()
    file = work / "shot.png"
    command = [browser, *FLAGS, *([DARK] if shot.dark else []), f"--user-data-dir={work / 'browser'}"]
    command += [f"--window-size={max(shot.width, NARROWEST)},{shot.height}", f"--screenshot={file}", address]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return Image.open(io.BytesIO(file.read_bytes())).convert("RGB").crop((0, 0, shot.width, shot.height))
