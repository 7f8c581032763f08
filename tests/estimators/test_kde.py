"""The bounds of Kolchinsky & Tracey: against brute force, and around exact values."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.kde import estimate
from infoplane.flags import NO_NOISE, OTHER_NOISE, SATURATED, WIDE
from infoplane.information import Noise
from infoplane.known import channels, mixtures
from infoplane.known.task import generator

MIXTURES = [
    channels.points_in_noise([-3, -1, 1, 3], 1.0),
    channels.points_in_noise([-3, -1, 1, 3], 0.3),
    channels.points_in_noise([-1, 0.5, 0.6], 0.7),
    channels.gaussian_in_noise(1, 0.5),
    channels.gaussian_in_noise(3, 1.0),
    mixtures.gaussian_classes(2, 1.0, noise_var=0.5),
    mixtures.gaussian_classes(10, 2.0, noise_var=0.1),
]


def brute_force(t, variance):
    distances = ((t[:, None] - t[None]) ** 2).sum(-1)
    return tuple(-np.log(np.exp(-distances / (s * variance)).mean(1)).mean() for s in (2, 8))


def test_equals_brute_force(monkeypatch):
    monkeypatch.setattr("infoplane.estimators.kde.BLOCK", 1000)
    g = generator(0)
    t, y = torch.randn(2, 150, 3, generator=g), torch.randint(3, (150,), generator=g)
    high, low, middle = (
        estimate(t[0], t, y, noise_var=0.4, inputs="all", point=point) for point in ("upper", "lower", "middle")
    )
    for epoch in range(2):
        values = t[epoch].double().numpy()
        upper, lower = brute_force(values, 0.4)
        assert high.mi_xt[epoch] == pytest.approx(upper, abs=1e-5)
        assert low.mi_xt[epoch] == pytest.approx(lower, abs=1e-5)
        given = np.array([brute_force(values[y == c], 0.4) for c in range(3)])
        share = np.bincount(y) / 150
        difference = (upper + lower - (share @ given).sum()) / 2
        assert middle.mi_ty[epoch] == pytest.approx(difference, abs=1e-5)


@pytest.mark.parametrize("task", MIXTURES, ids=lambda task: task.name)
def test_bounds_hold_around_exact_values(task):
    x, t, y = task.sample(3000, 0)
    result = estimate(
        x, t[None], torch.zeros(3000).long() if y is None else y, noise=task.noise, noise_scale="injected"
    )
    for axis in ("xt", "ty"):
        truth = getattr(task, f"truth_{axis}")
        if truth is None:
            continue
        low, value, high = (float(getattr(result, f"mi_{axis}{end}")[0]) for end in ("_low", "", "_high"))
        assert low <= truth + 0.01
        assert truth <= high + 0.01
        assert low <= value <= high
        assert result.flag[0] or abs(value - truth) < max(0.1, 0.1 * truth)


def test_well_separated_points_are_exact():
    result = estimate(torch.zeros(8, 1), 100 * torch.arange(8.0)[None, :, None], torch.arange(8) % 2, inputs="all")
    assert result.mi_xt[0] == pytest.approx(math.log(8))
    assert result.mi_ty[0] == pytest.approx(math.log(2))
    assert result.flag == [""]


def test_points_and_flags():
    x, t, y = mixtures.gaussian_classes(10, 2.0).sample(1000, 0)
    low, middle, high = (estimate(x, t[None], y, point=p, inputs="all") for p in ("lower", "middle", "upper"))
    of_channel = estimate(x, t[None], y, inputs="all")
    assert low.mi_xt[0] < of_channel.mi_xt[0] < high.mi_xt[0]
    assert low.mi_xt[0] < middle.mi_xt[0] < high.mi_xt[0]
    for point in (low, middle, high):
        is_far = abs(point.mi_xt[0] - of_channel.mi_xt[0]) > max(0.1, 0.1 * of_channel.mi_xt[0])
        assert (WIDE in point.flag_xt[0]) == is_far
        assert point.mi_xt_low[0] <= point.mi_xt[0] <= point.mi_xt_high[0]
    # ten dimensions and a noise far below the distances: all samples are alone
    assert SATURATED in estimate(x, t[None], y, noise_var=0.01).flag[0]
    assert estimate(x, t[None], y, noise_scale="injected").flag == [NO_NOISE]


def test_relative_noise_does_not_depend_on_scale():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(300, 0)
    result = estimate(x, torch.stack([t, 50 * t, torch.ones_like(t)]), y, noise_scale="relative")
    assert result.mi_xt[0] == pytest.approx(result.mi_xt[1], rel=1e-5)
    assert result.mi_xt[2] == result.mi_ty[2] == 0


def test_other_noise_and_degenerate_samples():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(100, 0)
    for wrong in (Noise("gaussian", 0.1), Noise("additive", torch.tensor([0.1, 0.2, 0.3]))):
        assert estimate(x, t[None], y, noise=wrong, noise_scale="injected").flag == [OTHER_NOISE]
    constant = estimate(x, torch.full((1, 100, 3), 7.0), y)
    assert constant.mi_xt[0] == constant.mi_ty[0] == 0
    assert constant.mi_xt_high[0] < 0.06  # an input of which no sample is one
    one_class = estimate(x, t[None], torch.full((100,), 4))
    assert one_class.mi_ty[0] == 0
    assert one_class.mi_ty_high[0] < 0.06
    twice = estimate(x.repeat(2, 1), t.repeat(2, 1)[None], y.repeat(2), inputs="all")
    assert twice.mi_xt[0] == pytest.approx(estimate(x, t[None], y, inputs="all").mi_xt[0], abs=0.1)
    # far outside the range of single precision
    huge = estimate(x, 1e6 * t[None] + 1e9, y, inputs="all")
    assert huge.mi_xt[0] == pytest.approx(math.log(100), abs=1e-6)
