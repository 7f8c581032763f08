"""A mixture of the user's from the command line: its information and its figure."""

import sys
from pathlib import Path

import pytest

from infoplane.errors import UserError
from infoplane.known.planar_mixture import Component
from infoplane.library import mixture


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["mixture", *arguments])
    mixture.main()


def test_it_is_told_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    run(monkeypatch, "--out", str(tmp_path / "xor"), "--", "2,0", "-2,0", "0,2,1,1,0,1,1", "0,-2,1,1,0,1,1")
    assert capsys.readouterr().out.startswith("I(X;T) = 0.")
    assert (tmp_path / "xor.png").exists()
    assert (tmp_path / "xor.svg").exists()


def test_numbers_that_are_left_out_have_defaults():
    assert mixture.parsed(["1,2", "1,2,3", "1,2,3,4,0.5,6,7"]) == [
        Component(1, 2), Component(1, 2, 3), Component(1, 2, 3, 4, 0.5, 6, 7)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["1", "a,b", "1,2,3,4,5,6,7,8"])
def test_other_components_are_refused(text: str):
    with pytest.raises(UserError, match="must be x,t"):
        mixture.parsed([text])


def test_what_is_no_gaussian_is_one_line(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match="needs std > 0"):
        run(monkeypatch, "0,0,0")
