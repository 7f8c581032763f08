"""The neighbour formulas where the two ways of searching must agree; the rest is tested through `ksg` and `sliced`."""

import pytest
import torch

from infoplane.estimators.parts import neighbours
from infoplane.known import closed_forms


@pytest.mark.parametrize(
    "task", [closed_forms.gaussian(1, 0.7), closed_forms.symmetric_channel(3, 0.3)], ids=lambda task: task.name
)
def test_tree_and_matrix_agree(task):
    x, t, _ = task.sample(500, 0)
    x, t = ((v - v.mean(0)).double() for v in (x, t))
    # a second, constant coordinate moves the same samples to the other branch
    padded = torch.cat([x, torch.zeros_like(x)], 1)
    assert neighbours.kraskov_1d(x, t, 4) == pytest.approx(neighbours.kraskov(padded, t[None], 4, 1)[0], abs=1e-9)


def test_small_classes():
    t = torch.arange(10.0).double()[None, :, None]
    labels = torch.tensor([0] * 5 + [1] * 4 + [2])
    value = neighbours.ross(t, labels, 8)
    # without the class of one: two classes side by side
    assert value[0] == pytest.approx(neighbours.ross(t[:, :9], labels[:9], 8)[0])
    assert neighbours.ross(t, torch.zeros(10).long(), 3)[0] == 0
