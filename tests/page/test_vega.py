"""The script that pages hold is put together once and kept, and used again only where it is whole."""

from pathlib import Path

import pytest

from infoplane.page import vega


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for each time that the script was put together, in a folder of its own."""
    times: list[int] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vega, "_bundled", lambda: (times.append(1), "é = 1;\nb")[1])
    return times


def script() -> str:
    vega.script.cache_clear()
    try:
        return vega.script()
    finally:
        vega.script.cache_clear()


def test_it_is_put_together_once(made: list[int]):
    Path("data").mkdir()
    assert [script(), script()] == ["é = 1;\nb"] * 2
    assert made == [1]


def test_what_is_damaged_is_put_together_anew(made: list[int]):
    Path("data").mkdir()
    script()
    (kept,) = Path("data").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert script() == "é = 1;\nb"
    assert made == [1, 1]


def test_without_the_folder_nothing_is_kept(made: list[int]):
    assert script() == "é = 1;\nb"
    assert list(Path().iterdir()) == []
    assert made == [1]
