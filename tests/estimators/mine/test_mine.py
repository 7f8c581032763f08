"""MINE against distributions whose mutual information is known, and the promises of its contract."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators import mine
from infoplane.estimators.mine import judging
from infoplane.estimators.mine.axis import Axis
from infoplane.estimators.mine.fitting import History
from infoplane.estimators.parts.closed_forms.twists import free_numbers
from infoplane.estimators.parts.folds import split
from infoplane.flags import FEW_SAMPLES, MISSED, OVERFIT, SATURATED, WIDE
from infoplane.known import bmi, closed_forms, mixtures, transforms
from infoplane.tolerance import is_beyond_tolerance

SMALL = {"steps": 60, "folds": 2, "width": 16}


def gaussian_pairs(n, d, rho, seed=0):
    generator = torch.Generator().manual_seed(100 + seed)
    x, z = torch.randn(2, n, d, generator=generator)
    return x, (rho * x + math.sqrt(1 - rho**2) * z)[None], -d / 2 * math.log(1 - rho**2)


def wiggled(z):
    return z + 0.4 * torch.sin(z) + 0.2 * torch.sin(1.7 * z - 1) + 0.03 * torch.sin(3.3 * z - 2.5)


def no_labels(x):
    return torch.zeros(len(x), dtype=torch.int64)


def spread_classes(n, r, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(10, (n,), generator=generator)
    return torch.randn(n, 10, generator=generator) + r * torch.eye(10)[y], y


@pytest.mark.parametrize(
    ("d", "rho", "tolerance"),
    [
        pytest.param(1, 0.0, 0.01, marks=pytest.mark.slow),
        pytest.param(1, 0.9, 0.05, marks=pytest.mark.slow),
        (5, 0.5, 0.07),
        pytest.param(5, 0.9, 0.2, marks=pytest.mark.slow),
    ],
)
def test_gaussian_pairs(d, rho, tolerance):
    x, t, truth = gaussian_pairs(3000, d, rho)
    result = mine.estimate(x, t, no_labels(x))
    assert result.mi_xt[0] == pytest.approx(truth, abs=tolerance)
    assert result.flag == [""]


def test_monotone_maps_of_coordinates_change_nothing():
    x, t, _ = gaussian_pairs(1000, 2, 0.8)
    plain = mine.estimate(x, t, no_labels(x), **SMALL)
    mapped = mine.estimate(wiggled(x), t**3, no_labels(x), **SMALL)
    np.testing.assert_allclose(mapped.mi_xt, plain.mi_xt, atol=1e-5)


@pytest.mark.slow
def test_finds_what_no_correlation_shows():
    """t tells the product of the signs of two inputs, and nothing about either."""
    generator = torch.Generator().manual_seed(0)
    signs = torch.randint(2, (3000, 2), generator=generator) * 2 - 1
    x = 2 * signs + torch.randn(3000, 2, generator=generator)
    t = 2 * signs.prod(1, keepdim=True) + torch.randn(3000, 1, generator=generator)
    result = mine.estimate(x, t[None], no_labels(x))
    # the truth is 0.532 by Monte Carlo
    assert 0.45 < result.mi_xt[0] < 0.55


def test_stops_at_its_ceiling_and_says_so():
    x, t, truth = gaussian_pairs(1000, 20, 0.95)
    result = mine.estimate(x, t, no_labels(x))
    assert result.mi_xt[0] <= result.ceiling_xt[0] == math.log(200)
    assert result.mi_xt[0] < truth
    assert SATURATED in result.flag[0]


@pytest.mark.parametrize("noise_std", [1e-3, *(pytest.param(std, marks=pytest.mark.slow) for std in (0.5, 3.0))])
def test_noise_on_a_gaussian_layer(noise_std):
    x, t, _ = gaussian_pairs(2000, 3, 0.0)
    result = mine.estimate(x, t, no_labels(x), noise_std=noise_std)
    truth = 3 / 2 * math.log(1 + noise_std**-2)
    if truth > result.ceiling_xt[0]:
        assert SATURATED in result.flag[0]
    else:
        assert result.mi_xt[0] == pytest.approx(truth, abs=0.1)


def test_few_samples_of_huge_ratios_are_not_believed():
    """Donsker-Varadhan can say 5.0 here: nothing shows how rare the pairs of a tenth of the samples are."""
    task = mixtures.rare_patterns(0.1, 6)
    for seed in (0, 1):
        x, t, _ = task.sample(4000, seed)
        result = mine.estimate(x, t[None], no_labels(x), seed=99, **SMALL)
        assert task.truth_xt is not None
        assert result.mi_xt[0] < task.truth_xt
        assert SATURATED in result.flag[0]


def test_wide_layer_with_noise_is_finite_and_flagged():
    x, t, _ = gaussian_pairs(500, 600, 0.5)
    result = mine.estimate(x, 10 * t, no_labels(x), noise_std=0.1, **SMALL)
    assert result.mi_xt[0] <= math.log(250)
    assert SATURATED in result.flag[0]


def test_wide_independent_variables():
    x, t, _ = gaussian_pairs(600, 300, 0.0)
    assert abs(mine.estimate(x, t, no_labels(x), **SMALL).mi_xt[0]) < 0.1


def test_labels():
    t, y = spread_classes(4000, 2)
    result = mine.estimate(torch.zeros(4000, 1), t[None], y)
    assert result.mi_ty[0] == pytest.approx(1.3398, abs=0.06)


def test_labels_never_exceed_their_entropy():
    t, y = spread_classes(400, 30)
    result = mine.estimate(t[:, :1], t[None], y, **SMALL)
    assert 0.95 * result.ceiling_ty[0] < result.mi_ty[0] <= result.ceiling_ty[0] + 1e-9


def test_labels_that_are_not_there():
    t, _ = spread_classes(2000, 2)
    y = torch.randint(10, (2000,), generator=torch.Generator().manual_seed(5))
    assert abs(mine.estimate(torch.zeros(2000, 1), t[None], y, **SMALL).mi_ty[0]) < 0.03


@pytest.mark.parametrize("wrong", [0.1, 0.3])
def test_labels_that_are_sometimes_wrong(wrong):
    t, y = spread_classes(4000, 4)
    generator = torch.Generator().manual_seed(3)
    drawn = torch.randint(10, y.shape, generator=generator)
    y = torch.where(torch.rand(y.shape, generator=generator) < wrong, drawn, y)
    posterior = (1 - wrong) * torch.softmax(4 * t.double(), 1) + wrong / 10
    truth = math.log(10) + float((posterior * posterior.log()).sum(1).mean())
    result = mine.estimate(torch.zeros(4000, 1), t[None], y, **SMALL)
    assert result.mi_ty[0] == pytest.approx(truth, abs=0.1)


def test_parity_of_labels_is_found():
    t = torch.randn(4000, 6, generator=torch.Generator().manual_seed(0))
    result = mine.estimate(t[:, :1], t[None], (t.prod(1) > 0).long(), **SMALL)
    assert result.mi_ty[0] > 0.5


def test_what_neighbours_alone_find_is_flagged():
    t = torch.rand(3000, 2, generator=torch.Generator().manual_seed(0))
    result = mine.estimate(t, t[None], (8 * t).floor().sum(1).long() % 2, **SMALL)
    assert 0.1 < result.mi_ty[0] < 0.6
    assert FEW_SAMPLES in result.flag_ty[0]


def test_few_samples_of_rare_classes_are_not_far_below_nothing_and_flagged():
    """Classes of geometric sizes: 8 of them in 200 samples."""
    generator = torch.Generator().manual_seed(0)
    y = torch.multinomial(0.5 ** torch.arange(8.0), 200, True, generator=generator)
    t = torch.randn(200, 8, generator=generator) + 3 * torch.eye(8)[y]
    result = mine.estimate(t[:, :1], t[None], y, **SMALL)
    assert result.mi_ty[0] > -0.1
    assert FEW_SAMPLES in result.flag_ty[0]


@pytest.mark.parametrize(
    ("objective", "critic"),
    [(name, "separable") for name in ("dv", "dv_biased", "nwj", "infonce", "js")] + [("infonce", "concat")],
)
def test_every_objective_learns(objective, critic):
    """x and t share their size but not their sign, of which the closed form sees nothing."""
    generator = torch.Generator().manual_seed(1)
    size, signs = torch.rand(1500, 1, generator=generator), torch.randint(2, (2, 1500, 1), generator=generator) * 2 - 1
    x, t = signs * (size + 0.1 * torch.randn(2, 1500, 1, generator=generator))
    settings = {"objective": objective, "critic": critic, "folds": 2, "width": 32, "batch": 96, "steps": 200}
    assert mine.estimate(x, t[None], no_labels(x), **settings).mi_xt[0] > 0.3


@pytest.mark.parametrize("bound", ["dv", "nwj", "infonce", "smile"])
def test_every_bound_agrees_where_the_critic_is_right(bound):
    x, t, truth = gaussian_pairs(3000, 2, 0.6)
    result = mine.estimate(x, t, no_labels(x), bound=bound, **SMALL)
    assert result.mi_xt[0] == pytest.approx(truth, abs=0.08)


def test_epochs_in_one_call_are_calls_of_one_epoch():
    x, t, _ = gaussian_pairs(300, 2, 0.7)
    y = (x[:, 0] > 0).long()
    both = torch.cat([t, t.flip(1)])
    together = mine.estimate(x, both, y, noise_std=0.0, seed=3, **SMALL)
    for epoch in range(2):
        alone = mine.estimate(x, both[epoch : epoch + 1], y, seed=3, **SMALL)
        assert alone.mi_xt[0] == together.mi_xt[epoch]
        assert alone.mi_ty[0] == together.mi_ty[epoch]
        for name, values in alone.diagnostics.items():
            np.testing.assert_array_equal(values[0], together.diagnostics[name][epoch])


def test_bars_reach_as_far_as_the_numbers_of_twists_cost():
    task = next(task for task in bmi.tasks() if task.name == "sparse gaussian d=5 rho=0.8, spiral")
    x, t, _ = task.sample(800, 11)
    info = mine.estimate(x, t[None], no_labels(x), seed=3, steps=50)
    above = info.mi_xt_high - info.mi_xt - (info.mi_xt - info.mi_xt_low)
    trained_on = len(split(800, 5, torch.Generator().manual_seed(3)).train[0])
    assert above[0] == pytest.approx(judging.UNSEEN.at(info.mi_xt)[0] + free_numbers(5) / trained_on)
    assert WIDE in info.flag_xt[0]
    assert info.mi_xt_low[0] < task.truth_xt < info.mi_xt_high[0]


def test_global_random_state_is_neither_used_nor_changed():
    x, t, _ = gaussian_pairs(200, 2, 0.7)
    torch.manual_seed(1)
    first = mine.estimate(x, t, no_labels(x), noise_std=0.3, dropout=0.2, ensemble=2, **SMALL)
    state = torch.get_rng_state()
    torch.manual_seed(2)
    second = mine.estimate(x, t, no_labels(x), noise_std=0.3, dropout=0.2, ensemble=2, **SMALL)
    assert first.mi_xt[0] == second.mi_xt[0]
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state())


def test_diagnostics_and_bars():
    x, t, _ = gaussian_pairs(400, 2, 0.7)
    result = mine.estimate(x, t.expand(3, -1, -1), (x[:, 0] > 0).long(), **SMALL)
    curves = {result.diagnostics[f"{part}_{axis}"].shape for part in ("train", "heldout") for axis in ("xt", "ty")}
    assert curves == {result.diagnostics["step"].shape}
    assert len(result.diagnostics["stderr_xt"]) == len(result.diagnostics["stderr_ty"]) == 3
    assert (result.mi_xt_low < result.mi_xt).all()
    assert (result.mi_ty < result.mi_ty_high).all()


def test_degenerate_activations():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 3, generator=generator)
    t = torch.stack([torch.zeros(200, 2), x[:, :1].expand(-1, 2), (x[:, :2] > 1).float()])
    x[100:] = x[:100]
    result = mine.estimate(x, t, (x[:, 0] > 0).long(), **SMALL)
    assert abs(result.mi_xt[0]) < 0.02
    assert abs(result.mi_ty[0]) < 0.02
    one_class = mine.estimate(x, t, no_labels(x), **SMALL)
    assert one_class.mi_ty.tolist() == [0, 0, 0]


def test_overfitting_is_flagged():
    """Of the label's critic: where the gap may still be chance, the samples are called few."""
    t, y = spread_classes(300, 0.3)
    wide = torch.cat([t, torch.randn(300, 100, generator=torch.Generator().manual_seed(1))], 1)
    flag = mine.estimate(t[:, :1], wide[None], y, noise_std=1.0, **SMALL).flag_ty[0]
    assert OVERFIT in flag or FEW_SAMPLES in flag


