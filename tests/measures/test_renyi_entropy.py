"""Matrix-based Renyi entropy, against kernels whose eigenvalues are known and against direct eigenvalues."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.metrics.pairwise import rbf_kernel

from infoplane.measures import renyi_entropy

Y = torch.zeros(1)
ORDERS = (0.5, 1.0, 1.01, 2.0, 3.0)


def groups(sizes: list[int], apart: float = 100.0) -> torch.Tensor:
    """Equal samples in so many groups, far from each other, shape (1, n, groups)."""
    which = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    return apart * torch.nn.functional.one_hot(which).double()[None]


@pytest.mark.parametrize("alpha", ORDERS)
@pytest.mark.parametrize("number", [1, 2, 5])
def test_equal_groups_have_the_logarithm_of_their_number(alpha: float, number: int):
    value = renyi_entropy.measure(groups([12] * number), Y, alpha=alpha, width=1.0)
    assert float(value) == pytest.approx(math.log(number), abs=1e-9)


@pytest.mark.parametrize("alpha", ORDERS)
def test_groups_have_the_renyi_entropy_of_their_shares(alpha: float):
    sizes = [20, 10, 10, 5]
    p = np.array(sizes) / sum(sizes)
    expected = -(p * np.log(p)).sum() if alpha == 1 else np.log((p**alpha).sum()) / (1 - alpha)
    assert float(renyi_entropy.measure(groups(sizes), Y, alpha=alpha, width=1.0)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_samples_that_are_all_apart_have_ln_n(alpha: float):
    assert float(renyi_entropy.measure(groups([1] * 30), Y, alpha=alpha, width=1.0)) == pytest.approx(math.log(30))


@pytest.mark.parametrize("alpha", ORDERS)
@pytest.mark.parametrize(("n", "d"), [(60, 4), (30, 200)])
def test_the_same_by_direct_eigenvalues(alpha: float, n: int, d: int):
    t = np.random.default_rng(0).normal(size=(n, d)) * 3
    width = math.sqrt(t.var(0).sum()) * n ** (-1 / (4 + d))
    eigenvalues = scipy.linalg.eigvalsh(rbf_kernel(t, gamma=1 / (2 * width**2)) / n).clip(1e-15)
    expected = (
        -(eigenvalues * np.log(eigenvalues)).sum() if alpha == 1 else np.log((eigenvalues**alpha).sum()) / (1 - alpha)
    )
    given = renyi_entropy.measure(torch.from_numpy(t)[None], Y, alpha=alpha)
    assert float(given) == pytest.approx(expected, abs=1e-5)
    stated = renyi_entropy.measure(torch.from_numpy(t)[None], Y, alpha=alpha, width=width)
    assert float(stated) == pytest.approx(float(given), abs=1e-9)


def test_a_given_width_sees_a_layer_shrink():
    t = torch.randn(1, 100, 5, generator=torch.Generator().manual_seed(0))
    wide, narrow = (float(renyi_entropy.measure(scale * t, Y, width=1.0)) for scale in (1.0, 0.1))
    assert narrow < 0.2 * wide


def test_the_first_samples_alone_count():
    t = torch.randn(1, 100, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(renyi_entropy.measure(t, Y, samples=40), renyi_entropy.measure(t[:, :40], Y))
    assert renyi_entropy.measure(t, Y, samples=40) != renyi_entropy.measure(t, Y)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_ten_tight_groups_have_nearly_ln_10_at_the_width_of_the_rule(alpha: float):
    t = groups([50] * 10) + torch.randn(500, 10, generator=torch.Generator().manual_seed(0))
    assert math.log(10) - 0.1 < float(renyi_entropy.measure(t, Y, alpha=alpha)) < math.log(10) + 0.1


def test_units_that_are_constant_count_for_nothing():
    t = torch.randn(1, 100, 5, generator=torch.Generator().manual_seed(0))
    more = torch.cat([t, torch.full((1, 100, 40), 0.3)], 2)
    assert float(renyi_entropy.measure(more, Y)) == pytest.approx(float(renyi_entropy.measure(t, Y)), abs=1e-9)


def test_most_samples_may_be_equal():
    t = torch.zeros(1, 40, 3)
    t[0, :5] = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert 0 < float(renyi_entropy.measure(t, Y, alpha=1.0)) < math.log(6)
