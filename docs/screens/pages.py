"""What a reader of a page types: the commands that it indents, and its blocks of Python."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

COMMANDS = "dvc|make|git|python|pip|cp|infoplane|source|export|du|dask|cd|[A-Z_]+=\\S+ (?:[A-Z_]+=\\S+ )?dvc"
COMMAND = re.compile(rf" {{4,}}(?:{COMMANDS})(?: |\b)")
FENCE = re.compile(r"\s*```(\w*)")
OF_EXTENSION = re.compile(r"`(extensions/\w+\.py)`")


@dataclass(frozen=True)
class Step:
    """One thing to type.

    Attributes:
        page: where it stands.
        text: a command, or lines of Python.
        file: for Python that belongs into a file, its name; None: it is run; empty for commands.
    """

    page: str
    text: str
    file: str | None = ""

    @property
    def is_python(self) -> bool:
        return self.file != ""

    @property
    def title(self) -> str:
        """The command, or the first words of the Python, in one line."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        if self.file:
            return f"{self.file} is written"
        if not self.is_python:
            return " ".join(part.rstrip("\\").strip() for part in lines)
        telling = [line for line in lines if not re.match(r"import |from |#|\s", line)]
        return f"Python: {(telling or lines)[0]} ..."


def steps(page: str, text: str) -> list[Step]:
    """All steps of a page, in order."""
    return list(_steps(page, text.splitlines()))


def _steps(page: str, lines: list[str]) -> Iterator[Step]:
    fence, block, said = None, [], ""
    command: list[str] = []
    for line in lines:
        if found := FENCE.match(line):
            if fence == "python":
                names = OF_EXTENSION.findall(said)
                yield Step(page, "\n".join(block), names[-1] if names else None)
            fence, block = (found[1] if fence is None else None), []
            said = "" if fence is None else said
        elif fence is not None:
            block.append(line)
        elif command or COMMAND.match(line):
            command.append(line)
            if not _goes_on(command):
                yield Step(page, _without_comments(command))
                command = []
        elif line.strip():
            said += line
        else:
            said = said if said.endswith(":") else ""


def _goes_on(command: list[str]) -> bool:
    """Whether a command ends with a backslash, or within quotes."""
    if command[-1].endswith("\\"):
        return True
    try:
        shlex.split("\n".join(command), comments=True)
    except ValueError:
        return True
    return False


def _without_comments(command: list[str]) -> str:
    return "\n".join(re.sub(r"\s+# .*", "", line).strip() for line in command)
