"""Closed bounds of a Gaussian encoder, against integrals and against the estimator that shares their densities."""

import math

import pytest
import torch

from infoplane.estimators.parts.channel import draw
from infoplane.estimators.parts.channel_information import channel_information
from infoplane.objectives import leave_one_out, variational
from infoplane.objectives.channel import Channel


def encoded(n, d, std, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mean, eps = torch.randn(2, n, d, generator=generator, dtype=torch.float64)
    return mean, torch.full_like(mean, std), eps


def test_the_variational_bound_is_the_divergence_of_torch():
    mean, std, _ = encoded(40, 3, 0.7)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mean, std), normal(0.0, 1.0)).sum(1).mean()
    assert float(variational(mean, std)) == pytest.approx(float(expected))


def test_the_truth_lies_below_both_and_leaving_one_out_is_tighter():
    mean, std, eps = encoded(2000, 2, 0.5)
    truth = 2 / 2 * math.log(1 + 1 / 0.25)
    left_out = float(leave_one_out(mean, std, eps))
    assert truth - 0.05 < left_out < float(variational(mean, std))
    assert left_out == pytest.approx(truth, abs=0.2)


def test_it_is_what_the_estimator_of_known_channels_calls_left_out():
    mean, std, _ = encoded(60, 3, 0.6)
    std = std * torch.linspace(0.5, 1.5, 60, dtype=torch.float64)[:, None]
    draws = 40
    source = torch.Generator().manual_seed(1)
    drawn = draw(torch.arange(60) % 2, Channel(mean, std), source, draws)
    found = channel_information(Channel(mean, std), drawn, 60, source).left_out
    generator = torch.Generator().manual_seed(2)
    ours = [
        float(leave_one_out(mean, std, torch.randn(mean.shape, generator=generator, dtype=torch.float64)))
        for _ in range(draws)
    ]
    assert sum(ours) / draws == pytest.approx(found, rel=0.02)


def test_gradients():
    mean, std, eps = (each.requires_grad_(True) for each in encoded(7, 3, 0.6))
    assert torch.autograd.gradcheck(variational, (mean, std))
    # the gradient does not pass through the shift of the means, which changes no value
    assert torch.autograd.gradcheck(lambda m, s: leave_one_out(m, s, eps.detach()), (mean, std))


def test_single_precision_far_from_zero_is_as_good():
    mean, std, eps = encoded(50, 4, 0.3)
    near = float(leave_one_out(mean, std, eps))
    far = float(leave_one_out((mean + 1000).float(), std.float(), eps.float()))
    assert far == pytest.approx(near, rel=1e-3)
