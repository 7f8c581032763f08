"""Hashes of the user's files: read again where a file is another, and only there."""

import os
import time
from pathlib import Path

import pytest

from infoplane.running import file_digests
from infoplane.running.file_digests import kept_sha256, sha256


def age(path: Path, seconds: float = 60) -> None:
    """Make a file look as if it had been changed so long ago."""
    then = time.time_ns() - int(seconds * 1e9)
    os.utime(path, ns=(then, then))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    names: list[str] = []

    def counted(path: Path) -> str:
        names.append(path.name)
        return sha256(path)

    monkeypatch.setattr(file_digests, "sha256", counted)
    return names


def test_a_file_that_stays_is_read_once(tmp_path: Path, read: list[str]):
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_text(file.name)
        age(file)
    digests = kept_sha256(files, tmp_path / "kept.json")
    assert digests == {file: sha256(file) for file in files}
    assert kept_sha256(files, tmp_path / "kept.json") == digests
    assert read == ["a", "b"]
    files[1].write_text("c")
    age(files[1], 30)
    assert kept_sha256(files, tmp_path / "kept.json")[files[1]] == sha256(files[1]) != digests[files[1]]
    assert read == ["a", "b", "b"]


def test_a_file_that_has_just_changed_is_read_again(tmp_path: Path, read: list[str]):
    file = tmp_path / "a"
    for text in ("one", "two"):  # of one size, perhaps within one tick
        file.write_text(text)
        assert kept_sha256([file], tmp_path / "kept.json") == {file: sha256(file)}
    assert read == ["a", "a"]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"/a": 3}'])
def test_what_is_kept_can_be_lost_or_damaged(tmp_path: Path, content: str):
    file = tmp_path / "a"
    file.write_text("text")
    age(file)
    (tmp_path / "kept.json").write_text(content.replace("/a", file.as_posix()))
    assert kept_sha256([file], tmp_path / "kept.json") == {file: sha256(file)}
    assert list(tmp_path.glob("*.unfinished")) == []
