import math
from typing import Literal

import numpy as np
import pytest
import torch

from infoplane.estimators.dropout import estimate
from infoplane.flags import NO_NOISE
from infoplane.information import Noise

# FACTS of the channel z = (2x + .5) * eps, x ~ N(0, 1), eps ~ N(1, s^2), per dimension, by quadrature.
TRUTH = {0.1: 2.9118, 0.4: 1.5678}
H_Z_GIVEN_X = {0.1: -0.7948, 0.4: 0.5915}
GAUSSIAN_BOUND = {0.1: 2.9121, 0.4: 1.5990}


def channel(n: int, d: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    x = torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
    return x, (2 * x + 0.5)[None], (x[:, 0] > 0).long()


def gaussian(std: float) -> Noise:
    return Noise("gaussian", torch.tensor(std))


@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 5, 10])
@pytest.mark.parametrize("std", TRUTH)
def test_the_truth_lies_between_the_bounds(std: float, d: int):
    truth = d * TRUTH[std]
    points = []
    for seed in range(3):
        info = estimate(*channel(10_000, d, seed), noise=gaussian(std), seed=seed)
        assert info.mi_xt is not None
        assert info.mi_xt_low is not None
        assert info.mi_xt_high is not None
        assert info.mi_xt_low[0] <= truth <= info.mi_xt_high[0]
        if not info.flag[0]:
            points.append(info.mi_xt[0])
    if d == 1:
        assert len(points) == 3
    if points:
        assert np.mean(points) == pytest.approx(truth, rel=0.02)


def test_closed_forms():
    info = estimate(*channel(4000, 3, 0), noise=gaussian(0.4))
    assert info.diagnostics["h_z_given_x"][0] == pytest.approx(3 * H_Z_GIVEN_X[0.4], abs=0.15)
    assert info.diagnostics["gaussian_bound"][0] == pytest.approx(3 * GAUSSIAN_BOUND[0.4], abs=0.15)


def test_equal_to_the_whole_matrix_of_densities():
    x, t, y = channel(200, 2, 0)
    info = estimate(x, t, y, noise=gaussian(0.3), seed=4)
    generator = torch.Generator().manual_seed(4)
    torch.randperm(200, generator=generator)  # the segments
    eps = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    mean = t[0].double()
    std = 0.3 * mean.abs()
    density = torch.distributions.Normal(mean, std).log_prob((mean + std * eps)[:, None]).sum(2)
    own = density.diagonal()
    lower = float((own - density.logsumexp(1) + math.log(200)).mean())
    others = density.masked_fill(torch.eye(200, dtype=torch.bool), -torch.inf)
    upper = float((own - others.logsumexp(1) + math.log(199)).mean())
    assert info.diagnostics["left_out"][0] == pytest.approx(upper, abs=0.15)  # of one draw among ten
    assert info.diagnostics["lower_bound_xt"][0] == pytest.approx(lower, abs=0.1)  # less the draws' chance


def test_additive_noise_on_gaussian_activations():
    x = torch.randn(3000, 1, generator=torch.Generator().manual_seed(0))
    info = estimate(x, x[None], (x[:, 0] > 0).long(), noise=Noise("additive", torch.tensor(0.5)))
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(0.5 * math.log(1 + 1 / 0.25), abs=0.05)


def test_log_normal_noise_is_additive_in_the_logarithm():
    u = torch.randn(3000, 1, generator=torch.Generator().manual_seed(0))
    y = (u[:, 0] > 0).long()
    noise = torch.tensor(0.5)
    multiplied = estimate(u, u.exp()[None], y, noise=Noise("lognormal", noise))
    added = estimate(u, u[None], y, noise=Noise("additive", noise))
    assert multiplied.mi_xt is not None
    assert added.mi_xt is not None
    assert multiplied.mi_xt[0] == pytest.approx(added.mi_xt[0], abs=1e-3)
    with pytest.raises(ValueError, match="not negative"):
        estimate(u, u[None], y, noise=Noise("lognormal", noise))


