"""Vega, Vega-Lite and vega-embed as one script, to be inlined: pages work without a network.

Putting it together takes a second, so that it is kept, with a checksum, in data/ of the clone: one file a version.
"""

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version

from infoplane import clone
from infoplane.running.unfinished import write_atomically


@cache
def script() -> str:
    """JavaScript for the inside of a script element; it sets `window.vegaEmbed`."""
    kept = clone.root() / "data" / f".vega-{version('vl-convert-python')}.js"
    with suppress(OSError):
        digest, _, content = kept.read_bytes().partition(b"\n")
        if digest == _digest(content):
            return content.decode()
    content = _bundled().encode()
    with suppress(OSError):  # there is no such folder, or it cannot be written
        write_atomically(kept, _digest(content) + b"\n" + content)
    return content.decode()


def _bundled() -> str:
    import vl_convert  # takes as long as reading what was kept

    # There, only this sequence would end it; in JavaScript strings "\\/" is "/".
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
