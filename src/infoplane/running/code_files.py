"""data/code/<stage>.json: every file of code that the results of a stage depend on, with its SHA-256.

The files are computed, not listed: what a stage's script imports is followed from file to file through the package and
the user's extensions. DVC compares one such file for each stage, so that a change of the code reruns what it touches.
"""

import ast
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from infoplane.running import file_digests

BESIDE = (".html", ".js")
"""Endings of files that count with a module whose name theirs begins with."""
PACKAGE = Path(__file__).resolve().parents[1]
"""infoplane as it is imported: below src/ in a clone, and elsewhere where a study uses an installed one."""
OWN = (Path("extensions"), Path("stages"))
"""Where other modules lie, below the root of the repository."""
KEPT = "file_digests.json"
"""Beside data/code."""


class Code(NamedTuple):
    """What the results of a stage depend on.

    Attributes:
        imported: files that it runs; what they import counts, too.
        read: files that it reads without running them, code or the user's own.
    """

    imported: tuple[Path, ...]
    read: tuple[Path, ...] = ()


def write(stages: Mapping[str, Code], folder: Path) -> None:
    """Write a file for each stage, and remove those of stages that are no more.

    Hashes of files that are no code are kept in a file beside the folder (`file_digests`).
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    of_stages = {stage: all_files(code) for stage, code in stages.items()}
    data = {path for code in stages.values() for path in map(Path.resolve, code.read) if not _is_ours(path)}
    of_data = file_digests.kept_sha256(sorted(data), folder.parent / KEPT) if data else {}
    for stage, paths in of_stages.items():
        files = {_name(path): of_data.get(path) or _sha256(path) for path in paths}
        (folder / f"{stage}.json").write_text(json.dumps(dict(sorted(files.items())), indent=1) + "\n")


def all_files(code: Code) -> set[Path]:
    """The files of a stage: what it imports, directly or not, what lies beside these, and what it reads."""
    followed, waiting = set(), [path.resolve() for path in code.imported]
    while waiting:
        path = waiting.pop()
        if path not in followed:
            followed.add(path)
            waiting += _imported(path)
    return followed | {path.resolve() for path in code.read} | {each for path in followed for each in _beside(path)}


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """The files that a file imports, wherever in it, and the packages around them."""
    root = _root_of(path)
    roots = {root, PACKAGE.parent, *(each.resolve() for each in OWN)}
    package = path.relative_to(root).parts[:-1]
    names = set(_imported_names(ast.parse(path.read_text(encoding="utf-8"), path), package))
    # an import of a module runs the packages that it lies in
    prefixes = {name[: i + 1] for name in names for i in range(len(name))}
    places = [each.joinpath(*prefix) for prefix in prefixes for each in roots]
    candidates = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return tuple(sorted(file for file in candidates if file.is_file() and _is_code_of_ours(file, path)))


def _imported_names(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Dotted names of modules, and of what is taken from them, which may be modules; not those for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((*module, alias.name) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _imported_names(ast.Module(node.orelse, []), package)
        else:
            yield from _imported_names(node, package)


def _root_of(path: Path) -> Path:
    """The folder from which a file is imported: one of ours, or the first above it that is no package."""
    for root in OWN:
        if path.is_relative_to(root.resolve()):
            return root.resolve()
    return next(folder for folder in path.parents if not (folder / "__init__.py").exists())


def _is_code_of_ours(file: Path, importing: Path) -> bool:
    """Whether to follow an import: within what is ours always, elsewhere within one folder or package."""
    if _is_ours(file):
        return True
    root = _root_of(importing)
    return file.is_relative_to(root) and file.relative_to(root).parts[0] == importing.relative_to(root).parts[0]


def _is_ours(file: Path) -> bool:
    """Whether a file is of the package, or lies where the repository's code does."""
    return any(file.is_relative_to(folder.resolve()) for folder in (PACKAGE, *OWN))


def _beside(path: Path) -> Iterable[Path]:
    """Files that belong to a module by their name: explorer.html and explorer_spec.js to explorer.py."""
    own = path.stem if path.stem != "__init__" else path.parent.name
    return (file for file in path.parent.glob(f"{own}*") if file.suffix in BESIDE)


def _name(path: Path) -> str:
    """A file's name on every machine: an installed package lies where the machine's Python has it."""
    here = Path.cwd()
    if path.is_relative_to(PACKAGE) and here / "src" != PACKAGE.parent:
        return path.relative_to(PACKAGE.parent).as_posix()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


@cache
def _sha256(path: Path) -> str:
    return file_digests.sha256(path)
