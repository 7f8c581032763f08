"""`infoplane new` and `infoplane update`: a study's first files, and those of a later version of the package."""

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from infoplane.errors import UserError
from infoplane.study import layout

README, REQUIREMENTS = Path(__file__).with_name("README.md"), "requirements.txt"
NAME = "infoplane"


def new(folder: Path) -> None:
    """Lay out a study, in a git repository of its own unless the folder lies in one.

    Raises:
        UserError: the folder is not empty, or git is missing.
    """
    if folder.exists() and (not folder.is_dir() or any(each.name != ".git" for each in folder.iterdir())):
        raise UserError(f"{folder} is not empty: a study wants a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    if (
        _git(folder, "rev-parse", "--is-inside-work-tree") is None
        and _git(folder, "init", "--quiet", "--initial-branch=main") is None
    ):
        raise UserError(f"git init fails in {folder}: is git installed?")
    for name in layout.files(layout.root(), (*layout.BEGINNING, *layout.PIPELINE)):
        _write(folder / name, layout.text(name))
    _write(folder / "README.md", README.read_text(encoding="utf-8").replace("STUDY", folder.resolve().name))
    _write(folder / REQUIREMENTS, requirement() + "\n")
    _write_page(folder)


def update(folder: Path) -> list[str]:
    """Give a study the pipeline of the installed package: dvc.yaml, stages/, templates, the line of requirements.txt.

    What the study has in their place must be in git, so that nothing of its own is lost.

    Returns: the files that have changed.

    Raises:
        UserError: there is no study, or one of these files has changes that are not committed.
    """
    if not all((folder / name).exists() for name in ("dvc.yaml", "params.yaml", ".dvc")):
        raise UserError(f"{folder} is no study: there are no dvc.yaml, params.yaml and .dvc")
    if (folder / "src/infoplane").exists():
        raise UserError(f"{folder} is a clone of {NAME}, and no study: update it by git pull")
    texts = {name: layout.text(name) for name in layout.files(layout.root(), layout.PIPELINE)}
    if (folder / REQUIREMENTS).exists():
        texts[REQUIREMENTS] = _with_requirement((folder / REQUIREMENTS).read_text(encoding="utf-8"))
    changed = [name for name, text in texts.items() if _read(folder / name) != text]
    if changed and (unsaved := _git(folder, "status", "--porcelain", "--untracked-files=all", "--", *changed)):
        names = ", ".join(line.split()[-1] for line in unsaved.splitlines())
        raise UserError(f"commit first, since these files are going to be replaced: {names}")
    for name in changed:
        _write(folder / name, texts[name])
    _write_page(folder)
    return changed


def requirement() -> str:
    """The line of requirements.txt that means the installed version: the commit, where it came from a repository."""
    installed = distribution(NAME)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if found := origin.get("vcs_info"):
        return f"{NAME} @ {found['vcs']}+{origin['url']}@{found['commit_id']}"
    return f"{NAME}=={installed.version}"


def _with_requirement(text: str) -> str:
    """requirements.txt with this version in the place of another one."""
    lines = text.splitlines()
    of_package = [i for i, line in enumerate(lines) if line.replace("=", " ").split()[:1] == [NAME]]
    for place in of_package:
        lines[place] = requirement()
    return "\n".join(lines) + "\n" if of_package else text


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if text.startswith("#!"):
        path.chmod(0o755)


def _write_page(folder: Path) -> None:
    """The page of `dvc plots`, which git does not hold."""
    subprocess.run([sys.executable, "-m", "infoplane.page.dvc_plots"], cwd=folder, check=True)


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