@pytest.mark.slow
@pytest.mark.parametrize(("d", "rho", "bar"), [(1, 0.9, 0.02), (5, 0.5, 0.04), (5, 0.9, 0.15), (20, 0.5, 0.2)])
def test_gaussian_pairs_at_full_size(d, rho, bar):
    """One seed; docs/validation/mine.csv has three, and every task."""
    x, t, truth = gaussian_pairs(10000, d, rho, 0)
    result = mine.estimate(wiggled(x), t**3, no_labels(x))
    assert result.flag == [""]
    assert abs(result.mi_xt[0] - truth) < bar


@pytest.mark.slow
@pytest.mark.parametrize(("r", "truth"), [(2, 1.3398), (4, 2.2525)])
def test_labels_at_full_size(r, truth):
    errors = []
    for seed in range(3):
        t, y = spread_classes(10000, r, seed)
        errors.append(mine.estimate(torch.zeros(10000, 1), t[None] ** 3, y, seed=seed).mi_ty[0] - truth)
    assert abs(np.mean(errors)) < 0.015


@pytest.mark.slow
@pytest.mark.parametrize(
    "task",
    [transforms.copies(each, 5) for each in (mixtures.crossed_gaussians(0.9), mixtures.xor_mixture(2.0))]
    + [transforms.copies(closed_forms.student(1, 0.5, 3), 5)],
    ids=lambda task: task.name,
)
def test_pairs_that_were_rotated_are_found_or_flagged(task):
    x, t, _ = transforms.rotated(task).sample(4000, 21)
    result = mine.estimate(x, t[None], torch.zeros(4000, dtype=torch.int64))
    assert result.flag_xt[0] or not is_beyond_tolerance(result.mi_xt[0] - task.truth_xt, task.truth_xt)
    # either way most of it is found, where a network of rotated coordinates learns .05 of .42 nats of the mixtures
    assert result.mi_xt[0] > 0.7 * task.truth_xt


