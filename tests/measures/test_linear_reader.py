"""Linear probe and V-information: separable classes, known information, and scikit-learn on the same folds."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from infoplane.estimators.parts.label_network import Samples
from infoplane.measures import linear_probe, v_information
from infoplane.measures.parts import linear_reader

N = 600


def blobs(distance: float, d: int = 2, classes: int = 2, n: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    """Gaussian classes of unit variance, each at such a distance from 0 along an axis of its own."""
    draw = torch.Generator().manual_seed(0)
    y = torch.arange(n) % classes
    return torch.randn(1, n, d, generator=draw) + distance * torch.eye(classes, d)[y], y


@pytest.mark.parametrize(("classes", "copies"), [(2, 1), (4, 1), (3, 300)])
def test_linearly_separable_classes_give_all_of_the_labels(classes: int, copies: int):
    t, y = blobs(300.0, 4, classes)
    t = t.repeat(1, 1, copies)
    assert float(linear_probe.measure(t, y)) == 1.0
    assert float(v_information.measure(t, y)) == pytest.approx(math.log(classes), abs=0.01)


def test_two_gaussian_classes_have_the_information_of_a_logistic_model():
    """p(y|t) is of the family, so that V-information is I(T;Y), here integrated by quadrature."""
    distance, n = 2.0, 6000
    t, y = blobs(distance, n=n)
    log_odds_mean = distance**2  # between means that are sqrt(2) distance apart
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    odds = log_odds_mean + math.sqrt(2 * log_odds_mean) * nodes
    truth = math.log(2) - (weights * np.logaddexp(0, -odds)).sum() / weights.sum()
    assert float(v_information.measure(t, y)) == pytest.approx(truth, abs=0.02)
    right = 0.5 * (1 + math.erf(distance / 2))
    assert float(linear_probe.measure(t, y)) == pytest.approx(right, abs=0.02)


def test_what_is_not_linear_is_not_read():
    draw = torch.Generator().manual_seed(0)
    t = torch.randn(1, N, 2, generator=draw)
    y = (t[0, :, 0] * t[0, :, 1] > 0).long()
    assert float(v_information.measure(t, y)) == pytest.approx(0, abs=0.03)
    assert float(linear_probe.measure(t, y)) < 0.6
    product = (t[:, :, 0] * t[:, :, 1])[:, :, None]
    assert float(v_information.measure(torch.cat([t, product], 2), y)) > 0.6


@pytest.mark.parametrize(("n", "d"), [(300, 8), (60, 200)], ids=["narrow", "wide"])
def test_scikit_learn_finds_the_same_model(n: int, d: int, monkeypatch: pytest.MonkeyPatch):
    """At one ridge both solve one convex problem; here in a rotation, too, of a wide layer."""
    ridge = 1e-3
    monkeypatch.setattr(linear_reader, "RIDGES", (ridge,) * 20)  # until it has converged
    t, y = blobs(1.5, d, 3, n)
    z = linear_reader._coordinates(t[0])
    fit, rest = slice(0, n // 2), slice(n // 2, n)
    samples = Samples(z[None, fit], y[None, fit])
    weights, offsets = linear_reader._fitted(samples, samples, 3)
    ours = torch.softmax(z[rest] @ weights[0] + offsets[0], -1).numpy()
    units = StandardScaler().fit_transform(t[0].double().numpy()) / math.sqrt(d)
    model = LogisticRegression(C=1 / (ridge * (n // 2)), tol=1e-9, max_iter=9999)
    theirs = model.fit(units[fit], y[fit]).predict_proba(units[rest])
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_a_wide_layer_gives_what_its_rotation_into_fewer_units_gives():
    """Units of one variance, so that standardising changes nothing: then only inner products count."""
    t = blobs(3.0, 500, 3, 90)[0]
    z = (t[0].double() - t[0].double().mean(0)) / t[0].double().std(0, correction=0)
    wide = linear_reader._coordinates(t[0])
    torch.testing.assert_close(wide @ wide.T, z @ z.T / 500, atol=1e-9, rtol=1e-6)
    assert wide.shape == (90, 90)


def test_labels_of_held_out_samples_are_not_seen():
    """Where labels are drawn at random there is nothing to read, though a wide layer tells its own samples apart."""
    draw = torch.Generator().manual_seed(0)
    t, y = torch.randn(1, 200, 400, generator=draw), torch.randint(2, (200,), generator=draw)
    assert float(v_information.measure(t, y)) < 0.02
    assert float(linear_probe.measure(t, y)) < 0.65


def test_units_that_are_constant_count_for_nothing():
    t, y = blobs(1.5)
    more = torch.cat([t, torch.full((1, N, 3), 0.7)], 2)
    np.testing.assert_allclose(v_information.measure(more, y), v_information.measure(t, y), atol=1e-9)


def test_a_change_in_place_is_seen():
    """Both measures share one reading, of the tensors as they are."""
    t, y = blobs(4.0)
    before = float(linear_probe.measure(t, y))
    t.normal_(generator=torch.Generator().manual_seed(1))
    assert float(linear_probe.measure(t, y)) < 0.6 < before


def test_too_few_samples_for_the_folds_give_no_value():
    t, y = blobs(4.0, n=19)
    assert linear_probe.measure(t, y).isnan().all()
    assert v_information.measure(t, y).isnan().all()
    assert not linear_probe.measure(t, y, folds=4).isnan().any()
