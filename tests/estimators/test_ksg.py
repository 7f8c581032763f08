"""KSG: against scikit-learn, brute force and closed forms; and its own checks."""

import math

import numpy as np
import pytest
import torch
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from infoplane.estimators.ksg import BIASED, estimate
from infoplane.flags import MISSED, SATURATED
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator
from infoplane.tolerance import is_beyond_tolerance


def no_labels(n):
    return torch.zeros(n, dtype=torch.int64)


def brute_force(x, t, k, variant):
    x, t = x.double().numpy(), t.double().numpy()
    of_x, of_t = (np.linalg.norm(v[:, None] - v[None], axis=-1) for v in (x, t))
    n, total = len(x), 0.0
    for i in range(n):
        others = np.arange(n) != i
        joint = np.maximum(of_x[i], of_t[i])
        nearest = sorted(np.flatnonzero(others), key=joint.__getitem__)[:k]
        if variant == 1:
            radius = joint[nearest[-1]]
            total -= sum(digamma(np.sum(d[i][others] < radius) + 1) for d in (of_x, of_t))
        else:
            total -= sum(digamma(np.sum(d[i][others] <= d[i][nearest].max())) for d in (of_x, of_t)) + 1 / k
    return digamma(k) + digamma(n) + total / n


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize(("d_x", "d_t"), [(1, 1), (2, 3)])
def test_equals_brute_force(variant, d_x, d_t, monkeypatch):
    monkeypatch.setattr("infoplane.estimators.parts.neighbours.BLOCK", 5000)
    g = generator(0)
    x = torch.randn(160, d_x, generator=g)
    t = x[:, :1] + torch.randn(160, d_t, generator=g)
    found = estimate(x, t[None], no_labels(160), k=4, variant=variant, marginals="raw", control=False).mi_xt[0]
    assert found == pytest.approx(brute_force(x, t, 4, variant), abs=1e-9)


