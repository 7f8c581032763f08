"""A channel of known noise: against brute force on all inputs, and from a part of them to all."""

import math

import pytest
import torch

from infoplane.estimators.parts.channel import Channel, draw, overlap
from infoplane.estimators.parts.channel_information import channel_information, enough_draws
from infoplane.information import Noise
from infoplane.known.real_layers import Population, layer_in_noise

STD = 0.4


def clusters(seed: int, size: int = 6000, spread: float = 0.5) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations like a layer's: ten uneven clusters in five units, curved by a tanh, and a label each."""
    draw = torch.Generator().manual_seed(seed)
    y = torch.multinomial(torch.arange(1.0, 11), size, replacement=True, generator=draw)
    centres = torch.randn(10, 5, generator=draw)
    widths = spread * torch.rand(10, 5, generator=draw)
    return torch.tanh(centres[y] + widths[y] * torch.randn(size, 5, generator=draw)), y


def channel(t: torch.Tensor, std: float = STD) -> Channel:
    return Channel(t.double(), torch.full((1, 1), std, dtype=torch.float64))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def informed(of: Channel, y: torch.Tensor, population: float, source: torch.Generator, draws: int = 1):
    """Of a channel with the noise that is drawn for it."""
    drawn = draw(y, of, source, enough_draws(len(y), draws))
    return channel_information(of, drawn, population, source)


def test_all_inputs_are_exact_but_for_the_draws():
    t, y = clusters(0, 400)
    mean, std = t.double(), STD
    found = informed(channel(t), y, 400, generator(1), draws=8)
    eps = torch.randn(200, 400, 5, generator=generator(2), dtype=torch.float64)
    xt, ty = [], []
    for each in eps:
        z = mean + std * each
        log_p = -0.5 * (torch.cdist(z, mean) / std).square()
        every = log_p.logsumexp(1) - math.log(400)
        same = log_p.masked_fill(y[:, None] != y, -math.inf).logsumexp(1) - torch.bincount(y)[y].double().log()
        xt.append(float((log_p.diagonal() - every).mean()))
        ty.append(float((same - every).mean()))
    for axis, values in ((found.xt, xt), (found.ty, ty)):
        truth = sum(values) / len(values)
        assert axis.low <= truth <= axis.high
        assert axis.value == pytest.approx(truth, abs=0.02)
        assert axis.lower == axis.upper == axis.value
        assert not axis.is_wide


