"""Training a GAN on points of the plane, with information in the generator's loss.

    generator: E softplus(-D(g)) - weight * I(g + N; z)    or    ... I(g + N; c),    g = G(z, c)
    discriminator: E softplus(-D(x)) + E softplus(D(g))

z is uniform noise and c a label. G has no noise of its own, so that I(g; z) is infinite: N, Gaussian of a known size,
makes it a number, which says how far apart the generator keeps different z, and which nothing but G decides.

References: Goodfellow et al. (2014), Generative adversarial nets, NeurIPS, arXiv:1406.2661, with the loss of section 3
that does not saturate. Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062; section
5.1.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from infoplane.learning.gan.modes import Coverage, coverage
from infoplane.learning.gan.points import Modes
from infoplane.learning.networks import information_of, perceptron
from infoplane.objectives.information import Norms, backward
from infoplane.settings.objectives import Gan, Information

BETAS = (0.5, 0.999)
"""Of Adam."""
JUDGED = 2500
"""Generated points on which coverage is judged, as in VEEGAN."""


class Row(NamedTuple):
    """A look at a training.

    Attributes:
        step: 0 before training.
        loss_generator, loss_discriminator: of the last minibatch; None before training.
        information: the critic's bound on the last minibatch, nats; None without information in the loss.
        scale: how far information's gradient was scaled down at the generator; likewise.
        divergence, high_quality, modes: see `coverage`.
    """

    step: int
    loss_generator: float | None
    loss_discriminator: float | None
    information: float | None
    scale: float | None
    divergence: float
    high_quality: float
    modes: int


class Codes(NamedTuple):
    """What a generator makes points of.

    Attributes:
        z: uniform on (-1, 1), shape (n, noise).
        c: labels, one-hot, shape (n, labels).
    """

    z: Tensor
    c: Tensor


class GanTraining:
    """One generator, its discriminator and its critic of information.

    Args:
        settings, information: of params.yaml.
        weight: of information in the generator's loss; 0: none, and no critic.
        modes: of the data.
        points: the data, shape (n, 2).
        seed: of weights and of everything that is drawn.
    """

    def __init__(self, settings: Gan, information: Information, weight: float, modes: Modes, points: Tensor, seed: int):
        torch.manual_seed(seed)
        self.settings, self.clip, self.weight = settings, information.clip, weight
        self.modes, self.points = modes, points
        self.generator = torch.Generator().manual_seed(seed)
        g = settings
        self.networks = nn.ModuleDict(
            {
                "generator": perceptron(g.noise + g.labels, g.generator, 2, batch_norm=g.batch_norm),
                "discriminator": perceptron(2, g.discriminator, 1),
            }
        )
        rates = {"generator": g.lr, "discriminator": g.lr_discriminator}
        if weight:
            i = information
            about = g.noise if g.of == "noise" else g.labels
            self.networks["information"] = information_of(2, about, i.bound, i.critic, i.widths, i.hidden_noise)
            rates["information"] = i.lr
        self.networks.to(points.device)
        self.optimizers = {
            name: torch.optim.Adam(self.networks[name].parameters(), rate, betas=BETAS) for name, rate in rates.items()
        }

    def codes(self, n: int) -> Codes:
        """Draw what n points are made of."""
        z = 2 * torch.rand(n, self.settings.noise, generator=self.generator) - 1
        c = torch.randint(self.settings.labels, (n,), generator=self.generator)
        device = self.points.device
        return Codes(z.to(device), functional.one_hot(c, self.settings.labels).float().to(device))

    def generate(self, codes: Codes) -> Tensor:
        """The points that these codes become, shape (n, 2)."""
        return self.networks["generator"](torch.cat(codes, 1))

    def with_noise(self, points: Tensor) -> Tensor:
        """Points with the noise N, of which information is taken."""
        noise = torch.randn(points.shape, generator=self.generator).to(points.device)
        return points + self.settings.output_noise * noise

    def steps(self, done: int) -> Iterator[Row]:
        """Train from the step after `done` on, and look now and then, at the last step among others.

        Raises:
            FloatingPointError: a loss or a gradient is not finite; names the step.
        """
        looks = {round(self.settings.steps * (k + 1) / self.settings.looks) for k in range(self.settings.looks)}
        if not done:
            yield Row(0, None, None, None, None, *self._coverage())
        for step in range(done + 1, self.settings.steps + 1):
            try:
                loss_discriminator = self._train_discriminator()
                loss_generator, information, norms = self._train_generator()
                losses = torch.stack([loss_generator, loss_discriminator])
                if step % 100 == 0 and not bool(torch.isfinite(losses).all()):
                    raise FloatingPointError("a loss is not finite")
            except FloatingPointError as error:
                raise FloatingPointError(f"step {step}: {error}") from error
            if step in looks:
                found = None if information is None else float(information.detach())
                scale = None if norms is None else norms.scale
                yield Row(step, float(losses[0]), float(losses[1]), found, scale, *self._coverage())

    def _train_discriminator(self) -> Tensor:
        batch = self.settings.batch_size
        real = self.points[torch.randint(len(self.points), (batch,), generator=self.generator)]
        with torch.no_grad():
            made = self.generate(self.codes(batch))
        discriminator, optimizer = self.networks["discriminator"], self.optimizers["discriminator"]
        loss = functional.softplus(-discriminator(real)).mean() + functional.softplus(discriminator(made)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    def _train_generator(self) -> tuple[Tensor, Tensor | None, Norms | None]:
        codes = self.codes(self.settings.batch_size)
        made = self.generate(codes)
        loss = functional.softplus(-self.networks["discriminator"](made)).mean()
        generator = self.optimizers["generator"]
        generator.zero_grad()
        if not self.weight:
            loss.backward()
            generator.step()
            return loss.detach(), None, None
        critic, optimizer = self.networks["information"], self.optimizers["information"]
        optimizer.zero_grad()
        information = critic(self.with_noise(made), codes.z if self.settings.of == "noise" else codes.c)
        parameters = self.networks["generator"].parameters()
        norms = backward(loss, information, parameters, critic, weight=-self.weight, clip=self.clip)
        generator.step()
        optimizer.step()
        return loss.detach(), information.detach(), norms

    @torch.no_grad()
    def _coverage(self) -> Coverage:
        """Of points that are drawn beside the training's own randomness."""
        state = self.generator.get_state()
        self.generator.manual_seed(JUDGED)
        self.networks.eval()
        found = coverage(self.generate(self.codes(JUDGED)), self.modes)
        self.networks.train()
        self.generator.set_state(state)
        return found
