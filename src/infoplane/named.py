"""What a name in params.yaml stands for: a file of the package, or, as `module:Name`, one of the user's in extensions/.

Nothing is registered anywhere: a name is found when it is asked for.
"""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from infoplane import clone
from infoplane.errors import UserError, in_one_line
from infoplane.sources import Keyword, Source

PARAMS = Path("params.yaml")
OWN = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")

SHOWN, SHOWN_AT_MOST = 4, 24
"""Of what could have been meant: the nearest names, and how long a list is shown as a whole."""


class Named(NamedTuple):
    """Something that params.yaml names.

    Attributes:
        key: of params.yaml, for errors, such as `model`.
        name: what stands there, such as `mlp` or `my_module:MyNet`.
        source: the file.
        attribute: what of the file is meant, such as `Mlp` or `estimate`.
        kind: what that is, in words, with a place for the attribute.
    """

    key: str
    name: str
    source: Source
    attribute: str
    kind: str = "{}"

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own."""
        return is_own(self.name)

    def keywords(self) -> dict[str, Keyword]:
        """Its keyword-only arguments: the schema of its section in params.yaml.

        Raises:
            UserError: the file of the user's cannot be read, or has no such function or class.
        """
        return self._of_the_users(lambda: self.source.keywords(self.attribute))

    def value(self, name: str, default: Any = None) -> Any:
        """A constant that the file declares beside it, or the default.

        Raises:
            UserError: the file of the user's cannot be read.
        """
        return self._of_the_users(lambda: self.source.value(name, default))

    def mark(self, decorator: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the decorator with which the function is marked, by place and by name.

        Raises:
            UserError: the file of the user's cannot be read, or has no function with this mark.
        """
        marked = self._of_the_users(lambda: self.source.decorated(decorator))
        if self.attribute not in marked:
            raise self.unmarked(decorator)
        return marked[self.attribute]

    def unmarked(self, decorator: str) -> UserError:
        """The error where a function lacks its decorator."""
        return self._error(
            f"{self.source.module} has no function {self.attribute} that is marked with @{decorator}(...)"
        )

    def load(self) -> Any:
        """The function or class itself; imports the file.

        Raises:
            UserError: the file of the user's cannot be imported, or has no such name.
        """
        return self._of_the_users(lambda: self.source.load(self.attribute))

    def _of_the_users(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (Exception, SystemExit) as error:  # whatever the user's file does when it is read or run
            if isinstance(error, AttributeError) and error.name == self.attribute:
                raise self.lacking() from None
            if not self.is_own:
                raise
            raise self._error(f"the module {self.source.module} cannot be imported: {in_one_line(error)}") from error

    def lacking(self) -> UserError:
        """The error where the file has nothing of this name, or something of another kind."""
        return self._error(f"{self.source.module} has no {self.kind.format(self.attribute)}")

    def _error(self, reason: str) -> UserError:
        return UserError(f"{PARAMS}: {self.key} = {self.name!r}: {reason}")


def choice(value: object, allowed: Sequence[str]) -> str:
    """What a value must be instead, for errors: one of the allowed, the nearest of which are named, or all if few."""
    nearest = get_close_matches(str(value), allowed, n=SHOWN, cutoff=0.4)
    if len(allowed) > SHOWN_AT_MOST:
        return f"must be one of {len(allowed)} names, such as {', '.join(nearest or allowed[:SHOWN])}"
    return f"must be one of {', '.join(allowed)}" + (f" (nearest: {', '.join(nearest)})" if nearest else "")


def is_own(name: str) -> bool:
    """Whether a name in params.yaml means something of the user's own."""
    return ":" in name


def own(key: str, name: str, kind: str) -> Named:
    """What a name of the form `module:Name` stands for.

    Args:
        key: of params.yaml.
        kind: of what is named, such as `function {}`, for errors.

    Raises:
        UserError: it has another form, or there is no such module.
    """
    parts = OWN.fullmatch(name)
    if parts is None:
        raise UserError(f"{PARAMS}: {key} = {name!r}: must be `module:Name`")
    try:
        source = Source.of_module(parts[1])
    except (Exception, SystemExit) as error:  # looking for a module of a package runs the package
        reason = _not_in_git(parts[1]) or in_one_line(error)
        raise UserError(f"{PARAMS}: {key} = {name!r}: the module {parts[1]} cannot be imported: {reason}") from error
    return Named(key, name, source, parts[2], kind)


def _not_in_git(module: str) -> str | None:
    """Why an experiment in a folder of its own lacks a module of the user's: it holds the files that git knows."""
    place = Path("extensions", *module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if clone.experiment() and (clone.root() / file).is_file() and not file.exists():
            return f"an experiment holds the files that git knows: git add {file.as_posix()}"
    return None


def in_folder(key: str, name: str, folder: Path, package: str, function: str) -> Named:
    """A function that stands in each file of a folder of ours, or one of the user's own.

    Args:
        key: of params.yaml, for errors.
        name: of the file, or `module:function`.
        package: that the folder is.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    if is_own(name):
        return own(key, name, "function {}")
    return Named(key, name, Source(files(folder, without="parts")[name], f"{package}.{name}"), function)


def files(folder: Path, *, without: str = "") -> dict[str, Path]:
    """The files of a room by name, in order; a folder with an `__init__` is one, too.

    Args:
        without: a folder that holds what the others share.
    """
    found = {path.stem: path for path in folder.glob("[!_]*.py")}
    found |= {path.parent.name: path for path in folder.glob("*/__init__.py") if path.parent.name != without}
    return dict(sorted(found.items()))
