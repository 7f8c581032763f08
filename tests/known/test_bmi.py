"""The benchmark's forty tasks: their maps, and where the package `benchmark-mi` is installed, its own samples."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm, uniform

from infoplane.known import bmi

TASKS = bmi.tasks()
BY_NAME = {task.name: task for task in TASKS}
N = 4000
FAR = 5.0
"""Standard errors between two samples' moments that chance does not reach in some thousand comparisons."""


def drawn(name: str, seed: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    x, t, _ = BY_NAME[name].sample(N, seed)
    return x.double(), t.double()


def test_there_are_forty_of_different_names() -> None:
    assert len(TASKS) == len(BY_NAME) == 40


def test_truths_are_the_published_ones() -> None:
    """By number, from appendix D's formulas worked out by hand for one task of each family."""
    assert TASKS[0].truth_xt == pytest.approx(-0.5 * math.log(1 - 0.75**2))
    assert TASKS[2].truth_xt == pytest.approx(0.1 + math.log(1 / 0.2))
    assert TASKS[3].truth_xt == pytest.approx(1 / 3)
    assert TASKS[15].truth_xt == pytest.approx(-math.log(1 - 0.64))
    # 1/2 ln of determinants: d Gaussians of correlation 1/2 have (1 + (d - 1)/2) / 2^(d - 1)
    d = 25
    one, both = (math.log(1 + (k - 1) / 2) - (k - 1) * math.log(2) for k in (d, 2 * d))
    assert TASKS[13].truth_xt == pytest.approx(one - both / 2)


def test_maps_leave_the_truth_of_what_they_map() -> None:
    for task in TASKS:
        mapped_from = task.name.split(",")[0]
        if mapped_from in BY_NAME:
            assert task.truth_xt == BY_NAME[mapped_from].truth_xt


def test_spirals_turn_a_plane_by_the_mean_square() -> None:
    (x, t), (before_x, before_t) = drawn("sparse gaussian d=5 rho=0.8, spiral"), drawn("sparse gaussian d=5 rho=0.8")
    for after, before, plane in ((x, before_x, [0, 1]), (t, before_t, [1, 2])):
        others = [k for k in range(5) if k not in plane]
        assert torch.equal(after[:, others], before[:, others])
        first, second = (torch.complex(*side[:, plane].unbind(1)) for side in (before, after))
        angle = torch.angle(second / first)
        off = torch.exp(1j * (angle - before.square().mean(1))) - 1
        assert off.abs().max() < 1e-4


def test_two_modes_have_their_mixture_distribution() -> None:
    x, t = drawn("gaussian d=1 rho=0.75, bimodal")
    for values, share, first, second in ((x, 0.3, 0.0, 5.0), (t, 0.5, -1.0, 3.0)):
        level = share * norm.cdf(values[:, 0] - first) + (1 - share) * norm.cdf(values[:, 0] - second)
        assert kstest(level, uniform.cdf).pvalue > 1e-3


def test_swiss_roll_unrolls() -> None:
    x, _ = drawn("gaussian d=1 rho=0.75, normal CDF, Swiss roll")
    unrolled = x.square().sum(1).sqrt() * 21 / (1.5 * math.pi)
    assert kstest((unrolled - 1) / 2, uniform.cdf).pvalue > 1e-3


def test_wiggly_maps_rise_everywhere() -> None:
    grid = torch.linspace(-6, 6, 5001, dtype=torch.float64)
    assert bmi._wiggly_x(grid).diff().min() > 0
    assert bmi._wiggly_t(grid).diff().min() > 0


@pytest.mark.parametrize("number", range(1, 41))
def test_samples_and_truths_are_the_packages(number: int) -> None:
    package = pytest.importorskip("bmi", reason="benchmark-mi is not installed (benchmarks/README.md)")
    theirs, ours = list(package.benchmark.BENCHMARK_TASKS.values())[number - 1], TASKS[number - 1]
    assert ours.truth_xt == pytest.approx(float(theirs.mutual_information), abs=1e-3)
    x, t, _ = ours.sample(N, 11)
    both = ((x, t), theirs.sample(N, 12))
    moments, errors = zip(*(_moments(np.asarray(a), np.asarray(b)) for a, b in both), strict=True)
    apart = np.abs(moments[0] - moments[1]) / np.hypot(*errors)
    assert apart.max() < FAR


def _moments(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and their standard errors of bounded-growth functions of at most six coordinates a side and its radius."""
    sides = [np.concatenate([side[:, :6], np.square(side).sum(1, keepdims=True)], 1) for side in (x, t)]
    z = np.arcsinh(np.concatenate(sides, 1).astype(np.float64))
    products = (z[:, :, None] * z[:, None])[:, *np.triu_indices(z.shape[1])]
    terms = np.concatenate([z, products, np.sin(2 * z)], 1)
    return terms.mean(0), terms.std(0) / math.sqrt(len(terms)) + 1e-9
