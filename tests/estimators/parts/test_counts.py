import math

import pytest
import torch

from infoplane.estimators.parts.counts import entropy_of_counts, label_entropy, row_ids
from infoplane.estimators.parts.distances import exp_
from infoplane.estimators.parts.inputs import check_activations


def test_entropies_by_hand():
    assert float(entropy_of_counts(torch.tensor([2, 2, 0, 4]))) == pytest.approx(1.5 * math.log(2))
    assert str(float(entropy_of_counts(torch.tensor([3])))) == "0.0"
    assert label_entropy(torch.tensor([7, 7, 9, 9])) == pytest.approx(math.log(2))
    assert label_entropy(torch.tensor([3, 3, 3])) == 0


def test_equal_rows_get_equal_numbers():
    ids = row_ids(torch.tensor([[1, 2], [1, 3], [1, 2], [0, 2]]))
    assert ids[0] == ids[2]
    assert sorted(ids.unique().tolist()) == [0, 1, 2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_rows_of_numbers_are_equal_where_the_numbers_are(dtype: torch.dtype):
    ids = row_ids(torch.tensor([[0.0, 1.5], [-0.0, 1.5], [0.0, -1.5]], dtype=dtype))
    assert ids[0] == ids[1] != ids[2]


def test_different_rows_of_one_sum_are_told_apart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "randint", lambda *_, generator: torch.zeros(2, dtype=torch.int64))
    ids = row_ids(torch.tensor([[1, 2], [2, 1], [1, 2]]))
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_bad_activations_are_named_by_epoch(bad: float):
    t = torch.zeros(3, 4, 2)
    check_activations(t)
    t[1, 2, 0] = bad
    with pytest.raises(ValueError, match="epoch 1 of 3"):
        check_activations(t)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_exponentials_are_those_of_torch_and_0_where_they_underflow(dtype: torch.dtype):
    exponents = torch.linspace(-65, 3, 200, dtype=dtype)
    assert torch.equal(exp_(exponents.clone()), exponents.exp())
    below = torch.tensor([-800.0, -1e4, -torch.inf], dtype=dtype)
    assert torch.equal(exp_(below), torch.zeros(3, dtype=dtype))
