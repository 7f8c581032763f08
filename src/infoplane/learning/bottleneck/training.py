"""Training an encoder z = mean(x) + std(x) eps and a linear reader of z, with the loss

    cross-entropy + weight * I(x; z)

By `vib`, I(x; z) is the upper bound by a standard normal. By `mine`, it is a game: a critic of (x, z) raises a lower
bound, which the encoder lowers, so that each has an optimiser of its own and neither's sign is the other's. The critic
has several steps for each of the encoder's, since a critic that lags behind sees less than there is.

References: Alemi et al. (2017), Deep variational information bottleneck, ICLR, arXiv:1612.00410; section 4.1, for the
encoder and the mean over 12 draws of z. Belghazi et al. (2018), Mutual information neural estimation, ICML,
arXiv:1801.04062; section 5.3.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from infoplane.learning.networks import BETAS, information_of
from infoplane.objectives.gaussian_encoder import variational
from infoplane.objectives.information import backward
from infoplane.settings.objectives import Bottleneck, Information

NARROW = -1.0
"""Added before softplus, so that z begins with little noise."""
LEAST_STD = 1e-3


class Encoder(nn.Module):
    """p(z|x) = N(mean(x), diag(std(x)^2)), and logits that are linear in z."""

    def __init__(self, d_x: int, widths: list[int], units: int, classes: int):
        super().__init__()
        layers: list[nn.Module] = []
        for width in widths:
            layers += [nn.Linear(d_x, width), nn.ReLU()]
            d_x = width
        self.body, self.head = nn.Sequential(*layers, nn.Linear(d_x, 2 * units)), nn.Linear(units, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mean and std of z, shape (n, units) each."""
        mean, raw = self.body(x.flatten(1)).chunk(2, 1)
        return mean, functional.softplus(raw + NARROW) + LEAST_STD


class Score(NamedTuple):
    """After an epoch.

    Attributes:
        cross_entropy: on the training minibatches of the epoch, nats; None before training.
        information: the bound of the loss on the same, nats; likewise.
        train_error, test_error: share that the mean prediction over draws of z gets wrong.
    """

    cross_entropy: float | None
    information: float | None
    train_error: float
    test_error: float


class BottleneckTraining:
    """One encoder, and with the bound `mine` its critic.

    Args:
        settings, information: of params.yaml.
        weight: of I(x; z) in the loss.
        train, test: x of shape (n, ...) and y of shape (n,) each.
        seed: of weights and of everything that is drawn.
    """

    def __init__(
        self,
        settings: Bottleneck,
        information: Information,
        weight: float,
        train: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor],
        seed: int,
    ):
        torch.manual_seed(seed)
        self.settings, self.clip, self.weight, self.train, self.test = settings, information.clip, weight, train, test
        self.generator = torch.Generator().manual_seed(seed)
        d_x, classes = train[0][0].numel(), int(train[1].max()) + 1
        self.encoder = Encoder(d_x, settings.widths, settings.units, classes).to(train[0].device)
        self.networks: dict[str, nn.Module] = {"encoder": self.encoder}
        self.optimizers = {"encoder": torch.optim.Adam(self.encoder.parameters(), settings.lr, betas=BETAS)}
        if settings.bound == "mine":
            i = information
            self.critic = information_of(d_x, settings.units, i.bound, i.critic, i.widths, i.hidden_noise)
            self.networks["information"] = self.critic.to(train[0].device)
            self.optimizers["information"] = torch.optim.Adam(self.critic.parameters(), i.lr, betas=BETAS)

    def epoch(self) -> Score:
        """Train for an epoch.

        Raises:
            FloatingPointError: a loss or a gradient is not finite.
        """
        self.encoder.train()
        (x, y), sums, count = self.train, torch.zeros(2), 0
        order = torch.randperm(len(y), generator=self.generator).to(y.device)
        for rows in order.split(self.settings.batch_size):
            if len(rows) < 2:
                continue
            if self.settings.bound == "mine":
                self._train_critic_alone(x)
            mean, std = self.encoder(x[rows])
            z = mean + std * self._noise(mean)
            loss = functional.cross_entropy(self.encoder.head(z), y[rows])
            for optimizer in self.optimizers.values():
                optimizer.zero_grad()
            if self.settings.bound == "mine":
                information = self.critic(x[rows].flatten(1), z)
                parameters = self.encoder.parameters()
                backward(loss, information, parameters, self.critic, weight=self.weight, clip=self.clip)
            else:
                information = variational(mean, std)
                (loss + self.weight * information).backward()
            for optimizer in self.optimizers.values():
                optimizer.step()
            sums += torch.stack([loss.detach(), information.detach()]).cpu()
            count += 1
        if not bool(torch.isfinite(sums).all()):
            raise FloatingPointError("a loss is not finite")
        loss, information = (sums / count).tolist()
        return Score(loss, information, self._error(self.train), self._error(self.test))

    def _train_critic_alone(self, x: Tensor) -> None:
        """All of the critic's steps but the last, which it has together with the encoder."""
        for _ in range(self.settings.critic_steps - 1):
            rows = torch.randint(len(x), (self.settings.batch_size,), generator=self.generator).to(x.device)
            with torch.no_grad():
                mean, std = self.encoder(x[rows])
            self.optimizers["information"].zero_grad()
            (-self.critic(x[rows].flatten(1), mean + std * self._noise(mean))).backward()
            self.optimizers["information"].step()

    def before(self) -> Score:
        """The encoder before training."""
        return Score(None, None, self._error(self.train), self._error(self.test))

    @torch.no_grad()
    def encoded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mean and std of z of these inputs."""
        self.encoder.eval()
        return self.encoder(x)

    @torch.no_grad()
    def _error(self, split: tuple[Tensor, Tensor]) -> float:
        mean, std = self.encoded(split[0])
        p = sum(self.encoder.head(mean + std * self._noise(mean)).softmax(1) for _ in range(self.settings.draws))
        assert isinstance(p, Tensor)
        return float((p.argmax(1) != split[1]).double().mean())

    def _noise(self, mean: Tensor) -> Tensor:
        return torch.randn(mean.shape, generator=self.generator).to(mean.device)
