"""Information of a population from nested samples: the bound always holds, the guess is exact where steps are."""

import math
from itertools import pairwise

import pytest
import torch

from infoplane.estimators.parts.nested import extrapolate, levels, parts


@pytest.mark.parametrize("ratio", [0.5, 0.7, 0.95])
def test_steps_that_fall_by_a_constant_factor_are_followed(ratio: float):
    def information(level: int) -> float:  # of 2^level inputs
        return sum(0.6 * ratio**step for step in range(level))

    curve = [information(level) for level in range(10, 3, -1)]
    found = extrapolate(curve, 4.0)
    assert found.seen + found.added == pytest.approx(information(14), rel=1e-9)
    assert found.most == pytest.approx(4 * (information(10) - information(9)))
    without_end = extrapolate(curve, math.inf)
    assert without_end.seen + without_end.added == pytest.approx(0.6 / (1 - ratio), rel=1e-9)
    assert without_end.most == math.inf


def test_outputs_that_tell_all_inputs_add_ln_2_a_doubling():
    curve = [math.log(n) for n in (512, 256, 128)]
    assert extrapolate(curve, 3.0).added == pytest.approx(3 * math.log(2))
    assert extrapolate(curve, math.inf).added == math.inf


def test_nothing_is_added_to_all_inputs_or_where_nothing_grows():
    assert extrapolate([2.0, 1.5, 1.0], 0.0)[:3] == (2.0, 0.0, 0.0)
    assert extrapolate([2.0, 2.0, 2.0], math.inf)[:3] == (2.0, 0.0, 0.0)
    # steps that chance makes fall below 0, or grow with the size
    assert extrapolate([2.0, 2.1, 1.9], 5.0).added == 0
    assert extrapolate([2.0, 1.9, 1.9], 5.0).added == pytest.approx(0.1 * sum(0.5**i for i in range(1, 6)), abs=1e-9)
    assert extrapolate([2.0], 5.0).most == math.inf


def test_parts_are_equal_and_of_all_segments():
    draw = torch.Generator().manual_seed(0)
    assert levels(64) == 7
    for level in range(7):
        part = parts(64, level, draw)
        assert torch.bincount(part).tolist() == [64 >> level] * 2**level


def test_what_a_doubling_adds_never_grows():
    """The theorem behind the upper bound, on a population whose information is worked out for every size."""
    draw = torch.Generator().manual_seed(1)
    means = (
        torch.randn(64, 1, generator=draw).double()
        * torch.tensor([0.2, 3.0]).double()[torch.randint(2, (64, 1), generator=draw)]
    )
    grid = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    density = torch.exp(-0.5 * (grid - means).square()) / math.sqrt(2 * math.pi)

    def entropy(chosen: torch.Tensor) -> float:
        mixture = density[chosen].mean(0)
        return -float(torch.trapezoid(torch.special.xlogy(mixture, mixture), grid))

    curve = []
    for level in range(7):
        members = torch.stack([parts(64, level, draw) for _ in range(300)])
        entropies = [entropy(row == part) for row in members for part in range(min(2**level, 2))]
        curve.append(sum(entropies) / len(entropies))
    steps = [larger - smaller for larger, smaller in pairwise(curve)]
    assert all(late <= early + 0.01 for late, early in pairwise(steps))


def test_two_small_steps_that_are_equal_by_chance_do_not_go_on_for_ever():
    curve = [1.5709, 1.5701, 1.5693, 1.5670, 1.5631]  # of a channel whose steps fall by half, but for the last
    followed = extrapolate(curve, math.inf)
    assert 0 < followed.added < 0.003
    every_output_tells = [math.log(2) * level for level in (5, 4, 3, 2)]
    assert extrapolate(every_output_tells, math.inf).added == math.inf
    assert extrapolate(curve, 1.0).added == pytest.approx(0.0008)
