"""Partial work: held by one process alone, and removed by another only where it is finished and nobody holds it."""

import fcntl
import io
import threading

import pytest

from infoplane.running.unfinished import FINISHED, LOCK, PARTIAL, remove_finished, work

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def test_the_next_stage_removes_what_is_finished():
    with work("train", {}) as partial:
        partial.write("weights", b"1")
    remove_finished("train")
    assert (PARTIAL / "train/weights").exists()
    remove_finished("plot")
    assert not PARTIAL.exists()


def test_what_a_process_works_at_is_not_removed_though_it_is_marked_as_finished():
    with work("train", {}) as partial:
        # As where the process has the lock, and has not yet removed the mark of the run before.
        (partial.folder / FINISHED).touch()
        remove_finished("plot")
        partial.write("weights", b"1")
        assert partial.read("weights") == b"1"


class Told(io.StringIO):
    """A standard error that says when something is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.anything = threading.Event()

    def write(self, text: str) -> int:
        self.anything.set()
        return super().write(text)


def test_who_waits_for_the_lock_gets_that_of_the_folder_that_is_there(monkeypatch: pytest.MonkeyPatch):
    read: list[bytes | None] = []
    told = Told()  # reading pytest's capture while another thread writes to it loses what is written in between
    monkeypatch.setattr("sys.stderr", told)

    def wait_and_work() -> None:
        with work("train", {}) as partial:
            partial.write("weights", b"2")
            read.append(partial.read("weights"))

    waiting = threading.Thread(target=wait_and_work)
    (PARTIAL / "train").mkdir(parents=True)
    with (PARTIAL / "train" / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting.start()
        assert told.anything.wait(10)
        (PARTIAL / "train").rename(PARTIAL / "train.removed")
    waiting.join(10)
    assert "waiting for it to end" in told.getvalue()
    assert read == [b"2"]
    assert (PARTIAL / "train/weights").exists()
