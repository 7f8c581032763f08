"""Counting by hand, the 4096 inputs of Shwartz-Ziv & Tishby, and mixtures whose integral is known."""

import math

import pytest
import torch

from infoplane.estimators.exact import estimate
from infoplane.estimators.parts.channel_information import STANDARD_ERRORS
from infoplane.flags import FEW_SAMPLES, NO_NOISE, OTHER_NOISE, SATURATED, WIDE
from infoplane.information import Noise
from infoplane.known import channels, closed_forms, mixtures
from infoplane.known.task import generator


def szt():
    """All 12-bit patterns and their label (Shwartz-Ziv & Tishby 2017): invariant under rotations of the icosahedron."""
    phi = (1 + math.sqrt(5)) / 2
    half = [(0, 1, phi), (1, phi, 0), (0, 1, -phi), (-1, phi, 0), (phi, 0, -1), (0, -1, phi)]
    other = [(1, -phi, 0), (-1, -phi, 0), (-phi, 0, -1), (0, -1, -phi), (-phi, 0, 1), (phi, 0, 1)]
    vertices = torch.tensor([*half, *other], dtype=torch.float64) / math.sqrt(1 + phi**2)
    x = (torch.arange(4096)[:, None] >> torch.arange(11, -1, -1)) & 1
    return x.float(), (x.sum(1) + (x.double() @ vertices).norm(dim=1) > 7.632).long()


def test_all_inputs_of_shwartz_ziv_and_tishby():
    x, y = szt()
    assert int(y.sum()) == 2118
    result = estimate(x, torch.stack([x, x[:, :1].expand(-1, 12), torch.zeros_like(x)]), y, inputs="all")
    assert result.mi_xt == pytest.approx([math.log(4096), math.log(2), 0], abs=1e-9)
    # T holds all of X, so that I(T;Y) = I(X;Y) = H(Y)
    assert result.mi_ty[0] == pytest.approx(0.69256, abs=1e-5)
    assert result.mi_ty[2] == pytest.approx(0, abs=1e-12)
    assert result.flag == ["", "", ""]
    assert SATURATED in estimate(x, x[None], y).flag[0]


def test_counting_by_hand():
    x = torch.tensor([[0.0], [1], [2], [3], [3], [3]])
    t = torch.tensor([[0.0], [0], [5], [5], [5], [-1]])
    y = torch.tensor([0, 0, 0, 1, 1, 1])

    def h(*counts):
        return -sum(c / 6 * math.log(c / 6) for c in counts)

    result = estimate(x, t[None], y)
    # input 3 goes to 5 twice and to -1 once, so that T is not a function of X
    assert result.mi_xt[0] == pytest.approx(h(1, 1, 1, 3) + h(2, 3, 1) - h(1, 1, 1, 2, 1))
    assert result.mi_ty[0] == pytest.approx(h(2, 3, 1) + h(3, 3) - h(2, 1, 2, 1))
    assert result.ceiling_xt[0] == pytest.approx(h(1, 1, 1, 3))


def test_quantised_levels():
    t = torch.tensor([[0.0], [0.1], [0.45], [0.55], [1.0], [-0.0]])
    y = torch.zeros(6).long()
    x = torch.arange(6.0)[:, None]
    one_bit, fine = (estimate(x, t[None], y, bits=b, inputs="all").mi_xt[0] for b in (1, 20))
    # four round to 0, two to 1
    assert one_bit == pytest.approx(-(4 / 6 * math.log(4 / 6) + 2 / 6 * math.log(2 / 6)))
    # the two zeros stay together
    assert fine == pytest.approx(math.log(6) - 2 / 6 * math.log(2))
    assert estimate(x, t[None], y).mi_xt[0] == pytest.approx(fine)


def test_symmetric_channel():
    task = closed_forms.symmetric_channel(4, 0.2)
    x, t, y = task.sample(10_000, 0)
    result = estimate(x, t[None], y)
    assert result.flag == [""]
    assert result.mi_xt[0] == pytest.approx(task.truth_xt, abs=0.03)
    assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=0.03)


