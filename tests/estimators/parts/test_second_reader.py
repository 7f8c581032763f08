"""The second reader sees what others overlook, and is not above the truth where they are right."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.parts.second_reader import is_missed, read_inputs, read_labels
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


def rare_but_sharp(n: int, share: float, width: float, seed: int):
    """t = x +- width in a share of the samples, independent in the rest, both uniform; and I(X;T)."""
    x, t, which, near = torch.rand(4, n, 1, generator=generator(seed), dtype=torch.float64)
    truth = share * math.log(share / (2 * width) + 1 - share) + (1 - share) * math.log(1 - share)
    return x, torch.where(which < share, x + width * (2 * near - 1), t), truth


@pytest.mark.parametrize(
    "task",
    [
        transforms.rotated(transforms.copies(mixtures.crossed_gaussians(0.9), 5)),
        transforms.rotated(transforms.copies(mixtures.xor_mixture(2.0), 4)),
        transforms.rotated(transforms.copies(closed_forms.student(1, 0.5, 3), 5)),
        closed_forms.gaussian(10, 0.9),
        mixtures.sign_product(),
    ],
    ids=lambda task: task.name,
)
def test_most_of_the_dependence_is_seen_and_not_more(task):
    x, t, _ = task.sample(4000, 2)
    read = read_inputs(x, t[None], seed=0)
    assert read[0] > 0.8 * task.truth_xt
    assert not is_missed(read, np.array([task.truth_xt]), 4000)[0]


def test_what_is_fine_or_rare_is_missed_by_who_says_nothing():
    x = torch.rand(4000, 1, generator=generator(0), dtype=torch.float64)
    waves = torch.sin(20 * math.pi * x) + 0.3 * torch.randn(4000, 1, generator=generator(1), dtype=torch.float64)
    sharp_x, sharp_t, truth = rare_but_sharp(4000, 0.1, 0.001, seed=2)
    readings = np.concatenate([read_inputs(x, waves[None], 0), read_inputs(sharp_x, sharp_t[None], 0)])
    assert is_missed(readings, np.array([0.01, 0.1]), 4000).all()
    assert not is_missed(readings[1:], np.array([truth]), 4000)[0]


@pytest.mark.parametrize(
    "task",
    [
        closed_forms.gaussian(1, 0.0),
        closed_forms.gaussian(5, 0.0),
        closed_forms.gaussian(20, 0.1),
        closed_forms.dense_gaussian(10),
        closed_forms.student(5, 0.5, 2),
        closed_forms.symmetric_channel(4, 0.2),
        mixtures.rare_patterns(0.1, 6),
        channels.noisy_function("x^3", 0.3),
    ],
    ids=lambda task: task.name,
)
def test_who_is_right_has_missed_nothing(task):
    samples = {seed: task.sample(3000, seed) for seed in (11, 12)}
    readings = [read_inputs(x, t[None], seed)[0] for seed, (x, t, _) in samples.items()]
    assert not is_missed(readings, np.full(2, task.truth_xt), 3000).any()


def test_coordinates_that_know_each_other_are_not_counted_twice():
    x, z = torch.randn(2, 3000, 1, generator=generator(4), dtype=torch.float64)
    t = 0.8 * x + 0.6 * z
    small = 0.3 * torch.randn(2, 3000, 4, generator=generator(5), dtype=torch.float64)
    many_x, many_t = x + small[0], t + small[1]
    assert read_inputs(many_x, many_t[None], 0) < -0.5 * math.log(1 - 0.8**2) + 0.08


def test_parity_of_labels_is_seen_and_independent_ones_are_not():
    t = 4 * torch.randint(2, (3000, 4), generator=generator(0)) + torch.randn(3000, 4, generator=generator(1))
    parity = (t > 2).sum(1) % 2
    assert read_labels(t[None], parity, 0) > 0.3
    free = torch.randint(2, (3000,), generator=generator(2))
    assert not is_missed(read_labels(t[None], free, 0), np.zeros(1), 3000)[0]
