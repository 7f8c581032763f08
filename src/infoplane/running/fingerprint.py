"""What a stage's results depend on, as dvc.yaml lists it: if any of it changes, partial work is worth nothing."""

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from infoplane.storage import manifest
from infoplane.storage.yaml_files import read_yaml

PACKAGES = ("numcodecs", "numpy", "scikit-learn", "scipy", "torch", "torchvision", "zarr")
"""Their versions change digits, or the bytes of a store."""


def of_stage(stage: str, device: torch.device, pipeline: Path = Path()) -> dict[str, Any]:
    """The fingerprint of a stage that is about to run.

    Args:
        stage: as DVC names it, such as `train` or `estimate@binning`.
        pipeline: the folder of its dvc.yaml and params.yaml.

    Returns: by name: the stage's params, SHA-256 sums of its deps, versions of packages, the kind of device.
    """
    stages, params = read_yaml(pipeline / "dvc.yaml")["stages"], read_yaml(pipeline / "params.yaml")
    name, _, key = stage.partition("@")
    definition = json.dumps(stages[name].get("do", stages[name]))
    # ${key} of `foreach`, and names of sections that another key chooses, such as ${task}
    given = {**{name: value for name, value in params.items() if isinstance(value, str)}, "key": key}
    definition = json.loads(re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], definition))
    # of a dvc.yaml that is not at the root, a stage names the file of its params: {objectives/params.yaml: [...]}
    names = [name for each in definition["params"] for name in ([each] if isinstance(each, str) else each.popitem()[1])]
    return (
        {name: _at(params, name) for name in names}
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
