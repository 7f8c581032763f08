"""Mixtures of Gaussians in a plane, against closed forms and the tasks that are special cases."""

import math

import numpy as np
import pytest

from infoplane.known.mixtures import xor_mixture
from infoplane.known.planar_mixture import Component, density, planar_mixture


def test_a_single_component_is_a_pair_of_gaussians():
    task = planar_mixture([Component(1.0, -2.0, 0.5, 2.0, 0.8)])
    assert task.truth_xt == pytest.approx(-0.5 * math.log(1 - 0.64), abs=1e-5)
    assert task.truth_ty == pytest.approx(0.0, abs=1e-9)


def test_the_xor_mixture_is_a_special_case():
    task = planar_mixture([Component(2, 0), Component(-2, 0), Component(0, 2, label=1), Component(0, -2, label=1)])
    expected = xor_mixture(2.0)
    assert task.truth_xt == pytest.approx(expected.truth_xt, abs=1e-5)
    assert task.truth_ty == pytest.approx(expected.truth_ty, abs=1e-5)


def test_weights_count_and_far_components_tell_their_label():
    task = planar_mixture([Component(0, 0, weight=3.0), Component(30, 30, weight=1.0, label=1)])
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert task.truth_xt == pytest.approx(entropy, abs=1e-5)
    assert task.truth_ty == pytest.approx(entropy, abs=1e-5)


def test_samples_have_the_moments_and_labels_of_their_component():
    task = planar_mixture([Component(1, -2, 0.5, 2.0, 0.8, 1.0, 0), Component(9, 9, 0.1, 0.1, 0.0, 3.0, 5)])
    x, t, y = task.sample(40_000, 0)
    assert y is not None
    assert (y == 5).float().mean().item() == pytest.approx(0.75, abs=0.01)
    pairs = np.stack([x[y == 0, 0].numpy(), t[y == 0, 0].numpy()])
    assert pairs.mean(1) == pytest.approx([1, -2], abs=0.06)
    assert pairs.std(1) == pytest.approx([0.5, 2.0], rel=0.03)
    assert np.corrcoef(pairs)[0, 1] == pytest.approx(0.8, abs=0.01)


def test_the_density_has_mass_one():
    grid = np.arange(-12, 12, 0.05)
    of = density([Component(0, 1, 0.5, 1.0, -0.7), Component(2, 0, weight=2.0)], grid, grid)
    assert of.sum() * 0.05**2 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("components", "reason"),
    [
        ([], "needs a component"),
        ([Component(0, 0, rho=1.0)], r"\|rho\| < 1"),
        ([Component(0, 0, std_t=0.0)], "std > 0"),
        ([Component(0, 0, 1e-5, 1e-5), Component(9, 9)], "too narrow"),
    ],
)
def test_what_is_no_mixture_is_told(components: list[Component], reason: str):
    with pytest.raises(ValueError, match=reason):
        planar_mixture(components)
