import json
import math

import numpy as np
import pytest

from infoplane.estimators import binning
from infoplane.flags import OVERFIT, SATURATED, join_flags
from infoplane.information import (
    Comparable,
    Information,
    Noise,
    comparable_with,
    from_json,
    is_saturated,
    joined,
    sample_ceiling,
    to_json,
)
from infoplane.tolerance import Tolerance, is_beyond_tolerance


def test_flags_are_joined_per_epoch():
    raised = {SATURATED: np.array([True, False, True]), OVERFIT: np.array([True, False, False])}
    assert join_flags(raised) == ["saturated; overfit", "", "saturated"]


def test_ceiling_is_the_logarithm_of_the_sample_size():
    np.testing.assert_allclose(sample_ceiling(4000, 2), math.log(4000))
    assert is_saturated(np.array([8.2, 4.0]), sample_ceiling(4000, 2)).tolist() == [True, False]


def test_a_value_that_is_not_finite_is_an_error():
    with pytest.raises(ValueError, match="mi_xt is not finite"):
        Information(mi_xt=np.array([1.0, np.nan]), flag=["", ""])


def test_each_axis_has_its_own_flag_and_both_have_the_common_one():
    info = Information(
        mi_xt=np.ones(2), mi_ty=np.ones(2), flag=["overfit", ""], flag_xt=["saturated", ""], flag_ty=["", "biased"]
    )
    assert info.flag_xt == ["overfit; saturated", ""]
    assert info.flag_ty == ["overfit", "biased"]
    assert info.flag == ["overfit; saturated", "biased"]
    again = from_json(json.loads(json.dumps(to_json(info))))
    assert (again.flag, again.flag_xt, again.flag_ty) == (info.flag, info.flag_xt, info.flag_ty)
    both = joined([info, again])
    assert both.flag_xt == [*info.flag_xt, *info.flag_xt]


def test_an_axis_without_values_has_no_flag_unless_neither_has():
    one = Information(mi_ty=np.ones(1), flag=["overfit"])
    assert (one.flag_xt, one.flag_ty, one.flag) == ([""], ["overfit"], ["overfit"])
    none = Information(flag=["no noise"])
    assert (none.flag_xt, none.flag_ty) == (["no noise"], ["no noise"])


def test_values_and_flags_have_one_entry_an_epoch():
    with pytest.raises(ValueError, match="2 epochs"):
        Information(mi_ty=np.ones(3), flag=["", ""])


def test_bounds_on_the_wrong_side_are_an_error():
    with pytest.raises(ValueError, match="above"):
        Information(mi_xt_low=np.array([2.0]), mi_xt_high=np.array([1.0]), flag=[""])


def test_a_tolerance_is_the_larger_of_nats_and_share():
    tolerance = Tolerance(nats=0.1, share=0.05)
    assert tolerance.at([-3.0, 0.0, 2.0, 4.0]).tolist() == [0.1, 0.1, 0.1, 0.2]
    assert tolerance.is_exceeded_by([-0.11, 0.1, 0.11, -0.19], [0.0, 0.0, 2.0, 4.0]).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert is_beyond_tolerance(-0.3, 2.9)


def test_what_a_module_leaves_out_has_a_default():
    class Plain:
        """No estimator, but neither function asks for the rest."""

    assert comparable_with(Plain(), None) == Comparable()
    assert comparable_with(Plain(), Noise("additive", np.array(0.1))) is None
    assert comparable_with(binning, None) == binning.comparable(None)


def test_without_a_flag_all_values_are_believed():
    info = Information(mi_xt=[1.0, 2.0])
    assert info.flag == info.flag_xt == ["", ""]
    with pytest.raises(ValueError, match="mi_ty has shape"):
        Information(mi_xt=[1.0, 2.0], mi_ty=[1.0])
