"""The difference of entropies: beyond ln n on Gaussians, corrected elsewhere, flagged where mixtures don't do."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.doe import DISCRETE, FEW_SAMPLES, estimate
from infoplane.flags import SATURATED
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


def no_labels(n):
    return torch.zeros(n, dtype=torch.int64)


def run(task, n, seed=0, **keywords):
    x, t, y = transforms.noisy(task).sample(n, seed)
    return estimate(x, t[None], no_labels(n) if y is None else y, seed=seed, **keywords)


@pytest.mark.slow
@pytest.mark.parametrize("how", [None, "cubed", "wiggly"])
@pytest.mark.parametrize(("d", "rho"), [(20, 0.9), (128, 0.5)])
def test_bars(d, rho, how):
    task = closed_forms.gaussian(d, rho)
    task = transforms.transformed(task, how) if how else task
    results = [run(task, 10_000, seed) for seed in range(3)]
    assert np.mean([result.mi_xt for result in results]) == pytest.approx(task.truth_xt, rel=0.03)
    assert all(result.flag == [""] for result in results)


@pytest.mark.parametrize(
    "task",
    [
        closed_forms.gaussian(20, -0.99),
        closed_forms.gaussian(5, 0.0),
        closed_forms.student(1, 0.0, 1),
        closed_forms.student(5, 0.5, 10),
        mixtures.xor_mixture(2.0),
        channels.noisy_function("sin x", 0.5),
        channels.noisy_function("x^3", 0.5),
    ],
    ids=lambda task: task.name,
)
def test_known_information(task):
    result = run(task, 3000)
    assert result.mi_xt[0] == pytest.approx(task.truth_xt, rel=0.03, abs=0.07)
    assert result.mi_xt_low[0] < result.mi_xt[0] < result.mi_xt_high[0]


@pytest.mark.parametrize(
    "task",
    [
        closed_forms.identity(3),
        closed_forms.symmetric_channel(2, 0.1),
        mixtures.sign_product(1.5),
        channels.dropout_channel(5, 0.4),
        closed_forms.student(20, 0.5, 5),
    ],
    ids=lambda task: task.name,
)
def test_what_it_cannot_do_is_flagged(task):
    assert run(task, 3000).flag != [""]


def test_labels():
    for task, bar in ((mixtures.gaussian_classes(2, 1.0), 0.03), (mixtures.xor_labels(1.5), 0.04)):
        result = run(task, 4000)
        assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=bar)
        assert 0 <= result.mi_ty[0] <= result.ceiling_ty[0]


def test_degenerate_samples_are_flagged():
    x, t, _ = closed_forms.gaussian(2, 0.5).sample(300, 0)
    y = (x[:, 0] > 0).long()
    assert SATURATED in estimate(x, x[None], y).flag[0]
    assert DISCRETE in estimate(x, (t > 0).float()[None], y).flag[0]
    wide = torch.randn(1, 40, 60, generator=generator(0))
    few = estimate(x[:40], wide, y[:40])
    assert FEW_SAMPLES in few.flag[0]
    assert math.isfinite(few.mi_xt[0])


@pytest.mark.parametrize("d", [2, 5, 10])
def test_sparse_binary_units_are_flagged_and_no_error(d: int):
    x = (torch.rand(600, d, generator=generator(d)) < 0.05).float()
    moved = torch.where(torch.rand(x.shape, generator=generator(d + 1)) < 0.01, 1 - x, x)
    result = estimate(x, torch.stack([x, moved]), (x.sum(1) > 0).long())
    assert all(result.flag_xt)
    assert np.isfinite(result.mi_ty).all()


def test_more_than_the_entropy_of_repeated_inputs_is_flagged():
    patterns = torch.randn(20, 3, generator=generator(0))
    x = patterns[torch.randint(20, (1500,), generator=generator(1))]
    t = torch.tanh(x) + 1e-4 * torch.randn(1500, 3, generator=generator(2))
    result = estimate(x, t[None], no_labels(1500))
    assert result.mi_xt[0] > math.log(20)
    assert SATURATED in result.flag_xt[0]
