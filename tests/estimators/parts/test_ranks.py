"""Normal scores, of all samples and among some."""

import pytest
import torch

from infoplane.estimators.parts.ranks import normal_scores, scores_among


def quantile(share: float) -> float:
    return float(torch.special.ndtri(torch.tensor(share, dtype=torch.float64)))


def test_equal_values_share_their_mean_rank():
    scores = normal_scores(torch.tensor([[2.0], [5.0], [2.0], [-1.0]]))[:, 0].tolist()
    assert scores == pytest.approx([quantile(x) for x in (0.5, 0.875, 0.5, 0.125)])
    assert normal_scores(torch.full((5, 1), 3.0)).abs().max() == 0


def test_scores_among_references_do_not_depend_on_the_other_samples():
    values = torch.tensor([[1.0], [2.0], [2.0], [9.0], [0.0]])
    (scores,) = scores_among(values, torch.tensor([[0, 1, 3]]))
    # as many references below as half the equal ones: 1/2, 3/2, 3/2, 5/2 and 0 of three, between 1/8 and 7/8
    expected = [quantile(x) for x in (2 / 8, 4 / 8, 4 / 8, 6 / 8, 1 / 8)]
    assert scores[:, 0].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_both_keep_the_order_of_the_samples(ties: bool):
    values = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    values = values.relu() if ties else values
    every = torch.arange(60)[None]
    for scores in (normal_scores(values), *scores_among(values, every)):
        for unit in range(3):
            a, b = values[:, unit], scores[:, unit]
            assert torch.equal(a[:, None] < a, b[:, None] < b)
