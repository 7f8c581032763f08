"""What every estimator must do, whatever its method: one contract, run over every file of estimators/."""

import inspect
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from infoplane import estimators
from infoplane.estimators.parts import by_epoch
from infoplane.information import VALUES, Estimator, Information, Noise

SMALL: dict[str, dict[str, Any]] = {"mine": {"folds": 2, "steps": 60, "width": 16, "rank": 8}, "exact": {"bits": 2}}
"""Settings that make a method quick enough for small samples, where its defaults are meant for large ones."""

TOO_FEW = {
    "classifier": (19, "19 samples are too few for 5 folds"),
    "doe": (23, "23 samples are too few for 3 folds"),
    "dropout": (2, "2 samples are too few for a channel; at least 3"),
    "edge": (7, "7 samples are too few"),
    "gaussian": (3, "3 samples are too few"),
    "ksg": (5, "5 samples are too few for k = 5"),
    "mine": (26, "26 samples are too few for 2 folds: at least 27"),
    "sliced": (5, "5 samples are too few for k = 5"),
}
"""The largest number of samples that a method refuses, and what it says."""

N, CLASSES, EPOCHS = 600, 3, 3
SLOW = {"sliced": pytest.mark.slow}
"""A second or two for each of these tests."""
RUN = [name for name in estimators.names() if name != "best"]
"""All but the one that runs others, each of which is here; see test_best.py."""
TOGETHER = {"trained": 1e-3, "counted": 1e-9}
"""How far values of epochs in one batch may be from those of each alone: rounding, and what training makes of it."""