def axis(value, stderr=0.01, kept=None):
    nothing = np.full(1, np.nan)
    history = History(nothing, nothing, gap=0.0, kept=value if kept is None else kept, climbed=0.0)
    return Axis(value, stderr, 5.0, history, {"infonce": value, "dv": value})


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (axis(1.0), ""),
        (axis(-0.05), ""),
        (axis(-0.2), OVERFIT),
        (axis(0.5, kept=1.3), OVERFIT),
        (axis(1.0, kept=1.3, stderr=0.2), WIDE),
        (axis(1.0, stderr=0.2), WIDE),
    ],
)
def test_values_that_lost_what_they_had_and_long_bars_are_flagged(found, word):
    result = judging.judged(
        [found], [found], 1, compared=1.0, n=4000, readings={"xt": np.array([-1.0]), "ty": np.array([-1.0])}
    )
    # of labels, more samples are what a long bar asks for
    assert [result.flag_xt, result.flag_ty] == [[word], [FEW_SAMPLES if word == WIDE else word]]


def test_what_another_reader_sees_is_flagged():
    found = axis(0.3)
    result = judging.judged(
        [found], [found], 1, compared=1.0, n=4000, readings={"xt": np.array([0.6]), "ty": np.array([0.33])}
    )
    assert [result.flag_xt, result.flag_ty] == [[MISSED], [""]]
