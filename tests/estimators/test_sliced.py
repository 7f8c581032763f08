"""Sliced information: its own truth on Gaussians, its one-dimensional case, and blindness to width."""

import math

import pytest
import torch

from infoplane.estimators.parts.neighbours import kraskov, ross
from infoplane.estimators.sliced import FEW_PROJECTIONS, estimate
from infoplane.flags import BIASED, SATURATED
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


def no_labels(n):
    return torch.zeros(n, dtype=torch.int64)


@pytest.mark.parametrize(("d", "rho"), [(1, 0.5), (2, 0.9), (5, 0.9), (20, 0.9), (5, 0.0)])
def test_gaussians(d, rho):
    task = closed_forms.gaussian(d, rho)
    x, t, _ = task.sample(3000, 0)
    result = estimate(x, t[None], no_labels(3000), projections=64)
    assert result.mi_xt[0] == pytest.approx(task.sliced_xt, abs=0.03)


def test_one_dimension_is_ksg():
    x, t, y = transforms.noisy(channels.points_in_noise([-3, -1, 1, 3], 0.5)).sample(800, 0)
    result = estimate(x, t[None], y, k=4)
    x, t = ((v - v.mean(0)).double() for v in (x, t))
    assert result.mi_xt[0] == pytest.approx(kraskov(x, t[None], 4, 1)[0], abs=1e-9)
    assert result.mi_ty[0] == pytest.approx(ross(t[None], y, 4)[0], abs=1e-9)
    assert result.mi_xt_low[0] == result.mi_xt[0] == result.mi_xt_high[0]


@pytest.mark.slow
def test_labels_of_two_classes_by_integration():
    # the projected means are 2 r c apart along a direction of cosine c: r = 2 in 3 dimensions
    g = generator(0)
    y = torch.randint(2, (3000,), generator=g)
    t = torch.randn(3000, 3, generator=g)
    t[:, 0] += 4.0 * y - 2.0
    cosine = torch.linspace(0.0005, 0.9995, 1000, dtype=torch.float64)  # uniform in 3 dimensions
    z = torch.linspace(-9, 9, 2001, dtype=torch.float64)
    weight = torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    a = 2 * cosine[:, None]
    information = math.log(2) - (torch.nn.functional.softplus(-2 * a * (z + a)) * weight).sum(1)
    result = estimate(t, t[None], y, projections=256)
    assert result.mi_ty[0] == pytest.approx(float(information.mean()), abs=0.04)


def test_flags():
    x, t, _ = closed_forms.gaussian(1, 0.5).sample(500, 0)
    assert SATURATED in estimate(x, x[None], no_labels(500)).flag[0]
    wide = torch.randn(500, 6, generator=generator(0))
    assert FEW_PROJECTIONS in estimate(wide, wide[None], no_labels(500), projections=4).flag[0]
    assert estimate(x, t[None], no_labels(500)).flag == [""]


def test_a_curve_of_one_unit_that_the_samples_do_not_resolve_is_flagged():
    x = torch.rand(4000, 1, generator=generator(0)) * 2 - 1
    result = estimate(x, torch.cat([torch.sin(9 * x), torch.cos(14 * x)], 1)[None], no_labels(4000), projections=24)
    # SI(X;T) is infinite
    assert result.mi_xt[0] < 0.6 * result.ceiling_xt[0]
    assert result.flag == [BIASED]


def test_two_classes():
    task = mixtures.gaussian_classes(2, 3.0)
    x, t, y = task.sample(2000, 0)
    result = estimate(x, t[None], y, projections=64, seed=7)
    assert result.mi_ty[0] == pytest.approx(task.sliced_ty, abs=3 * (result.mi_ty_high[0] - result.mi_ty[0]) / 2 + 0.02)
    assert BIASED not in result.flag[0]


def test_scale_of_units():
    x, t, _ = closed_forms.gaussian(3, 0.7).sample(500, 0)
    scaled = t * torch.tensor([1.0, 100.0, 0.01])
    values = [estimate(x, v[None], no_labels(500), units="standardised", projections=8).mi_xt[0] for v in (t, scaled)]
    assert values[0] == pytest.approx(values[1], abs=1e-5)


def test_degenerate_samples():
    x, t, _ = closed_forms.gaussian(2, 0.5).sample(100, 0)
    y = (x[:, 0] > 0).long()
    constant = estimate(x, torch.ones(1, 100, 3), y, projections=4)
    assert constant.mi_xt[0] == pytest.approx(0, abs=1e-9)
    assert constant.mi_ty[0] == pytest.approx(0, abs=1e-9)
    assert estimate(x, t[None], no_labels(100), projections=4).mi_ty[0] == 0
    twice = estimate(x.repeat(3, 1), t.repeat(3, 1)[None], y.repeat(3), k=2, projections=4)
    assert math.isfinite(twice.mi_xt[0])
    assert math.isfinite(twice.mi_ty[0])
