import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infoplane.errors import UserError
from infoplane.settings.recorded_epochs import RECORDED_EPOCHS, own_function, recorded_epochs


def test_examples():
    assert recorded_epochs("all", 3) == [0, 1, 2, 3]
    assert recorded_epochs("every 4", 10) == [0, 4, 8, 10]
    assert recorded_epochs("log 12", 50) == [0, 1, 2, 3, 4, 6, 9, 13, 18, 25, 35, 50]
    assert recorded_epochs([5, 0], 7) == [0, 5]


@settings(deadline=None)
@given(st.integers(2, 100_000), st.integers(3, 300))
def test_log_spacing_gives_as_many_epochs_as_asked_for(last: int, n: int):
    n = min(n, last + 1)
    epochs = recorded_epochs(f"log {n}", last)
    assert len(epochs) == n
    assert epochs[:2] == [0, 1]
    assert epochs[-1] == last
    assert all(a < b for a, b in itertools.pairwise(epochs))
    ratios = [b / a for a, b in itertools.pairwise(epochs[1:])]
    assert max(ratios) < 2.1 * (last ** (1 / (n - 2)))


def test_more_log_spaced_epochs_than_there_are_is_all_of_them():
    assert recorded_epochs("log 12", 10) == list(range(11))
    assert recorded_epochs("log 2", 1) == [0, 1]


def test_one_log_spaced_epoch_is_too_few():
    with pytest.raises(ValueError, match="at least 2"):
        recorded_epochs("log 1", 10)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def late(epoch): return epoch > 3\ndef never(epoch): return None\ndef of_two(epoch, loss): return True\n"
    (tmp_path / "chosen_epochs.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("own")
def test_a_function_of_the_users_is_asked_for_each_epoch():
    assert recorded_epochs("chosen_epochs:late", 5) == [4, 5]
    named = own_function("chosen_epochs:late")
    assert named is not None
    assert named.source.path.name == "chosen_epochs.py"
    assert own_function("every 2") is None


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("never", r"never\(epoch\) is true for no epoch"),
        ("of_two", r"cannot be called as of_two\(epoch\)"),
        ("other", "chosen_epochs has no function other"),
    ],
)
def test_a_function_that_does_not_choose_is_told(name: str, reason: str):
    with pytest.raises(UserError, match=reason):
        recorded_epochs(f"chosen_epochs:{name}", 5)


@pytest.mark.parametrize("text", ["every 0", "log", "every -1", "every 2.5", "none", "log 12 "])
def test_other_words_do_not_match(text: str):
    assert not re.fullmatch(RECORDED_EPOCHS, text)
