"""Pairwise work goes on with fewer rows where the memory is small, to the same result."""

import pytest
import torch

from infoplane import estimators
from infoplane.estimators.parts import row_blocks
from infoplane.estimators.parts.row_blocks import by_blocks
from infoplane.information import VALUES, Noise

CPU = torch.device("cpu")
PAIRWISE = {
    "dropout": {},
    "exact": {"noise_std": 0.3, "draws": 2},
    "kde": {"noise_var": 0.1},
    "ksg": {"control": False},
}


def blocks(n: int, columns: int, most: int, room: int | None = None) -> list[tuple[int, int]]:
    """The blocks that are worked at, where a matrix of more than `room` elements does not fit."""
    done = []

    def work(rows: slice, group: slice) -> None:
        assert (group.start, group.stop) == (0, n)
        if room is not None and (rows.stop - rows.start) * columns > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        done.append((rows.start, rows.stop))

    by_blocks(work, (0, n), columns=columns, most=most, device=CPU)
    return done


def test_every_row_is_worked_at_once():
    assert blocks(10, 5, 20) == [(0, 4), (4, 8), (8, 10)]
    assert blocks(3, 50, 20) == [(0, 1), (1, 2), (2, 3)]
    assert blocks(0, 5, 20) == []


def test_blocks_halve_until_they_fit():
    assert blocks(10, 5, 1000, room=15) == [(0, 3), (3, 6), (6, 9), (9, 10)]
    with pytest.raises(torch.OutOfMemoryError):
        blocks(10, 5, 1000, room=4)


def test_blocks_follow_the_free_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(row_blocks, "available_memory", lambda: 8 * row_blocks.MATRICES * 5 * 2)
    assert blocks(5, 5, 1000) == [(0, 2), (2, 4), (4, 5)]


@pytest.mark.parametrize("name", PAIRWISE)
def test_estimates_are_the_same_in_smaller_blocks(name: str, monkeypatch: pytest.MonkeyPatch):
    generator = torch.Generator().manual_seed(0)
    x, t = torch.randn(200, 3, generator=generator), torch.randn(2, 200, 4, generator=generator)
    y = torch.arange(200) % 3
    noise = Noise("gaussian", torch.tensor(0.3))

    def estimated():
        return estimators.find(name).estimate(x, t + x[:, :1], y, noise=noise, **PAIRWISE[name])

    whole = estimated()
    monkeypatch.setattr(row_blocks, "available_memory", lambda: 8 * row_blocks.MATRICES * 200 * 7)
    small = estimated()
    assert small.flag == whole.flag
    for value in VALUES:
        one, other = getattr(whole, value), getattr(small, value)
        assert (one is None) == (other is None)
        assert one is None or one == pytest.approx(other, abs=1e-5)
