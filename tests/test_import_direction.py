"""Imports point one way: each room imports from lower floors alone, and no two modules import each other."""

import ast
from pathlib import Path

import pytest

from conftest import ROOT

PACKAGE = ROOT / "src/infoplane"
FLOORS = (
    {"clone", "flags", "population", "tolerance"},
    {"information", "errors"},
    {"sources"},
    {"named"},
    {"inputs", "npz_member"},
    {"datasets"},
    {"storage"},
    {"running", "objectives"},
    {"models", "estimators"},
    {"measures", "reductions"},
    {"settings", "similarity"},
    {"training", "planes", "known"},
    {"readout", "learning"},
    {"figures"},
    {"page"},
    {"library", "study"},
)
"""From the lowest up. `settings` reads what networks and estimators declare; nothing below imports it."""
BUILD_FROM_SETTINGS = {"training", "learning", "library"}
"""Rooms that build what params.yaml, or a caller, asks for; all others are told what they need by the stages."""
FILES = sorted(PACKAGE.rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports within the package are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module or "" for name in names}
    return found & set(MODULES)


def room(name: str) -> str:
    return name.removeprefix("infoplane").lstrip(".").split(".")[0]


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room(name) in rooms)


def test_every_room_has_a_floor():
    assert {room(name) for name in MODULES} - {""} == set().union(*FLOORS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_import_upward_or_into_another_room_of_the_floor(path: Path):
    own = module(path)
    if own == "infoplane":
        assert not imports(path)
        return
    for name in imports(path) - {"infoplane"}:
        assert room(name) == room(own) or floor(name) < floor(own), f"{own} imports {name}"
        if room(name) == "settings":
            assert room(own) in {"settings", *BUILD_FROM_SETTINGS}, f"{own} imports {name}"


def test_no_circle():
    graph = {name: imports(path) for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join([*above, name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in FILES}), ids=lambda f: f.relative_to(PACKAGE).as_posix()
)
def test_every_folder_says_what_it_holds(folder: Path):
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert text
    assert text.split("\n")[0].endswith(".")


def test_only_the_stores_know_zarr():
    users = {room(name) for name, path in MODULES.items() if "import zarr" in path.read_text(encoding="utf-8")}
    assert users == {"storage"}
