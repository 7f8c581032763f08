"""Vega, Vega-Lite and vega-embed as one script, to be inlined: pages work without a network."""

from functools import cache

import vl_convert


@cache
def script() -> str:
    """JavaScript for the inside of a script element; it sets `window.vegaEmbed`."""
    # There, only this sequence would end it; in JavaScript strings "\\/" is "/".
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")
