"""Rotations of both sides are undone where dependence is in pairs, and nothing is found where there is none."""

import numpy as np
import pytest
import torch

from infoplane.estimators.parts.unmixing import diagonal_together, unmix
from infoplane.known import closed_forms, mixtures, transforms
from infoplane.known.task import generator

ALL = torch.arange(4000)


def rotation(d: int, seed: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(d, d, generator=generator(seed), dtype=torch.float64))[0]


@pytest.mark.parametrize(
    "task",
    [mixtures.crossed_gaussians(0.9), mixtures.xor_mixture(2.0), closed_forms.student(1, 0.5, 3)],
    ids=lambda task: task.name,
)
def test_each_coordinate_found_is_one_of_those_that_were_rotated(task):
    x, t, _ = transforms.copies(task, 4).sample(4000, 3)
    found = unmix(x.double() @ rotation(4, 0), t.double() @ rotation(4, 1), ALL)
    assert found is not None
    pairs = []
    for side, coordinates in zip((x, t), found, strict=True):
        correlations = np.abs(np.corrcoef(side.numpy().T, coordinates.numpy().T)[:4, 4:])
        assert (correlations.max(0) > 0.97).all()
        pairs.append(correlations.argmax(0).tolist())
    assert all(sorted(side) == [0, 1, 2, 3] for side in pairs)


def test_scales_of_units_do_not_matter():
    x, t, _ = transforms.copies(mixtures.crossed_gaussians(0.9), 3).sample(4000, 5)
    scale = torch.tensor([1e-3, 1.0, 50.0], dtype=torch.float64)
    plain, scaled = (unmix(x.double() @ rotation(3, 2) * by, t, ALL) for by in (torch.ones(3).double(), scale))
    assert plain is not None
    assert scaled is not None
    correlations = np.abs(np.corrcoef(plain[0].numpy().T, scaled[0].numpy().T)[:3, 3:])
    assert (correlations.max(0) > 0.99).all()


@pytest.mark.parametrize("d", [2, 5, 12])
def test_independent_sides_are_left_alone(d: int):
    x, t, _ = closed_forms.gaussian(d, 0.0).sample(4000, 0)
    assert unmix(x, t, ALL) is None


def test_units_that_say_nothing_new_are_left_alone():
    x, t, _ = transforms.copies(mixtures.crossed_gaussians(0.9), 3).sample(4000, 0)
    assert unmix(torch.cat([x, x[:, :1]], 1), t, ALL) is None
    assert unmix(torch.cat([x, torch.ones(4000, 1)], 1), t, ALL) is None
    assert unmix(x[:, :1], t[:, :1], ALL) is None


def test_matrices_of_common_axes_become_diagonal():
    axes = rotation(5, 7).numpy()
    values = np.random.default_rng(0).normal(size=(3, 5))
    matrices = np.einsum("ai,ri,bi->rab", axes, values, axes)
    found = diagonal_together(matrices)
    assert found.T @ found == pytest.approx(np.eye(5), abs=1e-9)
    turned = found.T @ matrices @ found
    turned[:, range(5), range(5)] = 0
    assert np.abs(turned).max() < 1e-2
