"""A mean over draws of the noise: less chance, the first draw as alone, flags of half of them."""

from functools import partial

import numpy as np
import pytest
import torch

from infoplane.estimators import dropout, kde, mine
from infoplane.estimators.parts.draws import averaged, seeds_of
from infoplane.flags import OVERFIT, SATURATED, WIDE
from infoplane.information import Information, Noise

NOISE = Noise("gaussian", torch.tensor(0.4))
METHODS = {
    "dropout": partial(dropout.estimate, noise=NOISE),
    "kde": partial(kde.estimate, noise_var=1.0),
    "mine": partial(mine.estimate, noise_std=1.0, folds=2, steps=2, width=8, rank=4),
}


def samples(n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    # not Gaussian, whose bound values would stop at
    x = 3 * torch.rand(n, 3, generator=torch.Generator().manual_seed(0)).round(decimals=1).square()
    return x, (2 * x + 0.5)[None], (x[:, 0] > 1).long()


@pytest.mark.parametrize(("method", "n"), [("dropout", 1500), ("kde", 1500), ("mine", 100)])
def test_the_spread_over_seeds_falls_and_the_value_stays(method: str, n: int):
    # from 2000 samples on one draw is one: below, `parts.channel_information` takes more by itself
    x, t, y = samples(n)
    one, six = (
        np.array([METHODS[method](x, t, y, seed=seed, draws=draws).mi_xt for seed in range(6)]).ravel()
        for draws in (1, 6)
    )
    # 1 / sqrt(6) = .41, of six seeds give or take a third
    assert six.std() < 0.75 * one.std()
    assert six.mean() == pytest.approx(one.mean(), abs=3 * one.std())


def test_bars_of_a_known_channel_rest_on_the_draws():
    x, t, y = samples(1500)
    one, six = (METHODS["kde"](x, t, y, draws=draws).diagnostics["stderr_xt"][0] for draws in (1, 6))
    assert six < one


def test_the_first_draw_is_that_of_one():
    assert seeds_of(3, 1) == [3]
    assert seeds_of(3, 4)[0] == 3
    assert len(set(seeds_of(3, 4)) | set(seeds_of(4, 4))) == 8


def test_means_and_the_flags_of_half():
    infos = [
        Information(
            mi_xt=np.array([value, value]),
            mi_xt_low=np.array([value - 1, 0.0]),
            flag_xt=[SATURATED, flag],
            diagnostics={"a": np.array([value, np.nan]), "b": np.array([np.nan, value])},
        )
        for value, flag in ((1.0, ""), (2.0, f"{WIDE}; {OVERFIT}"), (3.0, WIDE))
    ]
    mean = averaged(infos)
    assert mean.mi_xt is not None
    assert mean.mi_xt_low is not None
    assert mean.mi_xt.tolist() == [2.0, 2.0]
    assert mean.mi_xt_low.tolist() == [1.0, 0.0]
    assert mean.flag_xt == [SATURATED, WIDE]
    assert mean.mi_ty is None
    np.testing.assert_array_equal(mean.diagnostics["a"], [2.0, np.nan])


def test_mine_has_no_draws_without_noise():
    with pytest.raises(ValueError, match="draws = 2: without noise_std there is no noise to draw"):
        mine.estimate(*samples(50), folds=2, draws=2)


def test_one_draw_of_mine_is_the_estimate_without_the_option():
    x, t, y = samples(100)
    first, same = METHODS["mine"](x, t, y, seed=5), METHODS["mine"](x, t, y, seed=5, draws=1)
    np.testing.assert_array_equal(first.mi_xt, same.mi_xt)
