"""The page of `dvc plots show` and `dvc plots diff`, with Vega inside it, so that it opens without a network.

Its plots stand under headings, planes first (dvc_sections.js); diagnostics, at the end, are closed.

    python -m infoplane.page.dvc_plots

writes .dvc/tmp/plots_page.html and names it in .dvc/config.local as `plots.html_template`. DVC's own page loads
Vega from jsdelivr.net; this one holds the JavaScript that vl-convert-python brings along. It is about 1 MB, so it
is made at set-up and not committed, and neither is its name: DVC stops where it is named and missing.
"""

import os
import subprocess
import sys
from pathlib import Path

from infoplane.page import vega

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Information planes</title>
<style>
body {{ margin: 2rem; font-family: system-ui, "DejaVu Sans", sans-serif; color: #222; background: #fff; }}
body > div:not(#vg-tooltip-element) {{ display: none; }} /* until it stands in a section */
.section > div {{ margin: 1rem 0 2.5rem; }}
.section > summary {{ padding: 0.6rem 0; font-size: 1.2rem; font-weight: 600; cursor: pointer; }}
.section > div[style*="border"] {{
  display: flex; flex-wrap: wrap; gap: 1.5rem; padding-top: 0.5rem;
  border: 0 !important; border-top: 1px solid #e4e4e4 !important; text-align: left !important;
}}
.section > div > p {{ flex-basis: 100%; font-weight: 600; margin: 0.4rem 0 0; }}
.section > div > div[style*="border"] {{ flex: 1 1 420px; max-width: 850px; border: 0 !important; margin: 0 !important}}
.section > div > div > p {{ margin: 0 0 0.4rem; font-weight: 600; font-size: 0.85rem; color: #6b6b6b; }}
img {{ max-width: 100%; height: auto; }}
/* Every figure is written as PNG and as SVG; one of them is enough here. */
.section > div:has(img[src$=".svg"]) {{ display: none; }}
</style>
<script>
{javascript}
</script>
</head>
<body>
{plot_divs}
<script>
{sections}
</script>
</body>
</html>
"""

PLACEHOLDERS = {"refresh_tag": "{refresh_tag}", "plot_divs": "{plot_divs}"}
"""What DVC fills in. Its `{scripts}`, the addresses of Vega on the network, is left out on purpose."""


def page() -> str:
    """The page as DVC's template.

    Raises:
        ValueError: the JavaScript holds one of DVC's placeholders, which DVC would replace within the code.
    """
    javascript = vega.script()
    for placeholder in ("{scripts}", *PLACEHOLDERS.values()):
        if placeholder in javascript:
            raise ValueError(f"the JavaScript of vl-convert contains {placeholder}")
    sections = Path(__file__).with_name("dvc_sections.js").read_text(encoding="utf-8")
    return PAGE.format(javascript=javascript, sections=sections, **PLACEHOLDERS)


def main() -> None:
    """Write the page, all of it or nothing, and tell DVC about it."""
    path = Path(".dvc/tmp/plots_page.html")
    if not path.parent.parent.is_dir():
        sys.exit("error: no .dvc here; run this in the root of the repository")
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(page(), encoding="utf-8")
    os.replace(part, path)
    # DVC reads the name as relative to .dvc.
    name = path.relative_to(".dvc").as_posix()
    command = [sys.executable, "-m", "dvc", "config", "--local", "plots.html_template", name]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
