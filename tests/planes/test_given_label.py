"""I(X;T|Y) where both axes of an estimator are of one T."""

import numpy as np
import pandas as pd
import pytest
import torch

from infoplane import estimators
from infoplane.estimators import binning
from infoplane.planes.given_label import COLUMN, with_mi_given_label


def test_the_difference_where_both_axes_can_be_believed():
    table = pd.DataFrame(
        {
            "mi_xt": [3.0, 3.0, 3.0, np.nan],
            "mi_ty": [1.0, 1.0, 1.0, 1.0],
            "flag_xt": ["", "saturated", "", ""],
            "flag_ty": ["", "", "overfit", ""],
        }
    )
    given = with_mi_given_label(table, same_t=True)
    assert list(given.columns) == [*table.columns, COLUMN]
    np.testing.assert_array_equal(given[COLUMN], [2.0, np.nan, np.nan, np.nan])
    assert with_mi_given_label(table, same_t=False)[COLUMN].isna().all()


def test_it_is_the_conditional_information_of_bins():
    """By counting within each class: I(X; bin T|Y) = H(bin T|Y), for bin T is a function of X."""
    draw = torch.Generator().manual_seed(0)
    t, y = torch.randint(4, (1, 900, 2), generator=draw).float(), torch.arange(900) % 3
    info = binning.estimate(t[0], t, y, bins=4, inputs="all")
    within = []
    for label in range(3):
        counts = torch.unique(t[0][y == label], dim=0, return_counts=True)[1].double()
        within.append(float(-(counts / 300 * (counts / 300).log()).sum()))
    assert info.mi_xt is not None
    assert info.mi_ty is not None
    assert float(info.mi_xt[0] - info.mi_ty[0]) == pytest.approx(np.mean(within), abs=1e-9)


def test_which_estimators_have_one_t_on_both_axes():
    same = [name for name in estimators.names() if estimators.named(name).value("SAME_T", False)]
    assert same == ["binning", "dropout", "exact", "kde"]
