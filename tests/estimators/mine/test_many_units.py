"""`mine` where x or t has many units: images and wide layers, which no sample of theirs decides the covariance of."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from infoplane.estimators import mine
from infoplane.estimators.mine.left_out import left_out, without_components
from infoplane.estimators.mine.log_ratios import leading_components
from infoplane.estimators.parts.closed_forms.clusters import COUNTS, cluster_log_ratio, clusters
from infoplane.estimators.parts.closed_forms.worth import held_out_value
from infoplane.known import closed_forms
from infoplane.known.lmi import gaussian_in_many
from infoplane.known.pictures import tasks

NO_LABELS = torch.zeros(1000, dtype=torch.int64)


def of_groups(n: int, errors: float, seed: int, *, units: int = 144) -> tuple[Tensor, Tensor, float]:
    """Pictures of two kinds, kinds of x and t that differ with a probability of `errors`, and their information."""
    g = torch.Generator().manual_seed(seed)
    kind = torch.randint(2, (n,), generator=g)
    other = kind ^ (torch.rand(n, generator=g) < errors).long()
    shown = torch.randn(2, 2, units, generator=g) * 0.6
    x, t = (shown[side][of] + torch.randn(n, units, generator=g) for side, of in enumerate((kind, other)))
    return x, t, math.log(2) + sum(p * math.log(p) for p in (errors, 1 - errors) if p)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "d", "bits"), [(1, 400, 0.8), (4, 200, 2.0)])
def test_gaussians_of_few_coordinates_among_many(k: int, d: int, bits: float):
    task = gaussian_in_many(d, k, bits)
    x, t, _ = task.sample(1000, 0)
    info = mine.estimate(x, t[None], NO_LABELS)
    assert info.flag_xt[0] == ""
    assert info.mi_xt[0] == pytest.approx(task.truth_xt, abs=0.12)


@pytest.mark.slow
@pytest.mark.parametrize("errors", [0.0, 0.1])
def test_what_two_pictures_have_in_common_is_of_which_kind_they_are(errors: float):
    x, t, truth = of_groups(1000, errors, seed=1)
    info = mine.estimate(x, t[None], NO_LABELS)
    assert info.flag_xt[0] == ""
    assert info.mi_xt[0] == pytest.approx(truth, abs=0.08)


@pytest.mark.slow
def test_plates_are_found_or_flagged():
    task = next(task for task in tasks() if task.name == "Gaussian plates, 1 nats")
    x, t, _ = task.sample(2000, 0)
    info = mine.estimate(x.float(), t.float()[None], torch.zeros(2000, dtype=torch.int64))
    assert info.mi_xt[0] == pytest.approx(1, abs=0.25)
    assert info.flag_xt[0] or info.mi_xt[0] == pytest.approx(1, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("d", "rho", "n"), [(200, 0.12, 2000), (100, 0.2, 1000)])
def test_dependence_that_is_spread_over_all_units_is_not_overlooked_without_a_flag(d: int, rho: float, n: int):
    task = closed_forms.gaussian(d, rho)
    x, t, _ = task.sample(n, 3)
    info = mine.estimate(x.float(), t.float()[None], torch.zeros(n, dtype=torch.int64), steps=60)
    assert info.flag_xt[0]


def test_what_components_leave_out_is_about_half_the_sum_of_squared_correlations():
    x, t, _ = closed_forms.gaussian(150, 0.1).sample(6000, 0)
    of_x, of_t = (without_components(side, side[:, :20]) for side in (x, t))
    assert of_x[:, :20].abs().max() < 1e-9
    assert left_out(of_x, of_t) == pytest.approx(130 * 0.1**2 / 2, abs=0.15)
    assert left_out(of_x, of_t.flip(0)) == 0


def test_one_number_that_all_units_show_is_not_counted_for_each():
    one = torch.randn(3000, 1, generator=torch.Generator().manual_seed(0)).expand(-1, 100)
    noise = torch.randn(3000, 200, generator=torch.Generator().manual_seed(1))
    assert left_out(0.1 * one + noise[:, :100], 0.1 * one + noise[:, 100:]) < 1


@pytest.mark.parametrize("units", [30, 100])
def test_one_side_may_have_few_units(units: int):
    x, t, truth = of_groups(400, 0.0, seed=2)
    info = mine.estimate(x, t[None, :, :units], NO_LABELS[:400], steps=60)
    assert info.mi_xt[0] == pytest.approx(truth, abs=0.1)


@pytest.mark.parametrize("change", [torch.zeros_like, lambda t: (t > 0).float(), lambda t: t[:, :1].expand(-1, 70)])
@pytest.mark.filterwarnings("error")
def test_sides_with_nothing_to_tell_apart(change: Callable[[Tensor], Tensor]):
    x = torch.randn(60, 200, generator=torch.Generator().manual_seed(0))
    info = mine.estimate(x, change(x.flip(0))[None], NO_LABELS[:60], folds=2, steps=20)
    assert info.flag_xt[0] or info.mi_xt[0] == pytest.approx(0, abs=0.1)
    assert abs(info.mi_xt[0]) < 1


@pytest.mark.parametrize(("n", "d"), [(500, 80), (60, 200)])
def test_leading_components_are_those_of_a_singular_value_decomposition(n: int, d: int):
    values = torch.randn(n, d, generator=torch.Generator().manual_seed(0)) * torch.linspace(3, 0.1, d)
    train = torch.arange(n // 2)
    found = leading_components(values, train, 10)
    centred = values - values[train].mean(0)
    expected = centred @ torch.linalg.svd(centred[train], full_matrices=False)[2][:10].T
    assert torch.allclose(found.flip(1).abs(), expected.abs(), atol=1e-3)


def test_clusters_of_clear_groups_say_all_there_is():
    g = torch.Generator().manual_seed(0)
    kind = torch.randint(4, (2000,), generator=g)
    values = 9 * torch.randn(4, 3, generator=g)[kind] + 0.1 * torch.randn(2000, 3, generator=g)
    train, held = torch.arange(1000), torch.arange(1000, 2000)
    numbers = clusters(values, train, seed=0)
    assert [int(each.max()) + 1 for each in numbers] == list(COUNTS)
    forms = [cluster_log_ratio(each, each, train) for each in numbers]
    assert held_out_value(forms[COUNTS.index(4)], held) == pytest.approx(math.log(4), abs=0.03)


def test_independent_clusters_are_worth_nothing():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randint(8, (4000,), generator=g) for _ in range(2))
    form = cluster_log_ratio(a, b, torch.arange(2000))
    assert held_out_value(form, torch.arange(2000, 4000)) == pytest.approx(0, abs=0.02)
