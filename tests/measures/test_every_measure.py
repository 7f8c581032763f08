"""What holds of every measure that is found: shapes, invariances, and layers of which there is little to say."""

import inspect

import numpy as np
import pytest
import torch
from torch import Tensor

from infoplane import measures

N, D, CLASSES = 120, 6, 3
NAMES = measures.names()
WITHOUT_MEAN = [name for name in NAMES if name != "rankme"]
"""Those that do not change when a layer is moved."""


def layer(d: int = D, epochs: int = 2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """t of shape (epochs, N, d), float32, with classes that lie apart, and y."""
    draw = torch.Generator().manual_seed(seed)
    y = torch.arange(N) % CLASSES
    means = 2 * torch.randn(epochs, CLASSES, d, generator=draw)
    return torch.randn(epochs, N, d, generator=draw) * torch.linspace(0.5, 2, d) + means[:, y], y


def rotation(d: int) -> Tensor:
    return torch.linalg.qr(torch.randn(d, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64))[0]


def test_measures_are_found_by_their_files():
    assert NAMES == [
        "effective_rank", "linear_probe", "participation_ratio", "rankme", "renyi_entropy", "v_information"
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_value_for_each_epoch_that_is_its_own(name: str):
    measure, (t, y) = measures.find(name), layer()
    values = measure(t, y)
    assert values.shape == (2,)
    assert values.dtype == torch.float64
    assert torch.isfinite(values).all()
    assert values[0] != values[1]
    assert measure(t[1:], y)[0] == values[1]
    assert torch.equal(measure(t.clone(), y.clone()), values)
    assert (inspect.getdoc(measure) or "").count("shape") >= 2
    assert measures.named(name).value("LABEL")


@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_a_layer_does_not_count(name: str):
    measure, (t, y) = measures.find(name), layer()
    np.testing.assert_allclose(measure(1000 * t, y), measure(t, y), rtol=1e-5)


@pytest.mark.parametrize("name", WITHOUT_MEAN)
def test_where_a_layer_lies_does_not_count(name: str):
    measure, (t, y) = measures.find(name), layer()
    np.testing.assert_allclose(measure(t.double() + 100, y), measure(t, y), rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("linear_probe", "v_information")])
def test_a_rotation_and_the_order_of_samples_do_not_count(name: str):
    measure, (t, y) = measures.find(name), layer()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(2))
    expected = measure(t, y)
    np.testing.assert_allclose(measure(t.double() @ rotation(D), y), expected, rtol=1e-6)
    np.testing.assert_allclose(measure(t[:, order], y[order]), expected, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in WITHOUT_MEAN if name != "renyi_entropy"])
@pytest.mark.parametrize("copies", [1, 50])
def test_a_wide_layer_is_measured_as_the_narrow_one_that_it_repeats(name: str, copies: int):
    """Units that are repeated, more often than there are samples, are another scale of the same layer."""
    measure, (t, y) = measures.find(name), layer()
    wide = t.repeat(1, 1, copies)
    assert copies == 1 or wide.shape[2] > N
    # the reader ends before it has converged, where rounding still counts
    np.testing.assert_allclose(measure(wide, y), measure(t, y), rtol=0.02 if name == "v_information" else 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_layer_and_a_single_class(name: str):
    measure, (t, y) = measures.find(name), layer()
    constant, one = measure(torch.full_like(t, 0.1), y), measure(t, torch.full_like(y, 7))
    expected = {"rankme": 1.0, "renyi_entropy": 0.0, "linear_probe": 1 / CLASSES}.get(name, float("nan"))
    if name == "v_information":
        assert (constant <= 0).all()
        assert (constant > -0.1).all()
    elif name == "linear_probe":  # a third, less what folds of unequal classes cost
        assert (constant <= expected).all()
    else:
        np.testing.assert_allclose(constant, expected, atol=1e-4)
    labelled = {"linear_probe": 1.0, "v_information": 0.0}
    np.testing.assert_allclose(one, labelled.get(name, measure(t, y)), atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_activations_that_are_not_finite_are_refused(name: str, bad: float):
    t, y = layer()
    t[1, 3, 2] = bad
    with pytest.raises(ValueError, match="epoch 1 of 2"):
        measures.find(name)(t, y)


@pytest.mark.parametrize("name", NAMES)
def test_fewer_samples_than_units(name: str):
    t, y = layer(d=300)
    values = measures.find(name)(t[:, :30], y[:30])
    assert torch.isfinite(values).all()
