"""EDGE: against counting, known truths, and its own flags."""

import time

import pytest
import torch

from infoplane.estimators.edge import COARSE, FEW_COLLISIONS, PROJECTED, estimate, hashed_cells
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


def no_labels(n):
    return torch.zeros(n, dtype=torch.int64)


@pytest.mark.parametrize(
    ("task", "bar"),
    [
        (closed_forms.gaussian(1, 0.0), 0.02),
        (closed_forms.gaussian(1, 0.9), 0.03),
        (transforms.transformed(closed_forms.gaussian(1, 0.9), "wiggly"), 0.03),
        (closed_forms.gaussian(5, 0.0), 0.02),
        (closed_forms.student(1, 0.5, 3), 0.03),
        (channels.points_in_noise([-3, -1, 1, 3], 1.0), 0.03),
        (closed_forms.symmetric_channel(4, 0.2), 0.03),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_known_information(task, bar):
    x, t, y = transforms.noisy(task).sample(10_000, 0)
    result = estimate(x, t[None], no_labels(10_000) if y is None else y)
    assert result.mi_xt[0] == pytest.approx(task.truth_xt, abs=bar)
    if task.truth_ty is not None:
        assert result.mi_ty[0] == pytest.approx(task.truth_ty, abs=bar)


@pytest.mark.parametrize(
    ("task", "word"),
    [
        (closed_forms.gaussian(20, 0.5), PROJECTED),
        (closed_forms.identity(1), COARSE),
        (mixtures.sign_product(1.5), COARSE),
        (channels.noisy_function("x^3", 0.1), COARSE),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_it_cannot_do_is_flagged(task, word):
    x, t, _ = task.sample(3000, 0)
    assert word in estimate(x, t[None], no_labels(3000)).flag[0]


def test_too_few_samples_to_collide():
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(40, 0)
    assert FEW_COLLISIONS in estimate(x, t[None], y).flag[0]


def test_large_tables_are_sorted_alike(monkeypatch):
    x, t, y = mixtures.gaussian_classes(3, 2.0).sample(2000, 0)
    whole = estimate(x, t[None], y)
    monkeypatch.setattr(hashed_cells, "LARGEST_TABLE", 10)
    sorted_first = estimate(x, t[None], y)
    assert sorted_first.mi_xt[0] == pytest.approx(whole.mi_xt[0], abs=1e-12)
    assert sorted_first.mi_ty[0] == pytest.approx(whole.mi_ty[0], abs=1e-12)


def test_speed_is_linear_in_samples():
    seconds = []
    for n in (5_000, 40_000):
        t = torch.randn(1, n, 20, generator=generator(0))
        start = time.perf_counter()
        estimate(t[0], t, no_labels(n))
        seconds.append(time.perf_counter() - start)
    # eight times the samples; quadratic growth would be 64 times the time
    assert seconds[1] < 30 * seconds[0]
