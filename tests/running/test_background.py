"""Work in another thread: in order, one piece at a time, and no error is lost."""

import threading

import pytest

from infoplane.running.background import Background


def test_one_piece_at_a_time_in_order_while_the_block_goes_on():
    done, first_may_end = [], threading.Event()
    with Background() as background:
        background.do(lambda: (first_may_end.wait(10), done.append(1)))
        assert done == []
        first_may_end.set()
        background.do(lambda: done.append(2))
        assert done[0] == 1
        background.wait()
        assert done == [1, 2]
        background.do(lambda: done.append(3))
    assert done == [1, 2, 3]


def fail() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("how", ["do", "wait", "end", "error", "killed"])
def test_an_error_is_raised_where_it_is_waited_for(how: str):
    reached = []
    with pytest.raises(KeyboardInterrupt if how == "killed" else ZeroDivisionError), Background() as background:
        background.do(fail)
        if how == "do":
            background.do(lambda: reached.append(how))
        elif how == "wait":
            background.wait()
        elif how == "error":
            raise ValueError("later, because of it")
        elif how == "killed":
            raise KeyboardInterrupt
        reached.append("end of the block")
    assert reached == (["end of the block"] if how == "end" else [])
