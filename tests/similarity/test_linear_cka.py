"""Linear CKA: what it does not see, what independent layers give, and other ways to compute it."""

import math

import numpy as np
import pytest
import torch

from infoplane.similarity.linear_cka import linear_cka, prepared

N = 50
WIDTHS = [(4, 6), (4, 200), (200, 4), (120, 90)]


def layers(first: int, second: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two layers of these widths that share two directions."""
    draw = torch.Generator().manual_seed(seed)
    shared = torch.randn(N, 2, generator=draw)
    return tuple(
        3 + torch.randn(N, d, generator=draw) + shared @ torch.randn(2, d, generator=draw) for d in (first, second)
    )  # type: ignore[return-value]


def cka(one: torch.Tensor, other: torch.Tensor, unbiased: bool) -> float:
    return linear_cka(prepared(one), prepared(other), unbiased=unbiased)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("d", [5, 120])
def test_a_rotation_a_multiple_and_a_shift_are_the_same_layer(d: int, unbiased: bool):
    t, _ = layers(d, d)
    q = torch.linalg.qr(torch.randn(d, d, generator=torch.Generator().manual_seed(1)).double())[0]
    assert cka(t, t.double() @ q * 17 - 4, unbiased) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize(("first", "second"), WIDTHS)
def test_symmetric_and_neither_nothing_nor_all(first: int, second: int, unbiased: bool):
    one, other = layers(first, second)
    value = cka(one, other, unbiased)
    assert 0.05 < value < 0.99
    assert cka(other, one, unbiased) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("first", "second"), WIDTHS)
def test_the_same_by_centring_matrices(first: int, second: int):
    """HSIC by H K H L, and, unbiased, by Song's formula in kernels without their diagonals."""
    one, other = layers(first, second)
    h = np.eye(N) - 1 / N
    first_gram, second_gram = (h @ (t.double() @ t.double().T).numpy() @ h for t in (one, other))

    def hsic(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.trace(a @ b))

    def unbiased(a: np.ndarray, b: np.ndarray) -> float:
        a, b = a - np.diag(np.diag(a)), b - np.diag(np.diag(b))
        return float(np.trace(a @ b) + a.sum() * b.sum() / ((N - 1) * (N - 2)) - 2 / (N - 2) * (a.sum(0) @ b.sum(1)))

    for flag, formula in ((False, hsic), (True, unbiased)):
        expected = formula(first_gram, second_gram) / math.sqrt(
            formula(first_gram, first_gram) * formula(second_gram, second_gram)
        )
        assert cka(one, other, flag) == pytest.approx(expected, abs=1e-9)


def test_independent_layers_are_unlike_only_where_it_is_unbiased():
    biased, unbiased = [], []
    for seed in range(40):
        draw = torch.Generator().manual_seed(seed)
        one, other = (torch.randn(N, 100, generator=draw) for _ in range(2))
        biased.append(cka(one, other, False))
        unbiased.append(cka(one, other, True))
    assert np.mean(biased) > 0.5
    assert abs(np.mean(unbiased)) < 3 * np.std(unbiased) / math.sqrt(40) + 1e-3
    assert np.std(unbiased) < 0.1


def test_one_direction_gives_the_squared_correlation():
    draw = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 500, 1, generator=draw)
    b = a + b
    expected = np.corrcoef(a[:, 0], b[:, 0])[0, 1] ** 2
    assert cka(a, b, False) == pytest.approx(expected, abs=1e-9)


def test_a_constant_layer_and_too_few_samples_have_no_value():
    one, _ = layers(4, 4)
    for unbiased in (True, False):
        assert math.isnan(cka(one, torch.full((N, 3), 0.1), unbiased))
    assert math.isnan(cka(one[:3], one[:3], True))
