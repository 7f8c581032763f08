"""The repository's objectives/params.yaml with a task, and with other values in its section."""

from typing import Any

from conftest import ROOT
from infoplane.settings import objectives


def changed(task: str, **changes: Any) -> objectives.Objectives:
    whole = objectives.read(ROOT / objectives.PARAMS)
    return whole.model_copy(update={"task": task, task: getattr(whole, task).model_copy(update=changes)})
