"""What a stage's results depend on, as dvc.yaml lists it: if any of it changes, partial work is worth nothing."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from infoplane.storage import manifest
from infoplane.storage.yaml_files import read_yaml

PACKAGES = ("numcodecs", "numpy", "scikit-learn", "scipy", "torch", "torchvision", "zarr")
"""Their versions change digits, or the bytes of a store."""


def of_stage(stage: str, device: torch.device) -> dict[str, Any]:
    """The fingerprint of a stage that is about to run.

    Args:
        stage: as DVC names it, such as `train` or `estimate@binning`.

    Returns: by name: the stage's params, SHA-256 sums of its deps, versions of packages, the kind of device.
    """
    stages, params = read_yaml(Path("dvc.yaml"))["stages"], read_yaml(Path("params.yaml"))
    name, _, key = stage.partition("@")
    definition = json.dumps(stages[name].get("do", stages[name]))
    definition = json.loads(definition.replace("${key}", key))
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
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return hashlib.sha256("".join(f"{file} {_digest(file)}\n" for file in files).encode()).hexdigest()


def _device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
