"""Samples that are read in blocks: the same values as of samples in memory, by every method that can."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from infoplane import estimators
from infoplane.estimators import classifier, dropout, mine
from infoplane.estimators.parts import channel, channel_rows, streamed
from infoplane.estimators.parts.counts import row_ids, row_ids_of_blocks
from infoplane.estimators.parts.streamed import Rows, Streamed, column_blocks, ends, held
from infoplane.information import VALUES, Noise

CPU, N, D, EPOCHS = torch.device("cpu"), 500, 3, 2
SECTIONS: list[tuple[str, dict[str, Any]]] = [
    ("binning", {"edges": "epoch"}),
    ("binning", {"edges": "layer"}),
    ("binning", {"edges": "quantile", "bins": 4}),
    ("binning", {"width": 0.3}),
    ("binning", {"cuts": [0.3, 0.0]}),
    ("classifier", {"folds": 2, "steps": 20}),
    ("dropout", {"centres": 150}),
    ("dropout", {}),
    ("dropout", {"inputs": "population", "draws": 3}),
    ("edge", {}),
    ("exact", {}),
    ("exact", {"bits": 2}),
    ("exact", {"noise_std": 0.5}),
    ("kde", {}),
    ("kde", {"noise_scale": "relative", "inputs": 4000}),
    ("kde", {"point": "upper"}),
    ("mine", {"folds": 2, "steps": 20}),
    ("mine", {"folds": 2, "steps": 20, "noise_std": 0.3, "inputs": "all"}),
]


class Source:
    """What counts how many numbers are read at once."""

    def __init__(self, values: np.ndarray, chunk: int = 180):
        self.values, self.shape, self.chunk = values, values.shape, chunk

    def __getitem__(self, chosen: Any):
        return self.values[chosen] if isinstance(chosen, slice) else Source(self.values[chosen], self.chunk)


def rows_of(values: Tensor, chunk: int = 180) -> Rows:
    return Rows(Source(values.numpy(), chunk), CPU)


@pytest.fixture
def sample() -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(N) % 3
    x = torch.randn(N, 2, generator=draw)
    x[:, 0] += 2.0 * (y - 1)
    t = torch.tanh(x @ torch.randn(2, D, generator=draw)) + torch.zeros(EPOCHS, 1, 1)
    return x, t + torch.tensor([0.5, 0.1])[:, None, None] * torch.randn(t.shape, generator=draw), y


@pytest.mark.parametrize(("method", "section"), SECTIONS)
def test_every_method_that_streams_finds_what_it_finds_in_memory(
    method: str, section: dict[str, Any], sample: tuple[Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streamed, "BLOCK", 1000)  # 200 rows, or one column
    monkeypatch.setattr(channel_rows, "BLOCK", 100)  # 32 rows
    monkeypatch.setattr(channel, "HELD", 500)  # 192 of them
    monkeypatch.setattr(dropout, "HELD", 1000)
    x, t, y = sample
    noise = Noise("gaussian", torch.full((EPOCHS, 1, D), 0.4))
    estimate = estimators.find(method).estimate
    in_memory = estimate(x, t, y, noise=noise, **section)
    read = estimate(rows_of(x), Streamed([rows_of(each) for each in t]), y, noise=noise, **section)
    assert (read.flag_xt, read.flag_ty) == (in_memory.flag_xt, in_memory.flag_ty)
    for name in VALUES:
        if (expected := getattr(in_memory, name)) is not None:
            # densities are sums in single precision, in another order
            rounding = 1e-7 if method in {"dropout", "exact", "kde"} else 1e-9
            assert getattr(read, name) == pytest.approx(expected, abs=rounding), name


def test_all_methods_that_say_that_they_stream_are_tried_here():
    streaming = {name for name in estimators.names() if getattr(estimators.find(name), "STREAMS", False)}
    assert streaming == {method for method, _ in SECTIONS}


def test_noise_of_each_sample_is_read_with_it(sample: tuple[Tensor, Tensor, Tensor]):
    x, t, y = sample
    std = t.abs() + 0.1
    estimate = estimators.find("dropout").estimate
    in_memory = estimate(x, t, y, noise=Noise("additive", std), centres=300)
    read = Noise("additive", Streamed([rows_of(each) for each in std]))
    assert estimate(x, Streamed([rows_of(each) for each in t]), y, noise=read, centres=300).mi_xt == pytest.approx(
        in_memory.mi_xt, abs=1e-9
    )


def test_a_classifier_that_has_enough_samples_predicts_the_others_in_blocks(
    sample: tuple[Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
):
    x, t, y = sample
    whole = classifier.estimate(x, t, y, folds=2, steps=50)
    monkeypatch.setattr(classifier, "PREDICTED", 60)
    assert classifier.estimate(x, t, y, folds=2, steps=50).mi_ty == pytest.approx(whole.mi_ty, abs=1e-6)
    monkeypatch.setattr(classifier, "MOST_SEEN", 150)
    fewer = classifier.estimate(x, t, y, folds=2, steps=50)
    assert fewer.mi_ty == pytest.approx(whole.mi_ty, abs=0.1)
    assert fewer.mi_ty != pytest.approx(whole.mi_ty, abs=1e-9)


@pytest.mark.parametrize("section", [{}, {"noise_std": 0.3, "inputs": "all"}])
def test_mine_draws_so_many_samples_of_a_layer_that_is_read(
    section: dict[str, Any], sample: tuple[Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
):
    x, t, y = sample
    section |= {"folds": 2, "steps": 20}
    monkeypatch.setattr(mine, "MOST_STREAMED", 300)
    read = mine.estimate(rows_of(x), Streamed([rows_of(each) for each in t]), y, **section)
    rows = streamed.drawn(N, 300, 0)
    assert len(rows.unique()) == 300
    assert torch.equal(rows, rows.sort().values)
    # X is uniform over all that are given, whether they were drawn or not
    of_all = {"inputs": N} if "inputs" in section else {}
    expected = mine.estimate(x[rows], t[:, rows], y[rows], **section | of_all)
    for name in VALUES:
        assert getattr(read, name) == pytest.approx(getattr(expected, name), abs=1e-9), name
    assert streamed.drawn(N, N, 0).tolist() == list(range(N))


class TestRows:
    def test_units_are_flattened_and_rows_come_in_the_order_asked_for(self):
        values = torch.arange(60.0).view(10, 2, 3)
        rows = rows_of(values, chunk=4)
        assert rows.shape == (10, 6)
        chosen = torch.tensor([7, 0, 7, 3])
        assert torch.equal(rows[chosen], values.view(10, 6)[chosen])
        assert torch.equal(rows[2:9], values.view(10, 6)[2:9])
        assert ends(rows) == (0.0, 59.0)

    def test_blocks_are_all_rows_and_small(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(streamed, "BLOCK", 6)
        values = torch.randn(11, 3)
        blocks = list(rows_of(values, chunk=5).blocks())
        assert [(rows.start, rows.stop) for rows, _ in blocks] == [
            (0, 2),
            (2, 4),
            (4, 5),
            (5, 7),
            (7, 9),
            (9, 10),
            (10, 11),
        ]
        assert torch.equal(torch.cat([block for _, block in blocks]), values)
        columns = list(column_blocks(rows_of(values, chunk=5)))
        assert torch.equal(torch.cat([block for _, block in columns], 1), values)

    def test_what_is_held_is_what_was_stored(self):
        t = torch.randn(2, 9, 3)
        assert torch.equal(held(Streamed([rows_of(each, 4) for each in t])), t)


def test_rows_are_numbered_alike_whether_in_blocks_or_not():
    codes = torch.randint(0, 3, (500, 6), generator=torch.Generator().manual_seed(1))
    by_rows = [(slice(i, i + 70), slice(None), codes[i : i + 70]) for i in range(0, 500, 70)]
    by_columns = [(slice(None), slice(i, i + 4), codes[:, i : i + 4]) for i in range(0, 6, 4)]
    for blocks in (by_rows, by_columns):
        assert torch.equal(row_ids_of_blocks((500, 6), blocks), row_ids(codes))


def test_rows_whose_first_sums_are_equal_by_chance_are_told_apart_by_the_second(monkeypatch: pytest.MonkeyPatch):
    weights = torch.tensor([[0, 0], [1, 3]])
    monkeypatch.setattr("infoplane.estimators.parts.counts._weights", lambda d: weights)
    codes = torch.tensor([[1, 2], [2, 1], [1, 2]])
    ids = row_ids_of_blocks((3, 2), [(slice(None), slice(None), codes)])
    assert ids[0] == ids[2] != ids[1]
