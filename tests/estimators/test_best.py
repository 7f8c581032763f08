"""Which method's value `best` gives, and with which flag."""

import numpy as np
import pytest
import torch

from infoplane.estimators import best, ksg
from infoplane.flags import MISSED, OVERFIT
from infoplane.information import Information
from infoplane.known import closed_forms

ORDERS = {"xt": best.OF_UNITS}


def says(value: float, flag: str = "", bar: float | None = None) -> Information:
    ends = {} if bar is None else {"mi_xt_low": [value - bar], "mi_xt_high": [value + bar]}
    return Information(mi_xt=[value], flag_xt=[flag], flag_ty=[""], **{k: np.array(v) for k, v in ends.items()})


def test_the_first_without_a_flag_is_taken():
    found = {"mine": says(1.0, OVERFIT), "gaussian": says(1.1, bar=0.05), "doe": says(1.2), "ksg": says(0.9, "biased")}
    info = best.chosen(found, ORDERS)
    assert (info.mi_xt[0], info.mi_xt_low[0], info.flag_xt) == (1.1, 1.05, [""])
    assert info.diagnostics["xt_from_gaussian"][0] == 1
    assert sum(info.diagnostics.values()) == 1


def test_where_all_have_flags_the_first_stands_with_its_own():
    found = {name: says(1.0, f"{name} is off") for name in best.OF_UNITS}
    info = best.chosen(found, ORDERS)
    assert info.flag_xt == ["mine is off"]


def test_neighbours_that_see_more_raise_a_flag():
    found = {"mine": says(0.2), "gaussian": says(0.0), "doe": says(0.1), "ksg": says(0.4)}
    assert best.chosen(found, ORDERS).flag_xt == [MISSED]


def test_what_held_out_pairs_show_is_taken_where_it_is_more():
    found = {"mine": says(0.4), "gaussian": says(0.0), "doe": says(0.1), "ksg": says(0.2)}
    info = best.chosen(found, {"xt": best.OF_PAIRS})
    assert (info.mi_xt[0], info.flag_xt) == (0.4, [""])


def test_methods_that_are_not_needed_do_not_run():
    ran = []

    def run(name: str) -> Information:
        ran.append(name)
        return says(0.5)

    best.chosen(best._Found(run), ORDERS)
    assert set(ran) == {"mine", "ksg"}


@pytest.mark.slow
def test_of_one_unit_and_one_input_neighbours_are_taken():
    task = closed_forms.additive_uniform(0.3)
    x, t, _ = task.sample(1000, 3)
    y = torch.zeros(1000, dtype=torch.int64)
    info = best.estimate(x, t[None], y, seed=4)
    assert info.diagnostics["xt_from_ksg"][0] == 1
    assert info.mi_xt[0] == ksg.estimate(x, t[None], y, seed=4).mi_xt[0]


@pytest.mark.slow
def test_epochs_in_one_call_are_calls_of_one_epoch():
    x, t, _ = closed_forms.gaussian(2, 0.8).sample(300, 3)
    t, y = torch.stack([t, t + torch.randn(300, 2, generator=torch.Generator().manual_seed(0))]), (x[:, 0] > 0).long()
    together = best.estimate(x, t, y, seed=1)
    for epoch in range(2):
        alone = best.estimate(x, t[[epoch]], y, seed=1)
        for name in ("mi_xt", "mi_xt_low", "mi_xt_high", "mi_ty", "ceiling_ty"):
            np.testing.assert_allclose(getattr(alone, name)[0], getattr(together, name)[epoch], rtol=1e-5)
        assert (alone.flag_xt[0], alone.flag_ty[0]) == (together.flag_xt[epoch], together.flag_ty[epoch])
