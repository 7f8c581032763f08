"""Files of the user's own: images, arrays, tables, weights, activations, below one folder, so that DVC sees changes.

params.yaml's `inputs` names the folder, on which the stage `check` depends; other keys name paths below it.
"""

from itertools import takewhile
from pathlib import Path

from infoplane import clone
from infoplane.errors import UserError
from infoplane.named import PARAMS


def located(folder: str, name: str, key: str, written: str | None = None) -> Path:
    """A file or folder of the user's.

    Args:
        folder: params.yaml's `inputs`.
        name: the path below it; one that begins with it, or an absolute one, is taken as it is.
        key: of params.yaml, where the name stands, for errors.
        written: what stands there, where the name is a part of it.

    Raises:
        UserError: there is nothing of this name, or it lies elsewhere.
    """
    root, written = Path(folder).resolve(), written or name
    candidates = [Path(folder) / name, Path(name)]
    below = [path for path in candidates if path.resolve().is_relative_to(root)]
    for path in below:
        if path.exists():
            return path
    if not below:
        raise UserError(
            f"{PARAMS}: {key} = {written!r}: must lie below inputs = {folder!r}, so that DVC sees a change: move it "
            "there, or set inputs to the folder in which it lies"
        )
    raise UserError(
        f"{PARAMS}: {key} = {written!r}: {below[0].as_posix()} does not exist{_left_in_the_clone(folder, below[0])}"
    )


def matching(folder: str, pattern: str, key: str) -> list[Path]:
    """The files of the user's whose paths below the folder match a pattern with *, ? or [...], in order of their names.

    Args:
        folder, key: as of `located`, which is what a name without such characters goes to.

    Raises:
        UserError: none does.
    """
    if _is_plain(pattern):
        return [located(folder, pattern, key)]
    below = pattern.removeprefix(f"{folder}/")
    try:
        found = sorted(path for path in Path(folder).glob(below) if path.is_file())
    except (ValueError, NotImplementedError) as error:
        raise UserError(f"{PARAMS}: {key} = {pattern!r}: {error}") from error
    if not all(path.resolve().is_relative_to(Path(folder).resolve()) for path in found):
        raise UserError(f"{PARAMS}: {key} = {pattern!r}: leads out of inputs = {folder!r}, where DVC sees no change")
    if not found:
        hint = _left_in_the_clone(folder, Path(folder, below))
        raise UserError(f"{PARAMS}: {key} = {pattern!r}: no file below {folder}/ matches{hint}")
    return found


def _is_plain(name: str) -> bool:
    return not any(letter in name for letter in "*?[")


def _left_in_the_clone(folder: str, path: Path) -> str:
    """What takes a path along that an experiment lacks in its own folder, where git does not know it; else nothing."""
    if clone.experiment() is None or path.is_absolute():
        return ""
    root = clone.root().resolve()
    plain = Path(*takewhile(_is_plain, path.parts))
    paths = [root / plain] if plain != Path(folder) else sorted(root.glob(path.as_posix()))
    options = " ".join(f"-C {each.relative_to(root).as_posix()}" for each in paths if each.exists())
    return f"; the clone has it: with --temp or --queue, add {options}" if options else ""


def files(path: Path) -> list[Path]:
    """The file, or all files below the folder, in order of their names; hidden ones and DVC's own are left out."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