@cache
def sample(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x of shape (n, 3); t at three epochs, the later the less noisy; and y of three classes."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(N) % CLASSES
    x = torch.randn(N, 3, generator=generator)
    x[:, 0] += 2.0 * (y - 1)
    noise = torch.randn(N, 2, generator=generator)
    return x, torch.stack([torch.tanh(0.4 * x[:, :2]) + std * noise for std in (1.0, 0.3, 0.05)]), y


def estimate(name: str, x: torch.Tensor, t: torch.Tensor, y: torch.Tensor, **changes: Any) -> Information:
    noise = Noise("gaussian", torch.tensor(0.2))
    return estimators.find(name).estimate(x, t, y, **({"noise": noise} | SMALL.get(name, {}) | changes))


def is_trained(info: Information) -> bool:
    """Whether values come from optimisation, so that they are equal only within their standard error."""
    return any("heldout" in name for name in info.diagnostics)


def assert_no_label_information(name: str, x: torch.Tensor, t: torch.Tensor, y: torch.Tensor) -> None:
    """I(T;Y) is near 0, nearer where the estimator raises no flag."""
    info = estimate(name, x, t, y, **({"bins": 4} if name == "binning" else {}))
    if info.mi_ty is None:
        return
    # A plug-in estimate of counts is too large by about (patterns - 1)(classes - 1) / 2n (Miller 1955).
    bias = (info.diagnostics["patterns"] - 1) * (CLASSES - 1) / (2 * N) if "patterns" in info.diagnostics else 0
    tolerance = np.where([bool(flag) for flag in info.flag], 0.15, 0.06)
    assert (np.abs(info.mi_ty) < tolerance + bias).all()


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in RUN])
class TestEveryEstimator:
    def test_gives_one_finite_value_an_epoch(self, name: str):
        info = estimate(name, *sample())
        assert len(info.flag) == EPOCHS
        given = [getattr(info, value) for value in VALUES if getattr(info, value) is not None]
        assert given
        assert all(value.shape == (EPOCHS,) and np.isfinite(value).all() for value in given)
        for value in info.diagnostics.values():
            assert len(value) == EPOCHS

    def test_gives_the_same_bytes_for_the_same_seed_and_touches_no_global_state(self, name: str):
        torch.manual_seed(123)
        before = torch.get_rng_state()
        first, second = estimate(name, *sample(), seed=5), estimate(name, *sample(), seed=5)
        assert torch.equal(before, torch.get_rng_state())
        for value in VALUES:
            a, b = getattr(first, value), getattr(second, value)
            assert (a is None) == (b is None)
            assert a is None or a.tobytes() == b.tobytes()

    def test_does_not_change_its_input(self, name: str):
        x, t, y = (part.clone() for part in sample())
        estimate(name, x, t, y)
        assert all(torch.equal(a, b) for a, b in zip((x, t, y), sample(), strict=True))

    def test_epochs_in_one_call_are_epochs_in_calls_of_their_own(self, name: str, monkeypatch: pytest.MonkeyPatch):
        x, t, y = sample()
        alone = [estimate(name, x, each[None], y) for each in t]
        # in one batch, as on a GPU
        monkeypatch.setitem(by_epoch.TOGETHER, "cpu", 1 << 40)
        together = estimate(name, x, t, y)
        tolerance = TOGETHER["trained" if is_trained(together) else "counted"]
        for epoch, each in enumerate(alone):
            assert each.flag[0] == together.flag[epoch]
            for value in VALUES:
                a, b = getattr(together, value), getattr(each, value)
                assert (a is None) == (b is None)
                assert a is None or a[epoch] == pytest.approx(b[0], abs=tolerance)

    def test_information_about_the_label_is_at_most_its_entropy(self, name: str):
        info = estimate(name, *sample())
        if info.mi_ty is not None:
            assert (info.mi_ty <= math.log(CLASSES) + 0.02).all()

    def test_permuted_labels_carry_no_information(self, name: str):
        x, t, y = sample()
        assert_no_label_information(name, x, t, y[torch.randperm(N, generator=torch.Generator().manual_seed(1))])

    def test_independent_activations_carry_no_information(self, name: str):
        x, t, y = sample()
        assert_no_label_information(name, x, torch.randn(t.shape, generator=torch.Generator().manual_seed(2)), y)

    def test_more_informative_activations_carry_more(self, name: str):
        info = estimate(name, *sample())
        if info.mi_ty is not None:
            assert info.mi_ty[2] > info.mi_ty[0] + 0.1

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_activations_that_are_not_finite_are_refused(self, name: str, bad: float):
        x, t, y = (part.clone() for part in sample())
        t[1, 7, 1] = bad
        with pytest.raises(ValueError, match="epoch 1"):
            estimate(name, x, t, y)

    @pytest.mark.parametrize("scale", [65504.0, 6e-8])
    def test_the_whole_range_of_half_precision_has_a_defined_value(self, name: str, scale: float):
        x, t, y = sample()
        info = estimate(name, x, (t * (scale / t.abs().max())).half().float(), y)
        assert all(np.isfinite(value).all() for value in (info.mi_xt, info.mi_ty) if value is not None)

    def test_one_sample_is_an_error_or_no_information(self, name: str):
        x, t, y = sample()
        try:
            info = estimate(name, x[:1], t[:, :1], y[:1])
        except ValueError as error:
            assert "sample" in str(error)
        else:
            assert all(np.isfinite(v).all() and (v <= 0).all() for v in (info.mi_xt, info.mi_ty) if v is not None)

    @pytest.mark.parametrize("kind", ["constant", "zero", "one constant unit", "duplicates", "one class"])
    def test_degenerate_input_has_a_defined_value(self, name: str, kind: str):
        x, t, y = (part.clone() for part in sample())
        if kind == "constant":
            t[:] = 0.7
        elif kind == "zero":
            t[:] = 0
        elif kind == "one constant unit":
            t[..., 1] = -0.3
        elif kind == "duplicates":
            x, t, y = x[: N // 2].repeat(2, 1), t[:, : N // 2].repeat(1, 2, 1), y[: N // 2].repeat(2)
        else:
            y[:] = 1
        info = estimate(name, x, t, y)
        assert all(np.isfinite(value).all() for value in (info.mi_xt, info.mi_ty) if value is not None)
        if kind in ("constant", "zero", "one class") and info.mi_ty is not None:
            assert np.abs(info.mi_ty).max() < 0.05
        if kind in ("constant", "zero") and info.mi_xt is not None:
            assert np.abs(info.mi_xt).max() < 0.05

    def test_its_keywords_are_its_schema(self, name: str):
        parameters = inspect.signature(estimators.find(name).estimate).parameters
        assert list(parameters)[:3] == ["x", "t", "y"]
        assert {"noise", "seed"} <= set(parameters)
        keywords = [p for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
        assert all(p.default is not p.empty for p in keywords)
        assert all(p.annotation is not p.empty for p in keywords)

    def test_it_says_what_it_measures(self, name: str):
        module = estimators.find(name)
        assert isinstance(module, Estimator)
        assert module.__doc__
        assert "References" in module.__doc__
        assert module.MEASURES_XT or module.MEASURES_TY


@pytest.mark.parametrize("name", TOO_FEW)
def test_too_few_samples_are_refused(name: str):
    n, message = TOO_FEW[name]
    x, t, y = sample()
    with pytest.raises(ValueError, match=message):
        estimate(name, x[:n], t[:, :n], y[:n])
    assert np.isfinite(estimate(name, x[: n + 1], t[:, : n + 1], y[: n + 1]).mi_ty).all()
