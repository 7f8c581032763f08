"""Codes of an autoencoder: along a curve they keep what no plane of as few dimensions does."""

import pytest
import torch

from infoplane.known.closed_forms import gaussian
from infoplane.known.transforms import curved, embedded
from infoplane.reductions import autoencoder, pca


@pytest.fixture(scope="module")
def on_a_curve() -> torch.Tensor:
    return embedded(curved(gaussian(2, 0.0)), 30, 0.05).sample(600, 0)[0]


def test_it_keeps_more_than_principal_components(on_a_curve: torch.Tensor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autoencoder, "MOST_STEPS", 600)
    assert pca.fit(on_a_curve, 2, seed=0).kept < 0.75
    fitted = autoencoder.fit(on_a_curve, 2, seed=0)
    assert fitted.codes.shape == (600, 2)
    assert fitted.kept > 0.93


def test_the_same_for_the_same_seed_and_no_global_state(on_a_curve: torch.Tensor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autoencoder, "MOST_STEPS", 100)
    before = torch.get_rng_state()
    first, again, other = (autoencoder.fit(on_a_curve, 2, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first.codes, again.codes)
    assert first.kept == again.kept
    assert not torch.equal(first.codes, other.codes)


def test_where_nothing_can_be_learned_it_is_the_principal_components():
    noise = torch.randn(60, 200, generator=torch.Generator().manual_seed(0))
    learned, linear = autoencoder.fit(noise, 3, seed=0), pca.fit(noise, 3, seed=0)
    assert learned.kept >= linear.kept - 0.01
    assert learned.kept < 0.1


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_samples_that_do_not_vary_have_one_code(value: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autoencoder, "MOST_STEPS", 20)
    fitted = autoencoder.fit(torch.full((50, 6), value), 2, seed=0)
    assert fitted.kept == pytest.approx(1)
    assert torch.isfinite(fitted.codes).all()
    assert (fitted.codes == fitted.codes[0]).all()


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="20 samples are too few for a code of 18 units"):
        autoencoder.fit(torch.randn(20, 30), 18, seed=0)
