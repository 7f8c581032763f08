"""An estimator of x and t that are reduced first."""

import inspect

import numpy as np
import pytest
import torch

from infoplane.estimators import gaussian, ksg, mine
from infoplane.flags import REDUCED
from infoplane.information import Information, Noise
from infoplane.known import closed_forms
from infoplane.known.transforms import embedded
from infoplane.reductions import autoencoder, pca
from infoplane.reductions.wrapping import reduced
from infoplane.tolerance import is_beyond_tolerance

Y = torch.arange(2000) % 2


class Seen:
    """An estimator that keeps what it is called with."""

    def __init__(self):
        self.x, self.t, self.more = torch.empty(0), torch.empty(0), {}

    def estimate(self, x, t, y, *, noise=None, seed=0, extent=None):
        self.x, self.t, self.more = x, t, {"noise": noise, "seed": seed, "extent": extent}
        none = np.zeros(len(t))
        return Information(mi_xt=none, mi_ty=none, flag=["few samples"] + [""] * (len(t) - 1))


def wide(n: int = 100, epochs: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(0)
    return torch.randn(n, 30, generator=draws), torch.randn(epochs, n, 20, generator=draws), Y[:n]


def test_each_side_is_reduced_alone_and_t_at_each_epoch_anew():
    seen = Seen()
    x, t, y = wide()
    info = reduced(seen.estimate, "pca 4")(x, t, y, seed=5)
    assert (seen.x.shape, seen.t.shape, seen.more["seed"]) == ((100, 4), (2, 100, 4), 5)
    assert torch.equal(seen.x, pca.fit(x, 4, 5).codes)
    assert torch.equal(seen.t[1], pca.fit(t[1], 4, 5).codes)
    assert set(info.diagnostics) == {"kept_x", "kept_t"}
    assert info.diagnostics["kept_x"].shape == info.diagnostics["kept_t"].shape == (2,)
    # a shuffled pairing is reduced alike
    order = torch.randperm(100)
    reduced(seen.estimate, "pca 4")(x, t, y[order], seed=5)
    assert torch.equal(seen.t[1], pca.fit(t[1], 4, 5).codes)


def test_a_side_that_is_no_larger_or_not_looked_at_stays_as_it_is():
    seen = Seen()
    x, t, y = wide()
    extent = {"layer": (0.0, 1.0)}
    info = reduced(seen.estimate, "pca 20")(x, t, y, extent=extent)
    assert seen.t is t
    assert seen.x.shape == (100, 20)
    assert seen.more["extent"] == extent
    assert set(info.diagnostics) == {"kept_x"}
    reduced(seen.estimate, "pca 4", of_x=False)(x, t, y, extent=extent)
    assert seen.x is x
    # the ends of recorded activations are none of reduced ones
    assert seen.more["extent"] is None
    assert reduced(seen.estimate, "none") == seen.estimate


def test_little_of_the_variance_is_flagged_on_the_axes_that_it_concerns():
    x, t, y = wide(400)
    t = t * torch.tensor([1.0] * 4 + [0.01] * 16)
    info = reduced(Seen().estimate, "pca 4")(x, t, y)
    assert info.flag_xt == [f"few samples; {REDUCED}", REDUCED]
    assert info.flag_ty == ["few samples", ""]
    x = x * torch.tensor([1.0] * 4 + [0.01] * 26)
    info = reduced(Seen().estimate, "pca 4")(x, t, y)
    assert info.flag_xt == ["few samples", ""]
    info = reduced(Seen().estimate, "pca 3")(x, t, y)
    assert info.flag_ty == [f"few samples; {REDUCED}", REDUCED]


def test_shares_of_both_sides_count_together():
    # 15 of 16 equal units on either side: 94 % each, 88 % of I(X;T)
    x, t, y = wide(2000, 1)
    info = reduced(Seen().estimate, "pca 15")(x[:, :16], t[..., :16], y)
    assert (info.diagnostics["kept_t"] > 0.9).all()
    assert REDUCED in info.flag_xt[0]
    assert REDUCED not in info.flag_ty[0]


def test_noise_that_is_that_of_the_reduced_layer_too_is_passed_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autoencoder, "MOST_STEPS", 1)
    seen = Seen()
    x, t, y = wide()
    additive = Noise("additive", torch.full((1, 1, 20), 0.3))
    uneven, gaussian_noise = Noise("additive", torch.linspace(0.1, 0.3, 20)), Noise("gaussian", torch.tensor(0.3))
    reduced(seen.estimate, "pca 4")(x, t, y, noise=additive)
    assert seen.more["noise"].kind == "additive"
    assert seen.more["noise"].std == pytest.approx(0.3)
    for how, noise in (("pca 4", uneven), ("pca 4", gaussian_noise), ("autoencoder 4", additive)):
        reduced(seen.estimate, how)(x, t, y, noise=noise)
        assert seen.more["noise"] is None
    reduced(seen.estimate, "pca 20")(x, t, y, noise=gaussian_noise)
    assert seen.more["noise"] is gaussian_noise


def test_x_is_fitted_once_and_another_x_again(monkeypatch: pytest.MonkeyPatch):
    fits = []
    fit = pca.fit
    monkeypatch.setattr(pca, "fit", lambda values, k, seed: fits.append(values.shape) or fit(values, k, seed))
    estimate = reduced(Seen().estimate, "pca 4")
    x, t, y = wide(epochs=1)
    for inputs in (x, x.clone(), x + 1, x):
        estimate(inputs, t, y)
    assert fits.count((100, 30)) == 2


def test_it_is_called_as_the_estimator_is():
    assert inspect.signature(reduced(ksg.estimate, "pca 4")) == inspect.signature(ksg.estimate)
    x, t, y = wide()
    t[1, 3, 3] = torch.nan
    with pytest.raises(ValueError, match="epoch 1 of 2 holds a NaN"):
        reduced(ksg.estimate, "pca 4")(x, t, y)
    with pytest.raises(ValueError, match="must be `none`, `pca k` or `autoencoder k`"):
        reduced(ksg.estimate, "pca")
    with pytest.raises(ValueError, match="20 samples are too few for 18 principal components"):
        reduced(ksg.estimate, "pca 18")(x[:20], t[:1, :20], y[:20])


@pytest.mark.parametrize("rho", [0.0, 0.57])
def test_few_dimensions_in_many_are_told_where_the_estimator_alone_is_flagged(rho: float):
    task = embedded(closed_forms.gaussian(10, rho), 200, 0.1)
    x, t, _ = task.sample(2000, 0)
    info = reduced(gaussian.estimate, "pca 10")(x, t[None], Y)
    assert info.flag_xt == [""]
    assert not is_beyond_tolerance(info.mi_xt - task.truth_xt, task.truth_xt).any()
    alone = gaussian.estimate(x, t[None], Y)
    assert alone.flag_xt[0]


@pytest.mark.slow
@pytest.mark.parametrize(("how", "estimate"), [("pca 10", ksg.estimate), ("pca 10", mine.estimate)])
def test_neighbours_and_critics_after_a_reduction(how: str, estimate):
    task = embedded(closed_forms.gaussian(10, 0.57), 500, 0.1)
    x, t, _ = task.sample(2000, 0)
    error = reduced(estimate, how)(x, t[None], Y).mi_xt - task.truth_xt
    assert not is_beyond_tolerance(error, task.truth_xt).any()