@pytest.mark.parametrize(
    "task",
    [
        channels.points_in_noise([-3, -1, 1, 3], 1.0),
        channels.points_in_noise([-3, -1, 1, 3], 0.3),
        channels.gaussian_in_noise(1, 0.5),
        mixtures.gaussian_classes(2, 1.0, noise_var=0.5),
    ],
    ids=lambda task: task.name,
)
def test_mixtures_of_known_integral(task):
    x, t, y = task.sample(4000, 0)
    labels = torch.zeros(4000).long() if y is None else y
    result = estimate(x, t[None], labels, noise=task.noise, noise_std="injected", draws=2)
    assert result.flag == [""]
    for axis in ("xt", "ty"):
        if getattr(task, f"truth_{axis}") is not None:
            assert getattr(result, f"mi_{axis}")[0] == pytest.approx(getattr(task, f"truth_{axis}"), abs=0.04)
            assert getattr(result, f"mi_{axis}_low")[0] < getattr(result, f"mi_{axis}_high")[0]


def test_too_many_dimensions_for_the_sample_are_flagged():
    x, t, y = mixtures.gaussian_classes(10, 2.0, noise_var=0.1).sample(1000, 0)
    assert SATURATED in estimate(x, t[None], y, noise_std=0.3).flag[0]
    assert SATURATED in estimate(x, t[None], y).flag[0]
    assert estimate(x, t[None], y, noise_std=0.3, inputs="all").flag == [""]


def letters(count, n, seed):
    return torch.randint(count, (n, 1), generator=generator(seed)).float()


