"""What a study is laid out from: files of infoplane's own repository, which the wheel brings along.

`setup.py` runs this file before there is a package, so that it imports nothing of ours.
"""

import shutil
from pathlib import Path

PIPELINE = ("dvc.yaml", "stages/run", "stages/*.py", ".dvc/plots/*.json")
"""What belongs to a version of the package."""
BEGINNING = (
    "params.yaml", "extensions/README.md", "inputs/README.md", ".gitignore", ".dvcignore", ".dvc/config",
    ".dvc/.gitignore",
)  # fmt: skip
"""What is the study's own as soon as it is there."""
PACKED = Path(__file__).with_name("layout")
"""Where the wheel has these files; in a clone they lie at its root."""
FOR_A_STUDY = {
    "stages/run": (("export PYTHONPATH=src:extensions\n", "export PYTHONPATH=extensions\n"),),
    "dvc.yaml": (
        ("      - src/infoplane\n", ""),
        (
            "    cmd: stages/run check\n",
            "    cmd: stages/run check\n"
            "    always_changed: true        # the installed package may be another one, which only check sees\n",
        ),
    ),
}
"""Where files of a study differ from those of a clone, whose package lies in src/."""


def root() -> Path:
    """The folder below which the files lie."""
    return PACKED if PACKED.is_dir() else Path(__file__).parents[3]


def files(folder: Path, patterns: tuple[str, ...]) -> list[str]:
    """The names of the files below a folder that patterns stand for.

    Raises:
        FileNotFoundError: none does for one of them.
    """
    found = []
    for pattern in patterns:
        names = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
        if not names:
            raise FileNotFoundError(f"{folder / pattern}: there is no such file")
        found += names
    return found


def pack(clone: Path, folder: Path) -> None:
    """Copy all of the files from the root of a clone, for a wheel."""
    for name in files(clone, (*PIPELINE, *BEGINNING)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clone / name, folder / name)


def text(name: str) -> str:
    """A file as a study has it.

    Raises:
        ValueError: it is no longer what `FOR_A_STUDY` was written for.
    """
    content = (root() / name).read_text(encoding="utf-8")
    for here, there in FOR_A_STUDY.get(name, ()):
        if content.count(here) != 1:
            raise ValueError(f"{name} should hold {here.strip()!r} once")
        content = content.replace(here, there)
    return content
