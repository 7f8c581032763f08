"""The noise of networks: what is recorded of it is what training samples from."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from infoplane.estimators import dropout as dropout_mi
from infoplane.information import Noise
from infoplane.models.cnn import Cnn
from infoplane.models.mlp import Mlp
from infoplane.models.parts.layers import noise_of
from infoplane.models.parts.noise import Dropout, InformationDropout
from infoplane.settings.sections import Train
from infoplane.training.loop import Tensors, train
from infoplane.training.recording import Recorder

GAUSSIAN = Dropout(kind="gaussian", std=0.3, layers="all")
ADDITIVE = Dropout(kind="additive", std=0.2, layers="all")
LOG_UNIFORM = Dropout(kind="information", prior="log_uniform", beta=0.1, largest_alpha=0.7)
LOG_NORMAL = Dropout(kind="information", prior="log_normal", beta=0.1, largest_alpha=0.7)


def network(dropout: Dropout) -> Mlp:
    torch.manual_seed(0)
    return Mlp((3,), 3, widths=[6, 4], activation="softplus", dropout=dropout)


@pytest.mark.parametrize("dropout", [GAUSSIAN, ADDITIVE, LOG_UNIFORM, LOG_NORMAL], ids=lambda each: each.kind)
def test_recorded_noise_has_the_moments_of_training(dropout: Dropout):
    """Mean and variance of z over many passes of the same inputs, against those of the channel that is stored."""
    model, x = network(dropout), torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    recorded = Recorder(model, ["hidden2"], pre_activation=False).record(x)["hidden2"]
    if dropout.layers == "all":
        # only the noise of the layer itself is what its T meets
        model.get_submodule("hidden1").eval()
        frozen = model.get_submodule("hidden1")(x).detach()
    else:
        frozen = model.get_submodule("hidden1")(x).detach()
    block = model.get_submodule("hidden2").train()
    with torch.no_grad():
        # 20 passes of a thousand copies: noise differs from pass to pass and from sample to sample
        z = torch.cat([block(frozen.repeat(1000, 1)).unflatten(0, (1000, 4)) for _ in range(20)]).numpy()
    assert recorded.noise_std is not None
    t, std = recorded.t, np.broadcast_to(recorded.noise_std, recorded.t.shape)
    mean, variance = {
        "gaussian": (t, (t * std) ** 2),
        "additive": (t, std**2),
        "lognormal": (t * np.exp(std**2 / 2), t**2 * np.exp(std**2) * np.expm1(std**2)),
    }[str(recorded.noise_kind)]
    np.testing.assert_allclose(z.mean(0), mean, atol=5 * np.sqrt(variance.max() / 20_000))
    np.testing.assert_allclose(z.var(0), np.broadcast_to(variance, t.shape), rtol=0.15)


def test_noise_on_all_hidden_layers():
    model = network(ADDITIVE)
    assert [bool(noise_of(model.get_submodule(name))) for name in model.layers] == [True, True, False]


def test_standard_dropout_leaves_out_units_and_keeps_the_mean():
    model = network(Dropout(kind="standard", rate=0.25))
    block, t = model.get_submodule("hidden2").train(), torch.ones(50_000, 6)
    with torch.no_grad():
        z = block(t)
        assert (z == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
        assert z.mean().item() == pytest.approx(block.eval()(t).mean().item(), rel=0.02)
    # its channel has no density, so estimators are told of none
    assert noise_of(block) is None


@pytest.mark.parametrize("kind", ["log_normal", "log_uniform"])
def test_the_divergence_is_that_of_monte_carlo(kind):
    noise = InformationDropout(kind, 1.0, 0.7)
    noise.connect(nn.Linear(3, 2))
    if noise.mean is not None and noise.log_std is not None:
        noise.mean.data.fill_(0.3)
        noise.log_std.data.fill_(-0.4)
    generator = torch.Generator().manual_seed(0)
    x, t = torch.randn(1, 3, generator=generator), torch.rand(1, 2, generator=generator) + 0.5
    with torch.no_grad():
        noise.train()(t, x)
        alpha = noise.alpha
        log_z = t.log() + alpha * torch.randn(400_000, 2, generator=generator)
        own = -((log_z - t.log()) ** 2) / (2 * alpha**2) - alpha.log() - math.log(2 * math.pi) / 2
        if kind == "log_normal":
            other = -((log_z - 0.3) ** 2) / (2 * math.exp(-0.8)) + 0.4 - math.log(2 * math.pi) / 2
            expected = float((own - other).sum(1).mean())
        else:
            # a uniform density of ln z has no size: only differences between alphas mean anything
            expected = float((own + math.log(0.7) + (math.log(2 * math.pi) + 1) / 2).sum(1).mean())
    assert float(noise.divergence) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("section", [LOG_UNIFORM, LOG_NORMAL], ids=lambda each: str(each.prior))
def test_more_beta_is_less_information(section: Dropout):
    x = torch.randn(256, 3, generator=torch.Generator().manual_seed(2))
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    settings = Train(
        epochs=8, batch_size=32, optimizer="adam", lr=0.01, momentum=0.9, weight_decay=0.0, schedule="constant"
    )
    found = {}
    for beta in (0.001, 3.0):
        model = network(section.model_copy(update={"beta": beta}))
        *_, last = train(model, Tensors(x, y), Tensors(x, y), settings)
        assert last.train.divergence is not None
        t, kind, std = Recorder(model, ["hidden2"], pre_activation=False).record(x)["hidden2"]
        assert std is not None
        assert std.shape == t.shape
        noise = Noise(kind or "lognormal", torch.from_numpy(std)[None])
        info = dropout_mi.estimate(x, torch.from_numpy(t)[None], y, noise=noise)
        assert info.mi_xt is not None
        found[beta] = (last.train.divergence, info.mi_xt[0])
    assert found[3.0][0] < found[0.001][0]
    assert found[3.0][1] < found[0.001][1] - 0.3


def test_information_dropout_is_for_fully_connected_layers_and_convolutions():
    with pytest.raises(ValueError, match="fully connected layers and convolutions"):
        InformationDropout("log_normal", 1.0, 0.7).connect(nn.Embedding(3, 4))


@pytest.mark.parametrize("section", [LOG_UNIFORM, LOG_NORMAL], ids=lambda each: str(each.prior))
@pytest.mark.parametrize("pool", [1, 2])
def test_information_dropout_of_a_convolution_has_an_alpha_for_each_unit(section: Dropout, pool: int):
    model = Cnn(
        (1, 6, 6), 3, channels=[2], kernel=3, pools=[pool], hidden=4, activation="softplus",
        dropout=section.model_copy(update={"layers": ["conv1"]}),
    )  # fmt: skip
    x = torch.randn(5, 1, 6, 6)
    recorded = Recorder(model, ["conv1"], pre_activation=False).record(x)["conv1"]
    assert recorded.noise_kind == "lognormal"
    assert recorded.noise_std is not None
    assert recorded.noise_std.shape == recorded.t.shape == (5, 2, 4 // pool, 4 // pool)
    noise = model.conv1.noise  # pyright: ignore
    logits = noise.to_alpha(x)
    window = logits.unfold(2, pool, pool).unfold(3, pool, pool).mean((4, 5))
    np.testing.assert_allclose(recorded.noise_std, 0.7 * torch.sigmoid(window).detach(), rtol=1e-5)
    model.train()(x)
    alpha, t = noise.alpha.detach(), torch.from_numpy(recorded.t)
    of_each = sum(noise._divergence(t[i : i + 1].flatten(1), alpha[i : i + 1].flatten(1)).item() for i in range(5)) / 5
    assert noise.divergence.item() == pytest.approx(of_each, rel=1e-5)
    noise.penalty().backward()
    assert noise.to_alpha.weight.grad.abs().max() > 0


def test_a_network_without_information_dropout_has_no_divergence():
    x, y = torch.randn(8, 3), torch.arange(8) % 3
    settings = Train(
        epochs=1, batch_size=8, optimizer="sgd", lr=0.01, momentum=0.0, weight_decay=0.0, schedule="constant"
    )
    for epoch in train(network(GAUSSIAN), Tensors(x, y), Tensors(x, y), settings):
        assert epoch.train.divergence is None


@pytest.mark.parametrize(
    ("std", "stored"),
    [((), (1, 1, 1, 1)), ((3, 1, 1), (1, 3, 4, 4)), ((1, 3, 4, 4), (1, 3, 4, 4)), (None, (1500, 3, 4, 4))],
    ids=["scalar", "per channel", "per unit", "per sample"],
)
def test_noise_of_a_layer_of_ones_own_broadcasts_against_its_units(
    std: tuple[int, ...] | None, stored: tuple[int, ...]
):
    class Noisy(nn.Module):
        layers = ("body",)

        def __init__(self):
            super().__init__()
            self.body = Body()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.body(x).mean((2, 3))

    class Body(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.std = x.abs() if std is None else torch.arange(math.prod(std)).reshape(std) + 1.0
            return x

        def channel(self) -> Noise:
            return Noise("additive", self.std)

    network, x = Noisy(), torch.randn(1500, 3, 4, 4)
    body = Recorder(network, "all", pre_activation=False).record(x)["body"]  # pyright: ignore
    assert body.noise_std is not None
    assert body.noise_std.shape == stored
    np.testing.assert_array_equal(
        np.broadcast_to(body.noise_std, x.shape), (x.abs() if std is None else network.body.std.expand(x.shape)).numpy()
    )
