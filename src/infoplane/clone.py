"""The clone in which the user works: another folder than the current one in `dvc exp run --temp` and `--queue`."""

import os
from pathlib import Path


def root() -> Path:
    """The user's clone, also within an experiment that runs in a temporary folder: DVC says so in `DVC_ROOT`."""
    named = os.environ.get("DVC_ROOT")
    return Path(named) if named and Path(named).resolve() != Path.cwd().resolve() else Path()


def experiment() -> str | None:
    """The name of the experiment that runs in a temporary folder; None in the clone itself."""
    return os.environ.get("DVC_EXP_NAME") if root() != Path() else None


def raw() -> Path:
    """Where downloads lie: data/raw of the clone, or the folder that `INFOPLANE_RAW` names."""
    return Path(os.environ.get("INFOPLANE_RAW") or root() / "data" / "raw")
