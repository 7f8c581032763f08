import math

import numpy as np
import pytest

from infoplane.information import OVERFIT, SATURATED, Information, is_saturated, join_flags, sample_ceiling


def test_flags_are_joined_per_epoch():
    raised = {SATURATED: np.array([True, False, True]), OVERFIT: np.array([True, False, False])}
    assert join_flags(raised) == ["saturated; overfit", "", "saturated"]


def test_ceiling_is_the_logarithm_of_the_sample_size():
    np.testing.assert_allclose(sample_ceiling(4000, 2), math.log(4000))
    assert is_saturated(np.array([8.2, 4.0]), sample_ceiling(4000, 2)).tolist() == [True, False]


def test_a_value_that_is_not_finite_is_an_error():
    with pytest.raises(ValueError, match="mi_xt is not finite"):
        Information(mi_xt=np.array([1.0, np.nan]), flag=["", ""])


def test_values_and_flags_have_one_entry_an_epoch():
    with pytest.raises(ValueError, match="2 flags"):
        Information(mi_ty=np.ones(3), flag=["", ""])


def test_bounds_on_the_wrong_side_are_an_error():
    with pytest.raises(ValueError, match="above"):
        Information(mi_xt_low=np.array([2.0]), mi_xt_high=np.array([1.0]), flag=[""])
