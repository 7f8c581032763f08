"""What the fingerprint of a stage takes of a pipeline that is not at the root."""

from pathlib import Path

import pytest
import torch
import yaml

from conftest import ROOT
from infoplane.running import fingerprint


def of(folder: Path, **changes) -> dict:
    params = yaml.safe_load((ROOT / "objectives/params.yaml").read_text()) | changes
    (folder / "objectives/params.yaml").write_text(yaml.safe_dump(params))
    return fingerprint.of_stage("train", torch.device("cpu"), Path("objectives"))


def test_the_section_that_the_task_chooses_counts_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "objectives").mkdir()
    (tmp_path / "objectives/dvc.yaml").write_text((ROOT / "objectives/dvc.yaml").read_text())
    before = of(tmp_path)
    assert {"seed", "task", "information", "gan"} <= set(before)
    assert of(tmp_path, bottleneck={}) == before
    assert of(tmp_path, gan={}) != before
    assert of(tmp_path, task="bottleneck")["bottleneck"]
