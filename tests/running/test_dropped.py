"""Results of estimators that are no longer in params.yaml."""

from pathlib import Path

import pytest

from infoplane.running import dropped

KEPT = ("metrics/train.json", "plots/training.csv", "plots/figures/overview/planes.png", "plots/mi/binning.csv",
        "plots/figures/binning/plane.png")  # fmt: skip
GONE = ("metrics/mi/mine.json", "plots/mi/mine.csv", "plots/diagnostics/mine.csv", "plots/validation/mine.csv",
        "plots/figures/mine/plane.png")  # fmt: skip


def test_those_of_other_keys_are_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in (*KEPT, *GONE):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    assert dropped.remove(["binning", "new"]) == ["mine"]
    assert sorted(path.as_posix() for path in Path().rglob("*.*")) == sorted(KEPT)
    assert dropped.remove(["binning"]) == []
