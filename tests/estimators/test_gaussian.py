"""The Gaussian estimator: exact where its model holds, flagged where it doesn't."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.gaussian import FEW_SAMPLES, NOT_GAUSSIAN, estimate
from infoplane.flags import MISSED, SATURATED
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator

NO_LABELS = torch.zeros(4000, dtype=torch.int64)


def run(task, n=4000, seed=0, **keywords):
    x, t, y = transforms.noisy(task).sample(n, seed)
    return estimate(x, t[None], NO_LABELS[:1].expand(n) if y is None else y, seed=seed, **keywords)


@pytest.mark.parametrize(
    "task",
    [
        closed_forms.gaussian(1, 0.9),
        closed_forms.gaussian(20, -0.99),
        closed_forms.gaussian(5, 0.0),
        closed_forms.dense_gaussian(10),
        transforms.transformed(closed_forms.gaussian(20, 0.9), "cubed"),
        transforms.transformed(closed_forms.sparse_gaussian(5), "wiggly"),
    ],
    ids=lambda task: task.name,
)
def test_gaussians_after_monotone_maps(task):
    result = run(task)
    assert result.flag == [""]
    assert result.mi_xt[0] == pytest.approx(task.truth_xt, rel=0.01, abs=0.03)
    # normal scores cost a little beyond the error of known margins
    assert result.mi_xt_low[0] - 0.1 < task.truth_xt < result.mi_xt_high[0] + 0.1


def test_wide_pairs_have_no_bias():
    truth = closed_forms.gaussian(128, 0.5).truth_xt
    values = [run(closed_forms.gaussian(128, 0.5), n=2000, seed=seed).mi_xt[0] for seed in range(3)]
    assert np.mean(values) == pytest.approx(truth, rel=0.02)


def test_equals_the_determinant_formula():
    x, t, _ = closed_forms.dense_gaussian(2).sample(500, 1)
    c = np.cov(np.hstack([x, t]).T.astype(float))
    plug_in = 0.5 * math.log(np.linalg.det(c[:2, :2]) * np.linalg.det(c[2:, 2:]) / np.linalg.det(c))
    result = estimate(x, t[None], NO_LABELS[:500], marginals="raw")
    # the bias of the plug-in is about d_x d_t / 2 n
    assert result.mi_xt[0] == pytest.approx(plug_in - 4 / 1000, abs=2e-4)


@pytest.mark.parametrize(
    "task",
    [
        mixtures.xor_mixture(4.0),
        mixtures.sign_product(1.5),
        channels.noisy_function("sin x", 0.1),
        closed_forms.student(5, 0.5, 3),
        closed_forms.additive_uniform(0.1),
    ],
    ids=lambda task: task.name,
)
def test_what_is_not_gaussian_is_flagged(task):
    assert NOT_GAUSSIAN in run(task).flag[0]


def test_infinite_information_is_flagged():
    result = run(closed_forms.identity(3))
    assert SATURATED in result.flag[0]
    assert math.isfinite(result.mi_xt[0])


@pytest.mark.parametrize("radius", [2.0, 4.0])
def test_labels(radius):
    task = mixtures.gaussian_classes(10, radius)
    result = run(task)
    assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=0.05)
    assert result.mi_ty[0] < result.ceiling_ty[0]


def test_labels_of_other_covariance():
    g = generator(0)
    y = torch.randint(2, (4000,), generator=g)
    t = torch.randn(4000, 2, generator=g) * torch.where(y == 1, 4.0, 1.0)[:, None]
    # ln 2 - E ln(1 + q/p), by the same densities on the same samples
    log_ratio = t.square().sum(1) / 2 * (1 - 1 / 16) - math.log(16)
    log_ratio = torch.where(y == 1, log_ratio, -log_ratio)
    truth = math.log(2) + float(torch.nn.functional.logsigmoid(log_ratio).mean())
    result = estimate(t, t[None], y)
    assert result.mi_ty[0] == pytest.approx(truth, abs=0.01)


def test_degenerate_samples():
    x, t, _ = closed_forms.gaussian(2, 0.5).sample(300, 0)
    y = (x[:, 0] > 0).long()
    reference = estimate(x, t[None], y)
    # a constant unit and a repeated one say nothing new
    padded = torch.cat([t, torch.ones(300, 1), t[:, :1]], 1)
    assert estimate(x, padded[None], y).mi_xt[0] == pytest.approx(reference.mi_xt[0], abs=1e-6)
    constant = estimate(x, torch.ones(1, 300, 4), y)
    assert constant.mi_xt[0] == constant.mi_ty[0] == 0
    assert estimate(x, t[None], torch.zeros(300).long()).mi_ty[0] == 0
    # duplicated samples, and fewer samples than units
    assert math.isfinite(estimate(x.repeat(2, 1), t.repeat(2, 1)[None], y.repeat(2)).mi_xt[0])
    wide = torch.randn(1, 40, 60, generator=generator(0))
    few = estimate(x[:40], wide, y[:40])
    assert FEW_SAMPLES in few.flag[0]
    assert math.isfinite(few.mi_xt[0])
    assert math.isfinite(few.mi_ty[0])


def test_more_than_the_entropy_of_repeated_inputs_is_flagged():
    patterns = torch.randn(100, 6, generator=generator(0))
    x = patterns[torch.randint(100, (3000,), generator=generator(1))]
    t = torch.tanh(x) + 1e-4 * torch.randn(3000, 6, generator=generator(2))
    result = estimate(x, t[None], NO_LABELS[:3000])
    assert result.mi_xt[0] > math.log(100)
    assert SATURATED in result.flag_xt[0]


def test_waves_too_short_for_cosines_are_flagged():
    x = 2 * math.pi * torch.rand(3000, 1, generator=generator(3))
    t = torch.sin(10 * x) + 0.3 * torch.randn(3000, 1, generator=generator(4))
    result = estimate(x, t[None], NO_LABELS[:3000])
    assert result.mi_xt[0] < 0.1
    assert MISSED in result.flag_xt[0]
