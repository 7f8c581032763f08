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
    "mine": partial(mine.estimate, noise_std=1.0, folds=2, steps=1, width=4, rank=2),
}


def samples(n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    # not Gaussian, whose bound values would stop at
    x = 3 * torch.rand(n, 3, generator=torch.Generator().manual_seed(0)).square()
    return x, (2 * x + 0.5)[None], (x[:, 0] > 1).long()


# of few samples a known channel takes 2000 draws in all by itself: here 7 of each
@pytest.mark.parametrize(("method", "n", "draws"), [("dropout", 300, 28), ("kde", 300, 28), ("mine", 80, 4)])
def test_the_spread_over_seeds_falls_and_the_value_stays(method: str, n: int, draws: int):
    x, t, y = samples(n)
    one, mean = (
        np.array([METHODS[method](x, t, y, seed=seed, draws=count).mi_xt for seed in range(8)]).ravel()
        for count in (1, draws)
    )
    # a half, of eight seeds give or take a quarter
    assert mean.std() < 0.7 * one.std()
    assert mean.mean() == pytest.approx(one.mean(), abs=2 * one.std())


def test_bars_of_inputs_that_are_all_there_rest_on_the_draws():
    x, t, y = samples(300)
    few, many = (METHODS["kde"](x, t, y, draws=draws, inputs="all").diagnostics["stderr_xt"][0] for draws in (1, 28))
    assert many < 0.7 * few


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
