"""The classifier's bound: on label tasks of known information, before and after monotone maps."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.classifier import estimate
from infoplane.information import OVERFIT
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


def run(task, n, seed=0, **keywords):
    x, t, y = transforms.noisy(task).sample(n, seed)
    return estimate(x, t[None], y, seed=seed, **keywords)


@pytest.mark.slow
@pytest.mark.parametrize("how", [None, "cubed", "wiggly"])
@pytest.mark.parametrize("radius", [2.0, 4.0])
def test_bars(radius, how):
    task = mixtures.gaussian_classes(10, radius)
    task = transforms.transformed(task, how) if how else task
    results = [run(task, 10_000, seed) for seed in range(3)]
    assert np.mean([result.mi_ty for result in results]) == pytest.approx(task.truth_ty, abs=0.015)
    assert all(result.flag == [""] for result in results)


@pytest.mark.parametrize(
    ("task", "bar"),
    [
        (mixtures.gaussian_classes(2, 1.0), 0.02),
        (mixtures.xor_labels(1.5), 0.03),
        (mixtures.xor_mixture(4.0), 0.03),
        (closed_forms.symmetric_channel(4, 0.2), 0.03),
        (channels.points_in_noise([-3, -1, 1, 3], 1.0), 0.03),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_known_information(task, bar):
    result = run(task, 4000)
    assert result.mi_xt is None
    assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=bar)
    assert result.mi_ty_low[0] < result.mi_ty[0] < result.mi_ty_high[0]


def test_labels_that_t_knows_nothing_of():
    g = generator(0)
    t, y = torch.randn(1, 4000, 5, generator=g), torch.randint(3, (4000,), generator=g)
    assert estimate(t[0], t, y).mi_ty[0] == pytest.approx(0, abs=0.02)


def test_more_units_than_samples_are_no_information():
    g = generator(0)
    t, y = torch.randn(1, 200, 300, generator=g), torch.randint(2, (200,), generator=g)
    result = estimate(t[0], t, y)
    assert result.mi_ty[0] < 0.05
    assert OVERFIT in result.flag[0] or result.mi_ty_high[0] - result.mi_ty[0] < 0.1


def test_monotone_maps_change_next_to_nothing():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(2000, 0)
    mapped = transforms.MONOTONE["half-cube"](t)
    values = [estimate(x, each[None], y).mi_ty[0] for each in (t, mapped)]
    assert values[0] == pytest.approx(values[1], abs=0.01)


def test_labels_are_only_names():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(300, 0)
    assert estimate(x, t[None], y, steps=0).mi_ty[0] == estimate(x, t[None], 5 * y - 7, steps=0).mi_ty[0]


def test_degenerate_samples():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(200, 0)
    assert estimate(x, t[None], torch.full((200,), 2)).mi_ty[0] == 0
    # without anything to read, H(Y) is all that is left to predict
    assert estimate(x, torch.ones(1, 200, 3), y).mi_ty[0] == pytest.approx(0, abs=0.03)
    padded = torch.cat([t, torch.zeros(200, 1)], 1)
    assert math.isfinite(estimate(x, padded[None], y).mi_ty[0])
    one_alone = y.clone()
    one_alone[0] = 9
    assert math.isfinite(estimate(x, t[None], one_alone).mi_ty[0])
    assert math.isfinite(estimate(x.repeat(2, 1), t.repeat(2, 1)[None], y.repeat(2)).mi_ty[0])
