"""The repository's params.yaml with some keys changed."""

import copy
from typing import Any

import yaml

from conftest import ROOT

GOOD = yaml.safe_load((ROOT / "params.yaml").read_text())
REMOVED = object()


def set_key(content: dict[str, Any], key: str, value: Any) -> None:
    """Set a key such as `train.lr` to a value, or remove it (`REMOVED`)."""
    *path, last = key.split(".")
    section = content
    for name in path:
        section = section[name]
    if value is REMOVED:
        del section[last]
    else:
        section[last] = copy.deepcopy(value)


def changed(key: str, value: Any) -> dict[str, Any]:
    """The repository's params.yaml with one key set to another value, or removed."""
    content = copy.deepcopy(GOOD)
    set_key(content, key, value)
    return content
