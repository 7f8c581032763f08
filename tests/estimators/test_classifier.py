"""The classifier's bound: on label tasks of known information, before and after monotone maps."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.classifier import estimate
from infoplane.flags import FEW_SAMPLES, OVERFIT
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


def noisy_classes(channel, radius=4.0, n=4000, seed=0):
    """Unit Gaussians at radius e_c whose labels went through a channel, and I(T;Y) by the mean over 200 000 posteriors.

    Standard error of the truth: .002.
    """
    classes = len(channel)
    g = generator(seed)
    which = torch.randint(classes, (200_000,), generator=g)
    t = radius * torch.eye(classes)[which] + torch.randn(200_000, classes, generator=g)
    posterior = torch.softmax(radius * t.double(), 1) @ channel.double()
    prior = posterior.mean(0)
    truth = float((posterior * (posterior / prior).log()).sum(1).mean())
    y = torch.multinomial(channel[which[:n]], 1, generator=g)[:, 0]
    return t[:n], y, truth


def random_labels(classes, share):
    return (1 - share) * torch.eye(classes) + share / classes


def swapped_labels(classes, share):
    return (1 - share) * torch.eye(classes) + share * torch.eye(classes).roll(1, 1)


LABEL_NOISE = [random_labels(10, 0.1), random_labels(10, 0.3), swapped_labels(10, 0.3), random_labels(3, 0.2)]


@pytest.mark.parametrize("channel", LABEL_NOISE, ids=["tenth", "third", "swapped", "three"])
def test_labels_that_are_sometimes_wrong(channel):
    t, y, truth = noisy_classes(channel)
    result = estimate(t, t[None], y)
    assert result.mi_ty[0] == pytest.approx(truth, abs=0.09)
    assert result.flag_ty == [""]
    assert result.mi_ty_high[0] - result.mi_ty[0] < max(0.1, 0.1 * result.mi_ty[0])


def curved(kind, n, seed=0):
    """Labels that are a function of t, I(T;Y) = H(Y) = ln 2: what a small network does not find."""
    g = generator(seed)
    if kind == "parity":
        t = torch.randn(n, 6, generator=g)
        return t, (t.prod(1) > 0).long()
    if kind == "spirals":
        y, radius = torch.randint(2, (n,), generator=g), torch.rand(n, generator=g).sqrt()
        angle = 6 * math.pi * radius + math.pi * y
        return torch.stack([radius * angle.cos(), radius * angle.sin()], 1), y
    beside_others = kind == "checkerboard beside others"
    t = torch.rand(n, 4 if beside_others else 2, generator=g)
    return t, ((4 if beside_others else 8) * t[:, :2]).floor().sum(1).long() % 2


@pytest.mark.parametrize("kind", ["parity", "spirals"])
def test_what_products_of_signs_or_neighbours_find(kind):
    t, y = curved(kind, 4000)
    result = estimate(t, t[None], y)
    assert result.mi_ty[0] > math.log(2) - 0.1
    assert result.mi_ty[0] <= result.ceiling_ty[0]


@pytest.mark.parametrize("kind", ["checkerboard", "checkerboard beside others"])
def test_what_is_found_in_part_is_flagged(kind):
    t, y = curved(kind, 3000)
    result = estimate(t, t[None], y)
    assert result.mi_ty[0] > 0.1
    assert result.flag_ty != [""]


def test_few_samples_are_flagged_and_not_a_wide_bar():
    t, y, _ = noisy_classes(random_labels(10, 0.3), n=200)
    result = estimate(t, t[None], y)
    assert FEW_SAMPLES in result.flag_ty[0]


def test_rare_labels_are_held_to_a_share_of_their_entropy():
    g = generator(0)
    y = (torch.rand(2000, generator=g) < 0.01).long()
    t = torch.randn(2000, 3, generator=g) + 2 * y[:, None]
    assert FEW_SAMPLES in estimate(t, t[None], y).flag_ty[0]
