"""Canonical correlations and what is known of them in closed form."""

import math

import pytest
import torch

from infoplane.estimators.parts.canonical import LARGEST_CORRELATION, decompose, fit_copula, gaussian_information
from infoplane.estimators.parts.linear_algebra import white_and_back, whiten
from infoplane.known import closed_forms


def whitened(d: int, rho: float, n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    x, t, _ = closed_forms.gaussian(d, rho).sample(n, seed)
    return whiten(x.double()), whiten(t.double())


def test_the_bias_is_gone_on_average():
    d, rho, n = 5, 0.5, 100
    fits = [fit_copula(*whitened(d, rho, n, seed)) for seed in range(200)]
    truth = -d / 2 * math.log(1 - rho**2)
    mean = sum(fit.information for fit in fits) / len(fits)
    plain = sum(gaussian_information(fit.canonical.rho) for fit in fits) / len(fits)
    assert mean == pytest.approx(truth, abs=0.03)
    assert plain > truth + 0.1


def test_correlations_are_in_order_and_their_directions_give_them():
    x, t = whitened(3, 0.6, 500, 0)
    left, rho, right, is_exact = decompose(x.T @ t / len(x))
    assert not is_exact
    assert (rho.diff() <= 0).all()
    torch.testing.assert_close(((x @ left) * (t @ right)).mean(0), rho)


def test_equal_correlations_are_decomposed_where_the_quick_way_fails(monkeypatch: pytest.MonkeyPatch):
    """As of sides with more units than samples, all of whose correlations are 1."""
    covariance = torch.linalg.qr(torch.randn(7, 5, generator=torch.Generator().manual_seed(0)).double())[0]

    def fails(matrix: torch.Tensor) -> None:
        raise torch.linalg.LinAlgError("did not converge")

    monkeypatch.setattr(torch.linalg, "svd", fails)
    left, rho, right, is_exact = decompose(covariance)
    assert is_exact
    torch.testing.assert_close((left[:, :5] * rho) @ right.T, covariance)


def test_what_is_exact_is_told_and_stays_finite():
    x, _ = whitened(2, 0.0, 100, 0)
    fit = fit_copula(x, x)
    assert fit.canonical.is_exact
    assert float(fit.canonical.rho.max()) == LARGEST_CORRELATION
    assert math.isfinite(fit.information)


def test_too_few_samples_keep_their_bias_and_so_does_a_shrunk_covariance():
    x, t = whitened(5, 0.5, 11, 0)
    assert fit_copula(x, t).is_short
    assert fit_copula(x, t).information == gaussian_information(fit_copula(x, t).canonical.rho)
    x, t = whitened(5, 0.5, 100, 0)
    shrunk = fit_copula(x, t, kept=0.5)
    torch.testing.assert_close(shrunk.canonical.rho, 0.5 * fit_copula(x, t).canonical.rho)
    assert shrunk.information == gaussian_information(shrunk.canonical.rho)


def test_white_and_back_are_inverse_where_there_is_variance():
    values = torch.randn(200, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = torch.cat([values, values[:, :1]], 1)
    covariance = values.T @ values / len(values)
    to_white, back = white_and_back(covariance)
    assert to_white.shape == (4, 3)
    torch.testing.assert_close(to_white.T @ covariance @ to_white, torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(back @ back.T, covariance)
