"""Pages from the HTML files of this folder, in which @@name@@ is a place to fill."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def beside(name: str) -> str:
    """The text of a file of this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def filled(name: str, parts: Mapping[str, str]) -> str:
    """An HTML file with its places filled, in one pass: a place within what fills another stays what it is."""
    return re.sub(f"@@({'|'.join(parts)})@@", lambda found: parts[found[1]], beside(name))


def inlined(content: Any) -> str:
    """JSON for the inside of a script element."""
    # "<" occurs in strings alone; escaped, neither "</script>" nor "<!--" can end or prolong the element.
    return json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
