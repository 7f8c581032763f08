"""Truths of layers with a finite population: against closed forms, and what no noise can exceed."""

import math

import pytest
import torch

from infoplane.information import Noise
from infoplane.known import channels
from infoplane.known.real_layers import Population, information, layer_in_noise
from infoplane.known.task import generator
from infoplane.known.transforms import noisy


def additive(std: float) -> Noise:
    return Noise("additive", torch.tensor(std))


def test_a_few_points_in_noise_are_those_of_the_quadrature():
    known = channels.points_in_noise([-3, -1, 1, 3], 1.0)
    points = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]])
    truth = information(points, torch.tensor([0, 0, 1, 1]), additive(1.0), 40_000, 0)
    assert truth.xt == pytest.approx(known.truth_xt, abs=4 * truth.error_xt)
    assert truth.ty == pytest.approx(known.truth_ty, abs=4 * truth.error_ty)
    assert max(truth.error_xt, truth.error_ty) < 0.006


def test_a_large_population_is_its_distribution():
    x = torch.randn(8000, 2, generator=generator(0))
    truth = information(x, torch.zeros(len(x), dtype=torch.int64), additive(0.5), 3000, 0)
    assert truth.xt == pytest.approx(math.log(1 + 0.5**-2), abs=4 * truth.error_xt + 0.02)
    assert truth.ty == pytest.approx(0, abs=1e-9)


def test_multiplicative_noise_is_the_dropout_channel():
    x = torch.randn(8000, 1, generator=generator(1))
    truth = information(2 * x + 0.5, (x[:, 0] > 0).long(), Noise("gaussian", torch.tensor(0.4)), 4000, 0)
    assert truth.xt == pytest.approx(channels.dropout_channel_information(0.4), abs=4 * truth.error_xt + 0.01)


def test_little_noise_tells_all_inputs_apart_and_much_none():
    t = torch.randn(300, 5, generator=generator(2))
    y = torch.arange(300) % 3
    small, large = (information(t, y, additive(std), 2000, 0) for std in (1e-3, 1e3))
    assert small.xt == pytest.approx(math.log(300), abs=1e-6)
    assert small.ty == pytest.approx(math.log(3), abs=1e-6)
    assert abs(large.xt) < 1e-2
    assert abs(large.ty) < 1e-2


def test_units_that_are_always_0_count_for_nothing_and_others_are_refused():
    t = torch.rand(50, 2, generator=generator(3)) + 0.1
    y, noise = torch.zeros(50, dtype=torch.int64), Noise("gaussian", torch.tensor(0.3))
    padded = torch.cat([t, torch.zeros(50, 1)], 1)
    assert information(padded, y, noise, 500, 0) == information(t, y, noise, 500, 0)
    with pytest.raises(ValueError, match="0 for some inputs"):
        information(torch.cat([t, torch.eye(50)[:, :1]], 1), y, noise, 500, 0)
    with pytest.raises(ValueError, match="lognormal"):
        information(t, y, Noise("lognormal", torch.tensor(0.3)), 500, 0)


def test_a_task_draws_distinct_inputs_and_their_noise():
    t = torch.arange(40.0)[:, None].expand(-1, 2).contiguous()
    task = layer_in_noise(Population("steps", t[:, :1], t, torch.arange(40) % 2), additive(0.1), pairs=200)
    x, drawn, y = task.sample(30, 0)
    assert len(x.unique()) == 30
    assert torch.equal(drawn[:, :1], x)
    assert torch.equal(y, x[:, 0].long() % 2)
    assert not torch.equal(noisy(task).sample(30, 0)[1], drawn)
    assert task.truth_xt == pytest.approx(math.log(40), abs=1e-3)
    assert "all 40 inputs" in task.source
