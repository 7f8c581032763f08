"""make report: a run as one page, with its figures as PDF: reports/<run>/report.html, report.pdf, figures/.

python -m infoplane.library.report [REVISION]
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import vl_convert

from infoplane.errors import UserError
from infoplane.library.results import Results
from infoplane.page.experiments import experiments
from infoplane.page.report import Drawing, Run, page
from infoplane.planes.findings import PLANES, findings
from infoplane.storage.git import git
from infoplane.storage.revisions import RevisionFiles
from infoplane.storage.yaml_files import parse_yaml

FOLDER = Path("reports")
FIRST = ("overview/planes",)
"""Figures at the beginning; then those of each estimator, then the rest."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("infoplane", "torch", "torchvision", "numpy", "scipy", "scikit-learn", "zarr", "matplotlib", "dvc")
POINTS_A_PIXEL = 0.75
SIZE = re.compile(r'(<svg [^>]*?(?:width|height)=")([\d.]+)pt("[^>]*?(?:width|height)=")([\d.]+)pt"')
DESCRIPTION = ".//{http://purl.org/dc/elements/1.1/}description"


def write(revision: str | None, folder: Path) -> list[Path]:
    """Write the page and the figures of a run of the current repository into a folder: the files.

    Args:
        revision: an experiment, commit, branch or tag; None: the workspace as it is.

    Raises:
        UserError: there is no such revision, or it has not run.
    """
    files = RevisionFiles(revision, None)
    drawings = _drawings(files, list(Results(files).params["estimators"]))
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    written = [folder / "report.html"]
    written[0].write_text(page(_run(files, revision, drawings)), encoding="utf-8", newline="\n")
    for drawing in drawings:
        path = folder / "figures" / f"{drawing.name.replace('/', '-')}.pdf"
        path.write_bytes(to_pdf(drawing.svg))
        written.append(path)
    return [*written, *_printed(written[0])]


def to_pdf(svg: str) -> bytes:
    """A figure as PDF in its own size: vl-convert takes the pixels of an SVG, 96 to the inch, for points."""

    def in_pixels(found: re.Match) -> str:
        start, one, between, other = found.groups()
        return f'{start}{POINTS_A_PIXEL * float(one)}pt{between}{POINTS_A_PIXEL * float(other)}pt"'

    return vl_convert.svg_to_pdf(SIZE.sub(in_pixels, svg, count=1))


def _run(files: RevisionFiles, revision: str | None, drawings: list[Drawing]) -> Run:
    results = Results(files)
    params, keys = results.params, list(results.params["estimators"])
    planes = {key: results.table(f"mi/{key}") for key in keys}
    lines = findings(planes, results.table("training"), params["plot"]["units"])
    return Run(
        title=f"{params['model']} on {params['dataset']}",
        identity=_identity(revision),
        found=[f"{line[:1].upper()}{line[1:]}." for line in lines if line != PLANES],
        params=params,
        drawings=drawings,
        planes=planes,
        validation={key: results.table(f"validation/{key}") for key in keys},
        versions=_versions(files.read("requirements.txt")),
        hashes=list(_hashes(parse_yaml(files.read("dvc.lock")))),
        commands=_commands(revision),
    )


def _drawings(files: RevisionFiles, keys: list[str]) -> list[Drawing]:
    """All figures, the planes first; those of estimators that are no longer in params.yaml are left out."""
    names = [name for name in files.names("plots/figures", ".svg") if name.split("/")[0] in ("overview", *keys)]
    if not names:
        raise UserError(f"report: {files.name} has no figures: run `dvc repro`")
    order = [*FIRST, *(f"{key}/{name}" for key in keys for name in ("plane", "over_epochs")), *names]
    drawings = []
    for name in sorted(names, key=order.index):
        svg = files.read(f"plots/figures/{name}.svg")
        drawings.append(Drawing(name, svg, ElementTree.fromstring(svg).findtext(DESCRIPTION) or ""))
    return drawings


def _identity(revision: str | None) -> list[tuple[str, str]]:
    reference = experiments().get(revision, revision) if revision else "HEAD"
    commit, date = git("show", "--no-patch", "--format=%H %cI", f"{reference}^{{commit}}").split()
    rows = [("run", revision or "the workspace"), ("commit", commit), ("of", date)]
    changed = [] if revision else [line[3:] for line in git("status", "--porcelain").splitlines()]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        rows.append(("not committed", ", ".join(changed[:5]) + more))
    return rows


def _versions(requirements: str) -> list[tuple[str, str, str]]:
    pinned = dict(line.split("==", 1) for line in requirements.split() if "==" in line)
    python = ("python", "", ".".join(map(str, sys.version_info[:3])))
    return [python, *((name, pinned.get(name, ""), _installed(name)) for name in PACKAGES)]


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _hashes(lock: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Of each stage what it read of the user's, and what it wrote for others."""
    for name, stage in lock["stages"].items():
        kept = [out for out in stage.get("deps", []) if out["path"] == "params.yaml"]
        kept += [out for out in stage.get("outs", []) if out["path"].startswith(("data/", "plots/mi/"))]
        yield from ((name, out["path"], out["md5"]) for out in kept if "md5" in out)


def _commands(revision: str | None) -> list[str]:
    """What gives this run in a fresh clone."""
    clone = ["git clone <this repository> again && cd again"]
    if revision in experiments():
        take = [f"dvc exp pull origin {revision}", f"dvc exp branch {revision} {revision} && git switch {revision}"]
    else:
        commit = git("rev-parse", f"{revision or 'HEAD'}^{{commit}}").strip()
        take = [f"git checkout {commit}"]
    make = ["make repro" if Path("Makefile").exists() else "pip install -r requirements.txt && dvc repro"]
    return [*clone, *take, *make, "dvc metrics diff                # no line: the same scalars"]


def _printed(page: Path) -> list[Path]:
    """The page as PDF, where there is a browser that prints; none otherwise."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return []
    path = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
        ]
        command = [browser, *options, f"--print-to-pdf={path.resolve()}", page.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode or not path.exists():
        raise UserError(f"report: {browser} could not print {page}: {done.stderr.strip()[-200:]}")
    return [path]


def main() -> None:
    revision = sys.argv[1] if len(sys.argv) > 1 else None
    folder = FOLDER / (revision or "workspace").replace("/", "-")
    try:
        written = write(revision, folder)
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"{folder / 'report.html'}, with {len(written)} files in {folder}/")
    if folder / "report.pdf" not in written:
        print("no report.pdf: no Chromium is installed; print report.html from a browser")


if __name__ == "__main__":
    main()
