"""Twists: that they can be undone, are found where there are some, and are left alone where there are none."""

import pytest
import torch

from infoplane.estimators.parts.closed_forms import twisting
from infoplane.estimators.parts.closed_forms.reading import read_closed_forms
from infoplane.estimators.parts.folds import split
from infoplane.known import bmi, closed_forms


def folds(n: int):
    return split(n, 3, torch.Generator().manual_seed(1))


def test_a_twist_keeps_volumes():
    """Its derivative has determinant 1, so that it leaves information as it is."""
    generator = torch.Generator().manual_seed(0)
    weights = twisting._twists(1, 4, generator)
    weights = [w + 0.5 * torch.randn(w.shape, generator=generator) for w in weights]

    def turned(point: torch.Tensor) -> torch.Tensor:
        return twisting._turned(point[None, None], weights)[0, 0]

    for point in torch.randn(5, 4, generator=generator):
        derivative = torch.autograd.functional.jacobian(turned, point)
        assert torch.linalg.det(derivative) == pytest.approx(1.0, abs=1e-4)
        assert not torch.allclose(turned(point), point, atol=0.01)


def test_spirals_are_found():
    task = next(task for task in bmi.tasks() if task.name == "sparse gaussian d=5 rho=0.8, spiral")
    x, t, _ = task.sample(1500, 7)
    assert task.truth_xt is not None
    assert read_closed_forms(x, t, 3) == pytest.approx(task.truth_xt, abs=0.15)


def test_scale_that_both_sides_share_is_found():
    task = closed_forms.student(3, 0.0, 2)
    x, t, _ = task.sample(2000, 7)
    assert task.truth_xt is not None
    assert read_closed_forms(x, t, 3) == pytest.approx(task.truth_xt, abs=0.08)


def test_gaussians_are_left_alone():
    x, t, _ = closed_forms.gaussian(3, 0.5).sample(1500, 7)
    found = twisting.untwist(twisting.scaled(x), twisting.scaled(t), folds(1500), torch.Generator().manual_seed(2))
    assert found is None


def test_sides_of_one_unit_and_constant_ones_are_no_error():
    x = torch.randn(300, 1, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(2)
    assert twisting.untwist(twisting.scaled(x), twisting.scaled(x), folds(300), generator) is None
    still = torch.zeros(300, 3)
    assert twisting.untwist(twisting.scaled(still), twisting.scaled(still), folds(300), generator) is None
