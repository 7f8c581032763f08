"""YAML 1.2, as DVC reads it, too: `1e-3` is a number."""

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        OSError, UnicodeDecodeError: it cannot be read.
        ruamel.yaml.error.YAMLError: it is not YAML, or a key occurs twice.
    """
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> Any:
    """What a text in YAML says.

    Raises:
        ruamel.yaml.error.YAMLError: it is not YAML, or a key occurs twice.
    """
    return YAML(typ="safe", pure=True).load(text)


def in_yaml(value: Any) -> str:
    """A value in one line as YAML has it, and `dvc exp run -S` takes it: `null`, `false`, `["a", "b"]`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