def test_information_about_the_label_is_that_of_the_noisy_layer():
    """Two classes at -1 and +1 in noise of standard deviation 1: I(Z;Y) by numerical integration."""
    y = torch.arange(4000) % 2
    t = (2.0 * y - 1)[None, :, None]
    z = np.linspace(-12, 12, 200_001)
    density = [np.exp(-((z - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (-1, 1)]
    mixture = (density[0] + density[1]) / 2
    h_z = -np.trapezoid(mixture * np.log(mixture + 1e-300), z)
    truth = h_z - 0.5 * math.log(2 * math.pi * math.e)
    info = estimate(t[0], t, y, noise=Noise("additive", torch.tensor(1.0)))
    assert info.mi_ty is not None
    assert info.mi_ty[0] == pytest.approx(truth, abs=0.03)
    # x takes two values here, so that I(X;Z) and I(Z;Y) are the same information.
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(truth, abs=0.03)


def test_units_that_are_exactly_zero_are_a_density_all_the_same():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1000, 3, generator=generator)
    info = estimate(x, torch.relu(x)[None], (x[:, 0] > 0).long(), noise=gaussian(0.2))
    assert info.mi_ty is not None
    # The label is whether the first unit is zero.
    assert info.mi_ty[0] == pytest.approx(math.log(2), abs=0.02)


def test_fewer_centres_lower_the_ceiling():
    x, t, y = channel(500, 1, 0)
    few, all_ = estimate(x, t, y, noise=gaussian(0.4), centres=50), estimate(x, t, y, noise=gaussian(0.4))
    assert few.ceiling_xt is not None
    assert all_.ceiling_xt is not None
    assert few.ceiling_xt[0] == pytest.approx(math.log(50), abs=0.03)
    assert all_.ceiling_xt[0] == pytest.approx(math.log(500))
    assert few.mi_xt is not None
    assert few.mi_xt[0] == pytest.approx(TRUTH[0.4], abs=0.3)


def test_without_noise_nothing_is_said():
    info = estimate(*channel(100, 2, 0), noise=None)
    assert info.mi_xt is None
    assert info.mi_ty is None
    assert info.flag == [NO_NOISE]


def mixed_alpha(n: int, units: int) -> torch.Tensor:
    """Information dropout's noise, which depends on x: weak or strong, each in half of the samples and units."""
    return torch.where(torch.rand(1, n, units, generator=torch.Generator().manual_seed(1)) < 0.5, 0.05, 0.7)


def test_log_normal_noise_on_zeros_is_zero_whatever_its_size():
    zeros = torch.zeros(1, 3000, 4)
    info = estimate(zeros[0], zeros, torch.arange(3000) % 2, noise=Noise("lognormal", mixed_alpha(3000, 4)))
    assert info.mi_xt is not None
    assert info.mi_xt_high is not None
    assert info.mi_xt[0] == pytest.approx(0, abs=1e-6)
    assert info.mi_xt_high[0] == pytest.approx(0, abs=0.01)


def test_log_normal_noise_on_a_relu_that_is_zero_in_half_of_the_samples():
    """Whether it is zero, and, where it is not, t and alpha through ln z, by numerical integration."""
    n = 4000
    t = torch.randn(n, 1, generator=torch.Generator().manual_seed(0)).relu()[None]
    info = estimate(t[0], t, torch.arange(n) % 2, noise=Noise("lognormal", mixed_alpha(n, 1)))
    shares = torch.arange(0.5, 2000, dtype=torch.float64) / 2000
    log_t = torch.special.ndtri((1 + shares) / 2).log().numpy()
    z = np.linspace(-14, 6, 8001)
    density = sum(
        np.exp(-0.5 * ((z[:, None] - log_t) / alpha) ** 2).mean(1) / (2 * alpha * math.sqrt(2 * math.pi))
        for alpha in (0.05, 0.7)
    )
    h_z = -np.trapezoid(density * np.log(density + 1e-300), z)
    h_z_given_x = 0.5 * math.log(2 * math.pi * math.e) + 0.5 * (math.log(0.05) + math.log(0.7))
    truth = math.log(2) + (h_z - h_z_given_x) / 2
    assert info.mi_xt is not None
    assert info.mi_xt_low is not None
    assert info.mi_xt_high is not None
    assert info.mi_xt_low[0] <= truth <= info.mi_xt_high[0]
    assert info.mi_xt[0] == pytest.approx(truth, abs=0.08)


@pytest.mark.parametrize("kind", ["gaussian", "lognormal"])
@pytest.mark.parametrize("relu", [False, True])
def test_the_scale_of_activations_changes_nothing(kind: Literal["gaussian", "lognormal"], relu: bool):
    generator = torch.Generator().manual_seed(0)
    t = torch.randn(300, 3, generator=generator).relu() if relu else torch.rand(300, 3, generator=generator) + 0.2
    y = (t[:, 0] > 0.7).long()
    values = [
        estimate(t, (t * scale)[None], y, noise=Noise(kind, torch.tensor(0.3)), inputs="all").mi_xt[0]
        for scale in (1.0, 1e-6, 1e-3, 1e3, 1e6)
    ]
    assert values == pytest.approx([values[0]] * 5, abs=0.02)


def test_each_axis_keeps_its_own_flag():
    t = torch.randn(1, 300, 20, generator=torch.Generator().manual_seed(5))
    info = estimate(t[0], t, torch.zeros(300).long(), noise=Noise("additive", torch.tensor(0.05)), inputs="population")
    assert info.flag_xt[0]
    assert not info.flag_ty[0]
