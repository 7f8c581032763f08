"""Sweeps over dimensions, sample sizes and a keyword where the information is known, as a command."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from infoplane.errors import UserError
from infoplane.library import sweep
from infoplane.storage.csv_files import read_table


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["sweep", *arguments])
    sweep.main()


def test_every_case_has_its_rows_and_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "made/here"
    run(monkeypatch, "gaussian", "--d", "1", "2", "--n", "300", "600", "--seeds", "2", "--out", str(out))
    table = read_table(out.with_suffix(".csv"))
    assert set(zip(table["task"], table["n"], table["seed"], strict=True)) == {
        (f"gaussian d={d} rho=0.5", n, seed) for d in (1, 2) for n in (300, 600) for seed in (0, 1)
    }
    assert table["error"].abs().max() < 0.2
    assert out.with_suffix(".png").exists()
    assert out.with_suffix(".svg").exists()


def test_a_keyword_is_swept_and_changes_what_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "bins"
    run(monkeypatch, "ksg", "--d", "1", "--n", "400", "--seeds", "1", "--set", "k=1,20", "--out", str(out))
    table = read_table(out.with_suffix(".csv"))
    assert list(table["value"]) == [1, 20]
    assert table["estimate"].nunique() == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ksg", "--set", "k"), "must be KEY=VALUE"),
        (("ksg", "--set", "k=0"), r"estimators\.ksg\.k = 0"),
        (("ksg", "--set", "bins=3"), r"estimators\.ksg\.bins = 3: unknown key"),
        (("ksg", "--at", "1.0"), "--family gaussian --at 1"),
        (("binning", "--d", "1", "--n", "100"), "binning: nothing to be held to in the family gaussian"),
    ],
)
def test_mistakes_are_one_line(arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match=message):
        run(monkeypatch, *arguments)


def test_nothing_to_be_held_to_is_no_rows():
    _, runs = sweep.settings(["binning"], "")
    (task,) = sweep.tasks_of("gaussian", 0.5, [1])
    assert isinstance(found := sweep.swept([(runs[0], task, 100)], [0], torch.device("cpu")), pd.DataFrame)
    assert len(found) == 0
