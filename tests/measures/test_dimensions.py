"""Effective rank, RankMe and participation ratio, against spectra that are known and other ways to compute them."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.decomposition import PCA

from infoplane.measures import effective_rank, participation_ratio, rankme
from infoplane.measures.parts import inner_products

Y = torch.zeros(1)


def with_spectrum(singular: np.ndarray, n: int, d: int, seed: int = 0) -> torch.Tensor:
    """One epoch of a layer, of mean 0, with these singular values, shape (1, n, d)."""
    rng = np.random.default_rng(seed)
    k = len(singular)
    left = np.linalg.qr(np.concatenate([np.ones((n, 1)), rng.normal(size=(n, k))], 1))[0][:, 1:]
    right = np.linalg.qr(rng.normal(size=(d, k)))[0]
    return torch.from_numpy((left * singular) @ right.T)[None]


SHAPES = [(40, 12), (12, 40), (40, 10)]


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("singular", [[3.0], [1.0] * 8, [5.0, 3.0, 1.0, 0.5, 0.01]], ids=["one", "equal", "falling"])
def test_a_known_spectrum(singular: list[float], n: int, d: int):
    s = np.array(singular)
    t = with_spectrum(s, n, d)
    assert float(effective_rank.measure(t, Y)) == pytest.approx(math.exp(entropy(s / s.sum())), rel=1e-6)
    # of the min(n, d) singular values each has the paper's 1e-7, also those that are 0
    p = np.pad(s / s.sum(), (0, min(n, d) - len(s))) + 1e-7
    assert float(rankme.measure(t, Y)) == pytest.approx(math.exp(-(p * np.log(p)).sum()), rel=1e-9)
    assert float(participation_ratio.measure(t, Y)) == pytest.approx((s**2).sum() ** 2 / (s**4).sum(), rel=1e-9)


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_the_same_by_svd_and_by_pca(n: int, d: int):
    t = np.random.default_rng(3).normal(size=(n, d)) * np.linspace(0.1, 2, d) + 1.5
    one = torch.from_numpy(t)[None]
    of_data = np.linalg.svd(t, compute_uv=False)
    of_centred = np.linalg.svd(t - t.mean(0), compute_uv=False)
    p = of_data / of_data.sum() + 1e-7
    assert float(rankme.measure(one, Y)) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-8)
    assert float(effective_rank.measure(one, Y)) == pytest.approx(np.exp(entropy(of_centred)), rel=1e-6)
    assert float(effective_rank.measure(one, Y, centre=False)) == pytest.approx(np.exp(entropy(of_data)), rel=1e-8)
    variances = PCA().fit(t).explained_variance_
    assert float(participation_ratio.measure(one, Y)) == pytest.approx(
        variances.sum() ** 2 / (variances**2).sum(), rel=1e-9
    )


def test_the_mean_counts_in_rankme_alone():
    t = torch.randn(1, 500, 20, generator=torch.Generator().manual_seed(0))
    assert float(rankme.measure(t + 1000, Y)) < 2
    assert float(effective_rank.measure(t + 1000, Y)) > 19
    assert float(effective_rank.measure(t + 1000, Y, centre=False)) < 2


def test_gaussians_of_a_known_covariance():
    """With many samples the participation ratio is that of the covariance, less what samples cost: about d / n."""
    variances = torch.tensor([4.0, 2.0, 1.0, 1.0])
    t = torch.randn(1, 50_000, 4, generator=torch.Generator().manual_seed(0)) * variances.sqrt()
    assert float(participation_ratio.measure(t, Y)) == pytest.approx(64 / 22, rel=0.02)


def test_blocks_of_units_make_no_difference(monkeypatch: pytest.MonkeyPatch):
    t = torch.randn(20, 50, generator=torch.Generator().manual_seed(0))
    scale = torch.rand(50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    whole = inner_products.of_samples(t, centre=True, scale=scale)
    monkeypatch.setattr(inner_products, "BLOCK", 60)
    assert len(list(inner_products.blocks(t))) == 17
    torch.testing.assert_close(inner_products.of_samples(t, centre=True, scale=scale), whole)
    expected = (t.double() - t.double().mean(0)) * scale
    torch.testing.assert_close(whole, expected @ expected.T)


def test_distances_of_equal_samples_are_0():
    t = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).repeat(4, 1) + 50
    squares = inner_products.squared_distances(t)
    assert int((squares == 0).sum()) == 20 * 4
    torch.testing.assert_close(squares, torch.cdist(t.double(), t.double()).square(), atol=1e-9, rtol=1e-6)
