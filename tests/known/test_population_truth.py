"""Truths of a finite population: against closed forms and plain sums, and what no noise can exceed."""

import math

import pytest
import torch

from infoplane.information import Noise
from infoplane.known import channels
from infoplane.known.population_truth import counted, information
from infoplane.known.task import generator


def additive(std: float) -> Noise:
    return Noise("additive", torch.tensor(std))


def test_a_few_points_in_noise_are_those_of_the_quadrature():
    known = channels.points_in_noise([-3, -1, 1, 3], 1.0)
    points = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]])
    truth = information(points, torch.tensor([0, 0, 1, 1]), additive(1.0), 0, pairs=40_000)
    assert truth.xt == pytest.approx(known.truth_xt, abs=4 * truth.error_xt)
    assert truth.ty == pytest.approx(known.truth_ty, abs=4 * truth.error_ty)
    assert max(truth.error_xt, truth.error_ty) < 0.006


def test_a_large_population_is_its_distribution():
    x = torch.randn(8000, 2, generator=generator(0))
    truth = information(x, torch.zeros(len(x), dtype=torch.int64), additive(0.5), 0, pairs=3000, most=3000)
    assert truth.xt == pytest.approx(math.log(1 + 0.5**-2), abs=4 * truth.error_xt + 0.02)
    assert truth.ty == pytest.approx(0, abs=1e-9)


def test_multiplicative_noise_is_the_dropout_channel():
    x = torch.randn(8000, 1, generator=generator(1))
    truth = information(2 * x + 0.5, (x[:, 0] > 0).long(), Noise("gaussian", torch.tensor(0.4)), 0, pairs=4000)
    assert truth.xt == pytest.approx(channels.dropout_channel_information(0.4), abs=4 * truth.error_xt + 0.01)


def test_little_noise_tells_all_inputs_apart_and_much_none():
    t = torch.randn(300, 5, generator=generator(2))
    y = torch.arange(300) % 3
    small, large = (information(t, y, additive(std), 0, pairs=2000) for std in (1e-3, 1e3))
    assert small.xt == pytest.approx(math.log(300), abs=1e-6)
    assert small.ty == pytest.approx(math.log(3), abs=1e-6)
    assert abs(large.xt) < 1e-2
    assert abs(large.ty) < 1e-2


def test_units_that_are_always_0_count_for_nothing_and_others_are_refused():
    t = torch.rand(50, 2, generator=generator(3)) + 0.1
    y, noise = torch.zeros(50, dtype=torch.int64), Noise("gaussian", torch.tensor(0.3))
    padded = torch.cat([t, torch.zeros(50, 1)], 1)
    assert information(padded, y, noise, 0, pairs=500) == information(t, y, noise, 0, pairs=500)
    with pytest.raises(ValueError, match="0 for some inputs"):
        information(torch.cat([t, torch.eye(50)[:, :1]], 1), y, noise, 0, pairs=500)
    with pytest.raises(ValueError, match="lognormal"):
        information(t, y, Noise("lognormal", torch.tensor(0.3)), 0, pairs=500)


@pytest.mark.parametrize("kind", ["additive", "gaussian"])
def test_as_a_plain_sum_over_all_densities(kind):
    t, y = 0.5 + torch.rand(60, 3, generator=generator(4)), torch.arange(60) % 4
    truth = information(t, y, Noise(kind, torch.tensor(0.2)), 0, pairs=40_000)
    # another way: a sum of densities of torch's own for each sample
    scale = torch.full_like(t, 0.2) if kind == "additive" else 0.2 * t
    z = t + scale * torch.randn(800, *t.shape, generator=generator(5))
    log_p = torch.distributions.Normal(t, scale).log_prob(z[:, :, None]).sum(3).double()
    every = log_p.logsumexp(2) - math.log(60)
    alike = log_p.masked_fill(y[:, None] != y, -math.inf).logsumexp(2) - math.log(15)
    plain_xt, plain_ty = log_p.diagonal(dim1=1, dim2=2) - every, alike - every
    for value, error, plain in ((truth.xt, truth.error_xt, plain_xt), (truth.ty, truth.error_ty, plain_ty)):
        assert value == pytest.approx(float(plain.mean()), abs=4 * (error + float(plain.std()) / 48_000**0.5))


def test_the_stated_error_is_that_over_seeds():
    # far more inputs than pairs, so that they are drawn alike at random
    t = torch.randn(20_000, 3, generator=generator(6))
    y = (t[:, 0] > 0).long()
    found = [information(t, y, additive(0.7), seed, pairs=300, most=300) for seed in range(20)]
    for value, error in (("xt", "error_xt"), ("ty", "error_ty")):
        spread = torch.tensor([getattr(truth, value) for truth in found]).std()
        stated = torch.tensor([getattr(truth, error) for truth in found]).mean()
        assert 0.6 < float(spread / stated) < 1.5


def test_pairs_are_drawn_until_the_error_is_small():
    t, y = torch.randn(500, 2, generator=generator(7)), torch.zeros(500, dtype=torch.int64)
    once = information(t, y, additive(0.3), 0, pairs=200, most=200)
    assert once.error_xt > 0.01
    assert information(t, y, additive(0.3), 0, pairs=200, most=100_000, error=0.01).error_xt <= 0.01
    assert information(t, y, additive(0.3), 0, pairs=200, most=100_000, error=1.0) == once


def test_counts_are_those_of_a_joint_table():
    codes, y = torch.tensor([[0, 1], [0, 1], [2, 0], [2, 0], [2, 0], [3, 3]]), torch.tensor([0, 1, 1, 1, 1, 0])
    found = counted(codes, y)
    joint = torch.tensor([[1, 1], [0, 3], [1, 0]]) / 6
    product = joint.sum(1, keepdim=True) * joint.sum(0)
    assert found.entropy == pytest.approx(-sum(p * math.log(p) for p in (1 / 3, 1 / 2, 1 / 6)))
    assert found.ty == pytest.approx(float(torch.special.xlogy(joint, joint / product).sum()))
