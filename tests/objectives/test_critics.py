"""Critics at all pairs, one and several side by side."""

import pytest
import torch
from torch import nn

from infoplane.objectives import AtAllPairs, Concat, Disturbance, Separable


@pytest.mark.parametrize("disturbance", [Disturbance(dropout=0.5), Disturbance(noise_std=0.5)])
@pytest.mark.parametrize("kind", [Separable, Concat])
def test_hidden_units_are_disturbed_in_training_alone(kind, disturbance):
    generator = torch.Generator().manual_seed(0)
    critic = kind(3, 4, [8, 8], disturbance=disturbance, generator=generator, members=2)
    for weights in critic.weights:
        nn.init.normal_(weights, generator=generator)
    x, z = (torch.randn(2, 5, d, generator=generator) for d in (3, 4))
    assert not torch.allclose(critic(x, z), critic(x, z))
    critic.eval()
    assert torch.equal(critic(x, z), critic(x, z))


@pytest.mark.parametrize("kind", [Separable, Concat])
def test_members_side_by_side_are_what_each_is_alone(kind):
    generator = torch.Generator().manual_seed(0)
    both, alone = kind(3, 4, [8, 8], generator=generator, members=2), kind(3, 4, [8, 8], generator=generator)
    for weights in both.weights:
        nn.init.normal_(weights, std=0.3, generator=generator)
    for one, two in zip(alone.weights, both.weights, strict=True):
        one.data = two[1:]
    x, z = (torch.randn(2, n, d, generator=generator) for n, d in ((5, 3), (6, 4)))
    assert torch.allclose(both(x, z)[1], alone(x[1], z[1]), atol=1e-6)


@pytest.mark.parametrize("kind", [Separable, Concat])
def test_all_are_zero_at_the_start(kind):
    assert not bool(kind(3, 4)(torch.ones(5, 3), torch.ones(6, 4)).any())


def test_a_module_of_rows_at_all_pairs():
    rows = nn.Bilinear(3, 4, 1)
    x, z = torch.randn(5, 3), torch.randn(6, 4)
    f = AtAllPairs(rows)(x, z)
    assert f.shape == (5, 6)
    assert torch.allclose(f[2, 4], rows(x[2:3], z[4:5])[0, 0])
