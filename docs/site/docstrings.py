"""For mkdocstrings: two habits of our docstrings in the form that Google's style has.

`Returns: what`, in one line or more, becomes a section; `low, high: ends of the bar` two entries.
"""

import inspect
import re
from typing import Any

import griffe

ON_ONE_LINE = re.compile(r"^(Returns|Raises): (\S.*(?:\n +\S.*)*)", re.MULTILINE)
SEVERAL = re.compile(r"^( +)(\w+(?:, \w+)+): (\S.*(?:\n\1 +\S.*)*)", re.MULTILINE)


class OfOurs(griffe.Extension):
    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            text = inspect.cleandoc(obj.docstring.value)
            obj.docstring.value = SEVERAL.sub(_one_by_one, ON_ONE_LINE.sub(_on_two_lines, text))


def _on_two_lines(found: re.Match) -> str:
    return f"{found[1]}:\n    " + " ".join(found[2].split())


def _one_by_one(found: re.Match) -> str:
    indent, names, words = found.groups()
    return "\n".join(f"{indent}{name}: {words}" for name in names.split(", "))