@pytest.mark.parametrize("std", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_part_of_the_inputs_tells_of_all(std: float, seed: int):
    t, y = clusters(seed)
    truth = layer_in_noise(Population("clusters", t, t, y), Noise("additive", torch.tensor(std)), seed=seed)
    part = torch.randperm(len(y), generator=generator(seed))[:1500]
    found = informed(channel(t[part], std), y[part], len(y), generator(seed))
    for axis, true in ((found.xt, truth.truth_xt), (found.ty, truth.truth_ty)):
        assert true is not None
        assert axis.lower - 0.05 <= true <= axis.upper + 0.05
        assert axis.is_wide or axis.low - 0.04 <= true <= axis.high + 0.04
        assert axis.is_wide or abs(axis.value - true) < max(0.1, 0.1 * true)
    assert not (found.xt.is_wide and found.ty.is_wide)


def test_blocks_and_precision_change_next_to_nothing(monkeypatch: pytest.MonkeyPatch):
    t, y = clusters(6, 300)
    whole = informed(channel(t), y, 600, generator(0))
    monkeypatch.setattr("infoplane.estimators.parts.channel.BLOCK", 1000)
    monkeypatch.setattr("infoplane.estimators.parts.channel.SINGLE_PRECISION_UP_TO", 0.0)
    parts = informed(channel(t), y, 600, generator(0))
    assert parts.xt.value == pytest.approx(whole.xt.value, abs=1e-4)
    assert parts.ty.value == pytest.approx(whole.ty.value, abs=1e-4)


def test_noise_of_each_unit_and_input_is_that_of_one_size_where_it_is():
    t, y = clusters(7, 300)
    one = overlap(channel(t), draw(y, channel(t), generator(0)))[0]
    each = overlap(
        Channel(t.double(), torch.full(t.shape, STD, dtype=torch.float64)), draw(y, channel(t), generator(0))
    )[0]
    assert torch.allclose(one.of_all, each.of_all, rtol=1e-3, atol=1e-5)
    assert torch.allclose(one.by_class, each.by_class, atol=1e-3)


def test_a_population_of_which_nothing_is_seen_is_flagged():
    t = 1000 * torch.arange(200.0)[:, None]
    found = informed(channel(t), torch.arange(200) % 2, math.inf, generator(0))
    assert found.is_saturated
    assert found.xt.is_wide
    assert found.ty.is_wide
    assert not informed(channel(t), torch.arange(200) % 2, 200, generator(0)).xt.is_wide


def test_few_inputs_and_one_class():
    with pytest.raises(ValueError, match="2 samples are too few"):
        informed(channel(torch.zeros(2, 1)), torch.zeros(2).long(), 2, generator(0))
    for n in (3, 4, 20):
        t, y = clusters(8, n)
        for size in (n, 3 * n, math.inf):
            found = informed(channel(t), torch.zeros_like(y), size, generator(0))
            assert math.isfinite(found.xt.value)
            assert found.ty.value == pytest.approx(0, abs=1e-9)


def clusters_and_singletons(seed: int, clusters: int, share: float, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows that are alike within clusters, but for a share that is far from all others and of which there is no end."""
    draw = generator(seed)
    far = 1000.0 + torch.rand(n, 3, generator=draw) * 1e4
    cluster = torch.randint(clusters, (n,), generator=draw)
    near = 50.0 * cluster[:, None].float().expand(n, 3)
    return torch.where((torch.rand(n, generator=draw) < share)[:, None], far, near), cluster % 2


@pytest.mark.parametrize(("size", "truth"), [(10**9, 6.61), (math.inf, math.inf)])
def test_a_tail_that_goes_on_is_not_hidden_by_a_bias_that_ends(size: float, truth: float):
    """200 clusters, and a share of ln M: what a doubling adds falls towards that share of ln 2, and no further."""
    t, y = clusters_and_singletons(0, 200, 0.08, 1000)
    found = informed(channel(t, 1.0), y, size, generator(0))
    assert found.xt.is_wide or abs(found.xt.value - truth) < 0.1 * truth


@pytest.mark.parametrize("n", [4, 10, 20, 40])
def test_few_samples_do_not_say_how_many_there_are(n: int):
    t, y = 100 * torch.arange(float(n))[:, None], torch.arange(n) % 2
    found = informed(channel(t, 1.0), y, 1000 * n, generator(0))
    assert found.xt.is_wide or found.xt.value == pytest.approx(math.log(1000 * n), rel=0.1)
    unseen_class = informed(channel(torch.zeros(n, 1), 1.0), torch.zeros(n).long(), 1000 * n, generator(0))
    assert unseen_class.ty.high > 0.5 / n


def test_few_inputs_in_little_overlap_are_drawn_often_enough():
    t, y = 4 * torch.arange(20.0)[:, None], torch.arange(20) % 2
    values = [informed(channel(t, 1.0), y, 20, generator(seed)).ty for seed in range(10)]
    truth = sum(each.value for each in values) / 10
    assert sum(each.low - 0.01 <= truth <= each.high + 0.01 for each in values) >= 9
    assert all(each.is_wide or abs(each.value - truth) < 0.1 for each in values)


def test_collinear_units_in_little_noise_do_not_end_the_run():
    t = torch.randn(200, 1, generator=generator(0)) @ torch.ones(1, 8) * 1e6
    found = informed(channel(t, 0.01), (t[:, 0] > 0).long(), 200, generator(0))
    assert found.xt.value == pytest.approx(math.log(200), rel=0.01)
    assert found.gaussian_bound >= found.xt.value