@pytest.mark.parametrize("k", [3, 7])
def test_equals_scikit_learn_in_one_dimension(k):
    x, t, _ = closed_forms.gaussian(1, 0.8).sample(1500, 0)
    x, t = ((v.double() / v.double().std(0, correction=0)) for v in (x, t))
    # classes far larger than k: scikit-learn searches small ones by a less exact formula
    y = (x[:, 0] + 0.3 * t[:, 0]).floor().clamp(-1, 1).long()
    found = estimate(x, t[None], y, k=k, marginals="raw", control=False)
    expected = mutual_info_regression(t.numpy(), x[:, 0].numpy(), n_neighbors=k, random_state=0)[0]
    assert found.mi_xt[0] == pytest.approx(expected, abs=1e-6)
    expected = mutual_info_classif(t.numpy(), y.numpy(), n_neighbors=k, random_state=0)[0]
    assert found.mi_ty[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("task", "bar"),
    [
        (closed_forms.gaussian(1, 0.5), 0.02),
        (closed_forms.gaussian(1, 0.9), 0.02),
        (transforms.transformed(closed_forms.gaussian(1, -0.9), "cubed"), 0.02),
        pytest.param(closed_forms.gaussian(5, 0.0), 0.02, marks=pytest.mark.slow),
        pytest.param(transforms.transformed(closed_forms.gaussian(5, 0.5), "wiggly"), 0.04, marks=pytest.mark.slow),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_bars(task, bar):
    n = 10_000
    # far from the seeds of the samples: the same numbers in the checks would cancel noise that they cannot cancel
    results = [estimate(x, t[None], no_labels(n), seed=99) for x, t, _ in (task.sample(n, seed) for seed in range(2))]
    assert np.mean([result.mi_xt for result in results]) == pytest.approx(task.truth_xt, abs=bar)
    assert all(result.flag == [""] for result in results)


def test_monotone_maps_change_nothing_and_raw_little():
    x, t, _ = closed_forms.gaussian(1, 0.9).sample(4000, 0)
    mapped = [transforms.MONOTONE[how](v) for how, v in (("wiggly", x), ("half-cube", t))]
    scores, raw = (
        [
            estimate(*pair, no_labels(4000), marginals=m).mi_xt[0]
            for pair in ((x, t[None]), (mapped[0], mapped[1][None]))
        ]
        for m in ("normal_scores", "raw")
    )
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    assert raw[0] == pytest.approx(raw[1], abs=0.05)


@pytest.mark.parametrize(
    "task",
    [
        mixtures.xor_mixture(4.0),
        closed_forms.additive_uniform(0.1),
        channels.noisy_function("sin x", 0.1),
        closed_forms.student(1, 0.5, 3),
        channels.points_in_noise([-3, -1, 1, 3], 0.3),
        closed_forms.symmetric_channel(4, 0.2),
        mixtures.xor_labels(3.0),
        mixtures.gaussian_classes(2, 1.0),
    ],
    ids=lambda task: task.name,
)
def test_what_is_not_gaussian_and_what_is_discrete(task):
    x, t, y = transforms.noisy(task).sample(2000, 1)
    result = estimate(x, t[None], no_labels(2000) if y is None else y)
    if task.truth_xt == math.inf:
        assert SATURATED in result.flag[0]
    elif task.truth_xt is not None:
        assert result.mi_xt[0] == pytest.approx(task.truth_xt, abs=0.1)
    if task.truth_ty is not None:
        assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=0.05)


@pytest.mark.parametrize(
    "task",
    [
        closed_forms.gaussian(20, 0.9),
        channels.dropout_channel(5, 0.4),
        closed_forms.identity(3),
    ],
    ids=lambda task: task.name,
)
def test_what_it_cannot_do_is_flagged(task):
    x, t, _ = transforms.noisy(task).sample(1500, 0)
    assert BIASED in estimate(x, t[None], no_labels(1500)).flag[0]


def test_the_control_makes_up_for_strong_dependence():
    task = closed_forms.gaussian(5, 0.9)
    x, t, _ = task.sample(1500, 0)
    result = estimate(x, t[None], no_labels(1500))
    assert result.flag == [""]
    assert result.mi_xt[0] == pytest.approx(task.truth_xt, rel=0.05)
    assert result.diagnostics["gaussian_error_xt"][0] < -1


def test_nonuniformity_helps_where_dependence_is_strong():
    task = closed_forms.gaussian(1, 0.999999)
    x, t, _ = task.sample(500, 0)
    plain, corrected = (
        estimate(x, t[None], no_labels(500), k=5, marginals="raw", control=False, nonuniformity=a).mi_xt[0]
        for a in (None, 0.3)
    )
    assert abs(corrected - task.truth_xt) < abs(plain - task.truth_xt)
    with pytest.raises(ValueError, match="nonuniformity"):
        estimate(x, t[None], no_labels(500), nonuniformity=0.3)


def test_ties_are_counted():
    letters = torch.arange(400)[:, None] % 4
    result = estimate(letters.float(), (letters.float() * 2 + 5)[None], letters[:, 0] % 2, control=False)
    # psi in place of ln makes 1 / (2 * 100) of a difference
    assert result.mi_xt[0] == pytest.approx(math.log(4), abs=0.01)
    assert result.mi_ty[0] == pytest.approx(math.log(2), abs=0.01)


def test_degenerate_samples():
    x, t, _ = closed_forms.gaussian(2, 0.5).sample(200, 0)
    y = (x[:, 0] > 0).long()
    constant = estimate(x, torch.ones(1, 200, 3), y)
    assert constant.mi_xt[0] == pytest.approx(0, abs=1e-9)
    assert constant.mi_ty[0] == pytest.approx(0, abs=1e-9)
    one_alone = y.clone()
    one_alone[0] = 7
    assert math.isfinite(estimate(x, t[None], one_alone).mi_ty[0])
    # duplicates double the evidence: the value rises, and no distance of 0 makes it infinite
    assert math.isfinite(estimate(x.repeat(3, 1), t.repeat(3, 1)[None], y.repeat(3), k=2).mi_xt[0])
    assert SATURATED in estimate(x, x[None], y).flag[0]


def test_without_its_control_it_is_flagged_in_many_dimensions():
    x = torch.randn(500, 30, generator=generator(0))
    t = torch.tanh(x[:, :3])[None]
    result = estimate(x, t, no_labels(500), control=False, marginals="raw")
    assert result.mi_xt[0] < 1
    assert BIASED in result.flag_xt[0]
    assert estimate(x[:, :1], t[..., :1] + x[:, 1:2], no_labels(500), control=False).flag_xt == [""]


@pytest.mark.parametrize("d", [2, 6, 12])
def test_concentric_classes_are_near_or_flagged(d: int):
    n, spreads = 3000, (1.0, 1.8)
    y = torch.randint(2, (n,), generator=generator(d))
    t = torch.tensor(spreads)[y][:, None] * torch.randn(n, d, generator=generator(d + 1))
    squares = t.square().sum(1, keepdim=True).double()
    of_class = torch.cat([-squares / (2 * s * s) - d * math.log(s) for s in spreads], 1).log_softmax(1)
    truth = math.log(2) + float(of_class.gather(1, y[:, None]).mean())
    result = estimate(y[:, None].float(), t[None], y)
    for mi, flag in ((result.mi_xt, result.flag_xt), (result.mi_ty, result.flag_ty)):
        assert flag[0] or not is_beyond_tolerance(mi[0] - truth, truth)


def test_a_tenth_of_samples_that_agree_closely_is_near_or_flagged():
    x, t, which, near = torch.rand(4, 4000, 1, generator=generator(8), dtype=torch.float64)
    t = torch.where(which < 0.1, x + 0.001 * (2 * near - 1), t)
    assert MISSED in estimate(x, t[None], no_labels(4000)).flag_xt[0]