@pytest.mark.parametrize("axis", ["xt", "ty"])
def test_joint_counts_of_too_few_samples_are_flagged(axis):
    n = 10_000
    if axis == "ty":
        # five samples in each of 2000 patterns, ten labels that have nothing to do with them
        x = torch.randn(n, 2, generator=generator(0))
        given = x, letters(2000, n, 1)[None], letters(10, n, 2)[:, 0].long()
    else:
        given = letters(100, n, 1), letters(100, n, 2)[None], torch.zeros(n).long()
    result = estimate(*given)
    assert getattr(result, f"mi_{axis}")[0] > 0.5
    assert result.flag == [FEW_SAMPLES]
    assert estimate(*given, inputs="all").flag == [""]
    # a tenth as many letters, and the bias is below the tolerance
    few = estimate(given[0] // 10 if axis == "xt" else given[0], given[1] // 10, given[2])
    assert few.flag == [""]


def test_a_label_that_the_pattern_of_two_samples_seems_to_tell_is_flagged():
    # a third of the samples in pairs, with one label of ten each: counts of pairs tell the label, and Miller's bias
    # formula sees a seventh of that
    t = torch.cat([torch.zeros(6000), torch.arange(1, 1501).repeat(2)])[:, None]
    x = torch.randn(9000, 2, generator=generator(0))
    y = letters(10, 9000, 1)[:, 0].long()
    result = estimate(x, t[None], y)
    assert result.mi_ty[0] > 0.3
    assert FEW_SAMPLES in result.flag[0]


def test_entropy_in_rare_patterns_is_flagged():
    task = mixtures.rare_patterns(0.04, 6)
    x, t, _ = task.sample(10_000, 0)
    result = estimate(x, t[None], torch.zeros(10_000).long())
    assert result.diagnostics["share_alone"][0] < 0.05
    assert result.mi_xt[0] < task.truth_xt - 0.15
    assert result.flag == [FEW_SAMPLES]


def test_labels_that_the_noise_does_not_reach():
    t = torch.rand(3000, 1, generator=generator(0)) * 496
    y = letters(10, 3000, 1)[:, 0].long()
    # they have nothing to do with T, of which all that is left in a sample of its own noise is chance
    assert estimate(t, t[None], y, noise_std=1.0, inputs="all").mi_ty[0] > 0.2
    result = estimate(t, t[None], y, noise_std=1.0)
    assert result.flag_ty[0] or result.mi_ty[0] < 0.1
    assert result.mi_ty_low[0] <= 0.01
    assert estimate(t, t[None], y, noise_std=1.0, inputs="all").flag == [""]
    assert estimate(t, t[None], y, noise_std=20.0).flag == [""]


def half_equal_and_half_far_apart(n):
    t = torch.arange(float(n))[:, None]
    return torch.where(t < n / 2, 0.0, 1000 * t)


def test_samples_that_the_noise_leaves_alone_are_flagged():
    t = half_equal_and_half_far_apart(2000)
    assert estimate(t, t[None], torch.arange(2000) % 2, noise_std=1.0).flag_xt == [WIDE]


def test_bars_know_nothing_of_the_spread_between_inputs():
    t, y = half_equal_and_half_far_apart(600), torch.arange(600) % 2
    values = [estimate(t, t[None], y, noise_std=1.0, draws=3, seed=seed, inputs="all") for seed in range(2)]
    assert values[0].mi_xt[0] == pytest.approx(values[1].mi_xt[0], abs=1e-6)
    assert values[0].mi_xt_high[0] - values[0].mi_xt_low[0] < 1e-6
    assert values[0].mi_ty_high[0] - values[0].mi_ty_low[0] < 1e-6


def test_bars_are_the_error_of_the_draws():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(150, 0)
    results = [estimate(x, t[None], y, noise_std=1.0, draws=3, seed=seed, inputs="all") for seed in range(60)]
    for axis in ("xt", "ty"):
        spread = torch.tensor([getattr(result, f"mi_{axis}")[0] for result in results]).std()
        half_bars = [getattr(result, f"mi_{axis}_high")[0] - getattr(result, f"mi_{axis}")[0] for result in results]
        assert sum(half_bars) / 60 == pytest.approx(STANDARD_ERRORS * float(spread), rel=0.3)


@pytest.mark.parametrize("inputs", ["all", "population"])
def test_a_bar_of_a_single_draw_is_not_too_short(inputs):
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(3000, 0)
    rows = [slice(start, start + 150) for start in range(0, 3000, 150)]
    if inputs == "all":
        rows = rows[:1] * 20
    results = [estimate(x[r], t[None, r], y[r], noise_std=1.0, seed=i, inputs=inputs) for i, r in enumerate(rows)]
    for axis in ("xt", "ty"):
        spread = torch.tensor([getattr(result, f"mi_{axis}")[0] for result in results]).std()
        bars = [getattr(result, f"mi_{axis}_high")[0] - getattr(result, f"mi_{axis}_low")[0] for result in results]
        assert sum(bars) / 20 > 3 * float(spread)


def test_epochs_at_once_equal_one_by_one():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(200, 0)
    layers = torch.stack([t, t.tanh()])
    for keywords in ({}, {"bits": 3}, {"noise_std": 0.5, "draws": 2}):
        together = estimate(x, layers, y, seed=1, **keywords)
        for epoch in range(2):
            alone = estimate(x, layers[epoch : epoch + 1], y, seed=1, **keywords)
            assert alone.mi_xt[0] == together.mi_xt[epoch]
            assert alone.mi_ty[0] == together.mi_ty[epoch]


def test_blocks_change_nothing(monkeypatch):
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(200, 0)
    whole = estimate(x, t[None], y, noise_std=0.5).mi_ty[0]
    monkeypatch.setattr("infoplane.estimators.parts.channel.BLOCK", 1000)
    assert estimate(x, t[None], y, noise_std=0.5).mi_ty[0] == pytest.approx(whole, abs=1e-12)


def test_other_noise_and_degenerate_samples():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(100, 0)
    assert estimate(x, t[None], y, noise=Noise("lognormal", 0.1), noise_std="injected").flag == [OTHER_NOISE]
    assert estimate(x, t[None], y, noise_std="injected").flag == [NO_NOISE]
    for keywords in ({}, {"bits": 4}, {"noise_std": 0.5}):
        constant = estimate(x, torch.ones(1, 100, 2), y, **keywords)
        assert constant.mi_xt[0] == pytest.approx(0, abs=1e-9)
        assert constant.mi_ty[0] == pytest.approx(0, abs=1e-9)
        one_class = estimate(x, t[None], torch.full((100,), 3), **keywords)
        assert one_class.mi_ty[0] == pytest.approx(0, abs=1e-9)
        assert math.isfinite(estimate(x.repeat(2, 1), t.repeat(2, 1)[None], y.repeat(2), **keywords).mi_xt[0])
