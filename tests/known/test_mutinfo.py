"""The package mutinfo's distributions: truths by Monte Carlo over log-ratios that are worked out here anew."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import polygamma

from infoplane.known import mutinfo
from infoplane.known.task import Task

N = 40_000


def drawn(task: Task, n: int = N) -> tuple[np.ndarray, np.ndarray]:
    x, t, _ = task.sample(n, 5)
    return x.double().numpy(), t.double().numpy()


def normal_log_ratio(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """By the covariance of the sample, whose rotations are not known here."""
    joint = np.cov(np.hstack([x, t]).T)
    d = x.shape[1]
    of_x, of_t, of_both = (np.linalg.slogdet(part)[1] for part in (joint[:d, :d], joint[d:, d:], joint))
    return np.full(1, (of_x + of_t - of_both) / 2)


def smoothed_uniform_log_ratio(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """t alone has a trapezoid of a density, and given x a box."""
    width = (t - x).max()
    height = np.minimum.reduce([t + width, 1 + width - t, np.full_like(t, min(2 * width, 1.0))]) / (2 * width)
    return -np.log(2 * width * height).sum(1)


def log_gamma_exponential_log_ratio(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """e^t given e^x is exponential of that rate, alone it is Lomax; e^x has mean 1, and x the variance psi'(a)."""
    a = brentq(lambda shape: polygamma(1, shape) - x.var(), 1e-8, 1e4)
    given = x + t - np.exp(x + t)
    alone = t - (a + 1) * np.logaddexp(0, t - math.log(a))
    return (given - alone).sum(1)


RATIOS = {
    mutinfo.normal: normal_log_ratio,
    mutinfo.smoothed_uniform: smoothed_uniform_log_ratio,
    mutinfo.log_gamma_exponential: log_gamma_exponential_log_ratio,
}


@pytest.mark.parametrize("family", RATIOS, ids=lambda family: family.__name__)
@pytest.mark.parametrize(("d", "nats"), [(1, 0.3), (1, 2.0), (2, 5.0), (3, 10.0), (1, 10.0)])
def test_truth_is_the_mean_log_ratio(family, d: int, nats: float):
    task = family(d, nats)
    ratios = RATIOS[family](*drawn(task))
    assert task.truth_xt == nats
    assert ratios.mean() == pytest.approx(nats, abs=5 * ratios.std() / math.sqrt(N) + 0.02)


@pytest.mark.parametrize(("d", "nats"), [(1, 0.5), (2, 2.0), (3, 5.0), (1, 5.0)])
def test_intervals_are_of_the_normal_distribution_and_have_the_entropy(d: int, nats: float):
    x, t = drawn(mutinfo.quantised(d, nats))
    entropy = 0.0
    for column in range(d):
        numbers, of_each = np.unique(t[:, column], return_counts=True)
        assert len(numbers) == math.ceil(math.exp(nats / d))
        # each number is an interval of x: its ends do not overlap those of its neighbours
        ends = [
            (x[t[:, column] == number, column].min(), x[t[:, column] == number, column].max()) for number in numbers
        ]
        assert all(high < low for (_, high), (low, _) in pairwise(ends))
        shares = of_each / N
        # counts of N samples miss (numbers - 1) / 2 N of an entropy
        entropy += -(shares * np.log(shares)).sum() + (len(numbers) - 1) / (2 * N)
    assert entropy == pytest.approx(nats, abs=0.02)


def test_tables_have_each_family_at_each_size():
    low, high = mutinfo.low_dimensional(), mutinfo.high_dimensional()
    assert (len({task.name for task in low}), len({task.name for task in high})) == (36, 14)
    assert [task.truth_xt for task in high[:7]] == [2, 4, 8, 16, 32, 64, 128]
    assert {task.sample(3, 0)[0].shape[1] for task in high} == {1, 2, 4, 8, 16, 32, 64}
