"""The templates of `dvc plots`, from the same constants as figures and page.

    python -m infoplane.page.dvc_templates

writes .dvc/plots/<name>.json, which are committed: DVC reads them from there, in a clone that has no package installed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infoplane.page import (
    cka_template,
    curve_templates,
    over_epochs_template,
    plane_template,
    readout_template,
    resolution_template,
)

FOLDER = Path(".dvc/plots")


def templates() -> Mapping[str, dict[str, Any]]:
    """Each template as Vega-Lite's JSON, by the name under which dvc.yaml asks for it."""
    return {
        "information_plane": plane_template.template(),
        "over_epochs": over_epochs_template.template(),
        "by_layer": curve_templates.by_layer(),
        "cka": cka_template.template(),
        "readout": readout_template.template(),
        "resolution": resolution_template.template(),
        "training": curve_templates.training(),
        "estimate_against_truth": curve_templates.estimate_against_truth(),
    }


def text(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON that people can read: what fits on a line stands on one.

    Args:
        value: to be written.
        indent: spaces at the beginning of its line.
        before: letters of that line before it.
    """
    line = json.dumps(value, ensure_ascii=False)
    if indent + before + len(line) < 120 or not isinstance(value, dict | list) or not value:
        return line
    items = value.items() if isinstance(value, dict) else (("", each) for each in value)
    start = " " * (indent + 2)
    written = []
    for name, each in items:
        key = f"{json.dumps(name)}: " if isinstance(value, dict) else ""
        written.append(start + key + text(each, indent + 2, len(key)))
    left, right = "{}" if isinstance(value, dict) else "[]"
    return left + "\n" + ",\n".join(written) + "\n" + " " * indent + right


def main() -> None:
    for name, template in templates().items():
        (FOLDER / f"{name}.json").write_text(text(template) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
