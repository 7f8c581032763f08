"""Bounds as parts of a loss: their gradients, how they are trained beside another network, and the loop of the docs."""

import math
import re

import pytest
import torch
from torch import nn

from conftest import ROOT
from infoplane.errors import UserError
from infoplane.objectives import AtAllPairs, Concat, Disturbance, MutualInformation, Separable, backward

BOUNDS = ("dv", "dv_biased", "nwj", "infonce", "js", "smile")
OWN_VALUE = ("dv_biased", "nwj", "infonce")


class ExactLogRatio(nn.Module):
    """ln p(x, z) / p(x) p(z) of z = scale x + noise of std 1, for x of variance 1."""

    def __init__(self, scale: float):
        super().__init__()
        self.scale = scale

    def forward(self, x, z):
        variance = 1 + self.scale**2
        return (math.log(variance) - (z - self.scale * x).square() + z.square() / variance).squeeze(1) / 2


class Steep(nn.Module):
    """A critic that nobody trained: values far beyond what e^f can be."""

    def forward(self, x, z):
        return 500 * (x * z).sum(1)


def channel(scale, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x, noise = torch.randn(2, n, 1, generator=generator)
    return x, scale * x + noise


@pytest.mark.parametrize("critic", [Separable, Concat])
@pytest.mark.parametrize("bound", OWN_VALUE)
def test_the_gradient_is_that_of_the_value(bound, critic):
    generator = torch.Generator().manual_seed(0)
    information = MutualInformation(critic(2, 3, hidden=(5,), generator=generator), bound).double()
    for weights in information.parameters():  # away from the start, where f is 0
        nn.init.normal_(weights, std=0.4, generator=generator)
    x, z = (torch.randn(6, d, dtype=torch.float64, generator=generator, requires_grad=True) for d in (2, 3))
    assert torch.autograd.gradcheck(information, (x, z))


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_gradient_of_an_encoder_is_the_analytic_one(bound):
    """I = ln(1 + a^2) / 2 of z = a x + noise, and dI/da = a / (1 + a^2), where the critic is right."""
    a = torch.tensor(0.8, requires_grad=True)
    x, noise = torch.randn(2, 1500, 1, generator=torch.Generator().manual_seed(0))
    information = MutualInformation(ExactLogRatio(0.8), bound)
    value = information(x, a * x + noise)
    value.backward()
    # js has half the gradient of the log-ratio where the pairs are as likely either way, and less where they are not
    if bound in ("js", "smile"):
        assert 0.1 < float(a.grad) < 0.8 / 1.64
    else:
        assert float(a.grad) == pytest.approx(0.8 / 1.64, abs=0.05)
    assert value.item() == pytest.approx(math.log(1.64) / 2, abs=0.05)


def test_the_running_mean_takes_the_bias_from_the_gradient():
    """Of small minibatches the biased gradient of the critic is off on average, the corrected one less."""
    x, z = channel(2.0, 8 * 400)
    exact = ExactLogRatio(2.0)
    offset = nn.Parameter(torch.zeros(()))

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.offset = offset

        def forward(self, x, z):
            return exact(x, z) * (1 + self.offset)

    means = {}
    for bound in ("dv", "dv_biased"):
        information = MutualInformation(Scaled(), bound)
        gradients = []
        for rows in torch.arange(len(x)).split(8):
            (gradient,) = torch.autograd.grad(information(x[rows], z[rows]), offset)
            gradients.append(float(gradient))
        means[bound] = sum(gradients[50:]) / len(gradients[50:])
    assert abs(means["dv"]) < abs(means["dv_biased"]) / 2


@pytest.mark.parametrize("bound", BOUNDS)
def test_values_and_gradients_stay_finite_where_e_to_f_is_not(bound):
    x, z = channel(1.0, 64)
    z.requires_grad_(True)
    information = MutualInformation(Steep(), bound)
    information(x, z).backward()
    assert bool(torch.isfinite(z.grad).all())


def test_a_gradient_that_is_larger_than_the_loss_s_is_scaled_at_the_same_parameters():
    encoder, critic = nn.Linear(1, 1), MutualInformation(ExactLogRatio(1.0), "dv_biased")
    x, noise = channel(0.0, 400)
    z = encoder(x) + noise
    loss = 0.01 * encoder.weight.square().sum()
    (of_loss,) = torch.autograd.grad(loss, encoder.weight, retain_graph=True)
    norms = backward(loss, critic(x, z), encoder.parameters(), critic, weight=-1.0)
    assert norms.loss == pytest.approx(float(of_loss.norm()))
    assert norms.information > norms.loss
    assert norms.scale == pytest.approx(norms.loss / norms.information)
    # the whole gradient is at most twice that of the loss
    both = torch.cat([each.grad.flatten() for each in encoder.parameters()])
    assert float((both - torch.cat([of_loss.flatten(), torch.zeros(1)])).norm()) == pytest.approx(norms.loss, rel=1e-4)


@pytest.mark.parametrize("weight", [-0.5, 0.5])
def test_the_critic_raises_what_the_encoder_lowers_or_raises(weight):
    encoder, rows = nn.Linear(1, 1), nn.Bilinear(1, 1, 1)
    nn.init.constant_(rows.weight, 0.3)
    information = MutualInformation(rows, "infonce")
    x, noise = channel(0.0, 100)
    value = information(x, x + encoder(x) + noise)
    assert float(value.detach()) > 0
    expected = torch.autograd.grad(value, [encoder.weight, rows.weight], retain_graph=True)
    backward(encoder.weight.sum() * 0, value, encoder.parameters(), information, weight=weight, clip=False)
    assert torch.allclose(encoder.weight.grad, weight * expected[0])
    assert torch.allclose(rows.weight.grad, -expected[1])


@pytest.mark.parametrize("weight", [-1.0, 1.0])
def test_an_encoder_does_not_lower_a_bound_that_is_below_zero(weight):
    encoder, information = nn.Linear(1, 1), MutualInformation(Steep(), "infonce")
    x, noise = channel(0.0, 100)
    value = information(x, noise - 2 * x + encoder(x) - encoder(x).detach())
    assert float(value.detach()) < 0
    backward(encoder.weight.sum() * 0, value, encoder.parameters(), information, weight=weight, clip=False)
    assert bool(encoder.weight.grad.any()) == (weight < 0)


def test_nothing_is_added_where_a_gradient_is_not_finite():
    encoder, information = nn.Linear(1, 1), MutualInformation(Separable(1, 1))
    x, noise = channel(0.0, 10)
    value = information(x, encoder(x) + noise)
    with pytest.raises(FloatingPointError, match="not finite"):
        backward(encoder.weight.sum() * math.inf, value, encoder.parameters(), information, weight=1.0)
    assert all(each.grad is None for each in [*encoder.parameters(), *information.parameters()])


def test_a_critic_of_one_s_own_sees_rows():
    x, z = channel(1.5, 50)
    own, wrapped = (MutualInformation(critic, "infonce") for critic in (ExactLogRatio(1.5), nn.Bilinear(1, 1, 1)))
    assert isinstance(own.critic, AtAllPairs)
    f = own.critic(x, z)
    assert float(f[3, 7]) == pytest.approx(float(ExactLogRatio(1.5)(x[3:4], z[7:8])))
    assert own(x, z).shape == wrapped(x, z).shape == ()


def test_noise_in_hidden_layers_is_there_in_training_alone():
    generator = torch.Generator().manual_seed(0)
    information = MutualInformation(Separable(1, 1, (8,), 4, Disturbance(noise_std=0.5), generator), "infonce")
    nn.init.normal_(information.critic.z[-2])
    x, z = channel(1.0, 20)
    assert float(information(x, z)) != float(information(x, z))
    information.eval()
    assert float(information(x, z)) == float(information(x, z))


def test_the_running_mean_is_part_of_the_state():
    x, z = channel(1.0, 50)
    first, second = (MutualInformation(ExactLogRatio(1.0)) for _ in range(2))
    first(x, z)
    second.load_state_dict(first.state_dict())
    assert float(second.log_mean) == float(first.log_mean) != pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: MutualInformation(nn.Identity(), "kl"), "bound = 'kl': must be one of dv"),
        (lambda: MutualInformation(Separable(1, 1))(torch.ones(3, 1), torch.ones(2, 1)), "3 of x and 2 of z"),
        (lambda: MutualInformation(Separable(1, 1))(torch.ones(1, 1), torch.ones(1, 1)), "at least two"),
    ],
)
def test_mistakes_are_one_line(call, words):
    with pytest.raises(UserError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_loop_of_the_docs_is_within_a_twentieth_of_a_nat_on_fresh_pairs():
    (loop,) = re.findall(r"```python\n(# two Gaussians.*?)```", (ROOT / "docs/objectives.md").read_text(), re.DOTALL)
    names = {}
    exec(loop, names)
    assert names["found"] == pytest.approx(-math.log(1 - 0.8**2), abs=0.05)
