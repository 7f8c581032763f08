"""What a stage's results depend on, as dvc.yaml lists it: if any of it changes, partial work is worth nothing."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml

from infoplane.storage import manifest

PACKAGES = ("numcodecs", "numpy", "scikit-learn", "scipy", "torch", "torchvision", "zarr")
"""Their versions change digits, or the bytes of a store."""


def of_stage(stage: str, device: torch.device) -> dict[str, Any]:
    """The fingerprint of a stage that is about to run.

    Args:
        stage: as DVC names it, such as `train` or `estimate@binning`.

    Returns: by name: the stage's params, SHA-256 sums of its deps, versions of packages, the kind of device.
    """
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    name, _, key = stage.partition("@")
    definition = json.dumps(stages[name].get("do", stages[name]))
    if key:
        definition = definition.replace("${key}", key).replace("${item.method}", params["estimators"][key]["method"])
    definition = json.loads(definition)
    return (
        {name: _at(params, name) for name in definition["params"]}
        | {name: _digest(Path(name)) for name in definition["deps"]}
        | {package: version(package) for package in PACKAGES}
        | {"device": _device(device)}
    )


def _at(params: dict[str, Any], name: str) -> Any:
    value: Any = params
    for part in name.split("."):
        value = value[part]
    return value


def _digest(path: Path) -> str | None:
    """SHA-256 of a file, or of a folder's manifest or files; None if it is missing."""
    if not path.exists():
        return None
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if (path / manifest.NAME).is_file():
        return _digest(path / manifest.NAME)
    files = sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return hashlib.sha256("".join(f"{file} {_digest(file)}\n" for file in files).encode()).hexdigest()


def _device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
