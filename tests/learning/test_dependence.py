"""The preset of the first experiments: truths in several dimensions, and an estimator that is exact on half of them."""

import pytest
import torch
from small_objectives import changed

from infoplane.known.channels import noisy_function
from infoplane.learning import dependence
from infoplane.running.unfinished import work


@pytest.mark.usefixtures("in_tmp_path")
def test_truths_and_a_table():
    chosen = changed("dependence", methods=["gaussian"], noises=[0.5], rhos=[0.0, 0.9], samples=500)
    with work("objectives-measure", {}) as partial:
        table = dependence.measure(chosen, torch.device("cpu"), partial).set_index("task")
    assert list(table.index) == [
        "x, noise 0.5",
        "x^3, noise 0.5",
        "sin x, noise 0.5",
        "gaussian d=2 rho=0",
        "gaussian d=2 rho=0.9",
    ]
    assert table.loc["sin x, noise 0.5", "truth"] == pytest.approx(2 * noisy_function("sin x", 0.5).truth_xt)
    assert table.loc["gaussian d=2 rho=0.9", "error"] == pytest.approx(0, abs=0.15)
    assert list(dependence.summary(table.reset_index())) == ["gaussian"]
