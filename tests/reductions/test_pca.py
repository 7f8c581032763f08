"""Principal components before an estimator: against a whole decomposition."""

import pytest
import torch

from infoplane.reductions import pca


def falling(n: int, d: int) -> torch.Tensor:
    """Samples whose standard deviations fall as 1, 1/2, 1/3, ... along random directions, away from 0."""
    draws = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(d, d, generator=draws))[0]
    return torch.randn(n, d, generator=draws) / torch.arange(1, d + 1) @ turn.T + 3


@pytest.mark.parametrize(("n", "d"), [(400, 60), (50, 300)])
def test_components_are_those_of_a_whole_decomposition(n: int, d: int):
    values = falling(n, d)
    found = pca.components(values, 5, seed=0)
    centred = (values - values.mean(0)).double()
    axes = torch.linalg.svd(centred, full_matrices=False)[2][:5].T
    torch.testing.assert_close((found.axes * axes).sum(0).abs(), torch.ones(5, dtype=torch.float64), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.codes(values).abs(), (centred @ axes).abs(), atol=0.02, rtol=0)


def test_as_many_components_as_there_are_dimensions_keep_distances():
    values = falling(40, 7)
    found = pca.components(values, 12, seed=0)
    assert found.axes.shape == (7, 7)
    torch.testing.assert_close(torch.pdist(found.codes(values)), torch.pdist(values.double()))


def test_the_share_that_is_kept_is_that_of_samples_that_were_not_seen():
    values = torch.randn(60, 500, generator=torch.Generator().manual_seed(1))
    # 40 components hold nearly all of the 51 samples that were seen, and a twelfth of others
    assert pca.fit(values, 40, seed=0).kept < 0.2
    assert pca.fit(falling(400, 60), 5, seed=0).kept == pytest.approx(0.9, abs=0.03)


def test_samples_that_do_not_vary_lose_nothing():
    fitted = pca.fit(torch.full((50, 6), 0.3), 2, seed=0)
    assert fitted.kept == 1
    assert (fitted.codes == fitted.codes[0]).all()


def test_equal_samples_stay_equal():
    few = torch.randn(5, 301, generator=torch.Generator().manual_seed(2))
    codes = pca.fit(few.repeat(60, 1)[:293], 3, seed=0).codes
    assert len(torch.unique(codes, dim=0)) == 5


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="20 samples are too few for 18 principal components"):
        pca.fit(torch.randn(20, 30), 18, seed=0)
