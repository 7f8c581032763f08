"""Twists: that they can be undone, are found where there are some, and are left alone where there are none."""

import pytest
import torch

from infoplane.estimators.parts.closed_forms import turned_planes, twisting, twists
from infoplane.estimators.parts.closed_forms.reading import read_closed_forms
from infoplane.estimators.parts.folds import split
from infoplane.known import bmi, closed_forms, transforms


def folds(n: int):
    return split(n, 3, torch.Generator().manual_seed(1))


def test_a_twist_keeps_volumes():
    """Its derivative has determinant 1, so that it leaves information as it is."""
    generator = torch.Generator().manual_seed(0)
    weights = twists.random_twists(1, 4, generator)
    weights = [w + 0.5 * torch.randn(w.shape, generator=generator) for w in weights]

    def turned(point: torch.Tensor) -> torch.Tensor:
        return twists._turned(point[None, None], weights)[0, 0]

    for point in torch.randn(5, 4, generator=generator):
        derivative = torch.autograd.functional.jacobian(turned, point)
        assert torch.linalg.det(derivative) == pytest.approx(1.0, abs=1e-4)
        assert not torch.allclose(turned(point), point, atol=0.01)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_its_numbers_are_those_that_change_anything(d: int):
    """But for the turn of all samples alike, which leaves a linear critic what it knows."""
    generator = torch.Generator().manual_seed(0)
    shapes = [w.shape for w in twists.random_twists(1, d, generator)[:3]]
    samples = torch.randn(1, 50, d, generator=generator).double()
    weights = torch.cat([torch.randn(shape, generator=generator).double().flatten() for shape in shapes])

    def turned(of_one_twist: torch.Tensor) -> torch.Tensor:
        parts = of_one_twist.split([shape.numel() for shape in shapes])
        return twists._turned(samples, [part.view(shape) for part, shape in zip(parts, shapes, strict=True)])

    derivative = torch.autograd.functional.jacobian(turned, weights).flatten(0, -2)
    assert twists.free_numbers(d) == twists.TWISTS * (int(torch.linalg.matrix_rank(derivative, rtol=1e-9)) - 1)


def test_spirals_are_found():
    task = next(task for task in bmi.tasks() if task.name == "sparse gaussian d=5 rho=0.8, spiral")
    x, t, _ = task.sample(1500, 7)
    assert task.truth_xt is not None
    assert read_closed_forms(x, t, 3) == pytest.approx(task.truth_xt, abs=0.15)


def test_spirals_are_found_among_many_coordinates():
    """Where a twist that starts from random planes finds chance alone."""
    task = transforms.mapped(closed_forms.sparse_gaussian(16, 0.8), "spiral", spiral, lambda t: t)
    x, t, _ = task.sample(1500, 11)
    found = twisting.untwist(twisting.scaled(x), twisting.scaled(t), folds(1500), torch.Generator().manual_seed(2))
    assert found is not None
    left = closed_forms.sparse_gaussian(16, 0.8).sample(1500, 11)[0]
    for untwisted in found[0]:
        rho = torch.corrcoef(torch.cat([untwisted.T, left[:, :2].T]))[:16, 16:].abs().amax(0)
        assert float(rho.min()) > 0.9


def spiral(x: torch.Tensor) -> torch.Tensor:
    """Turned in its first two coordinates by three times the mean square, some radian more or less between samples."""
    w = 3 * x.square().mean(1)
    turned = x.clone()
    turned[:, 0] = torch.cos(w) * x[:, 0] - torch.sin(w) * x[:, 1]
    turned[:, 1] = torch.sin(w) * x[:, 0] + torch.cos(w) * x[:, 1]
    return turned


def test_the_plane_of_a_turn_is_seen_and_none_where_there_is_none():
    x, t, _ = closed_forms.sparse_gaussian(16, 0.8).sample(1500, 11)
    plane, is_turned = turned_planes.turned_plane(spiral(x), t)
    assert is_turned
    assert float(torch.linalg.svdvals(torch.linalg.qr(plane)[0][:2])[1]) > 0.9  # within its first two coordinates
    assert not turned_planes.turned_plane(x, t)[1]
    assert not turned_planes.turned_plane(x, torch.randn(1500, 3, generator=torch.Generator().manual_seed(1)))[1]


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
