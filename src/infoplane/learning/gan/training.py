"""Training a GAN, with information in the generator's loss.

    generator: E softplus(-D(g)) - weight * I(g + N; z)    or    ... I(g + N; c),    g = G(z, c)
    discriminator: E softplus(-D(x)) + E softplus(D(g))

z is uniform noise and c a label. G has no noise of its own, so that I(g; z) is infinite: N, Gaussian of a known size,
makes it a number, which says how far apart the generator keeps different z, and which nothing but G decides. Where the
data have noise of this size, the discriminator sees g + N.

References: Goodfellow et al. (2014), Generative adversarial nets, NeurIPS, arXiv:1406.2661, with the loss of section 3
that does not saturate. Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062; section
5.1.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from infoplane.learning.gan.modes import Judged, coverage
from infoplane.learning.gan.networks import coarse, generator_and_discriminator
from infoplane.learning.gan.targets import Target
from infoplane.learning.networks import BETAS, information_of
from infoplane.learning.runs import Step
from infoplane.objectives.information import backward
from infoplane.settings.objectives import Gan, Information, StackedMnist

JUDGED = 2500
"""Generated samples on which coverage is judged in training, as in VEEGAN, and which are kept after it."""
AT_ONCE = 1000


class Codes(NamedTuple):
    """What a generator makes samples of.

    Attributes:
        z: uniform on (-1, 1), shape (n, noise).
        c: labels, one-hot, shape (n, labels).
    """

    z: Tensor
    c: Tensor


class GanTraining:
    """One generator, its discriminator and its critic of information (`runs.Training`).

    Args:
        settings, information: of params.yaml.
        weight: of information in the generator's loss; 0: none, and no critic.
        target: what it shall make.
        device: of its networks and of the target.
        seed: of weights and of everything that is drawn.
    """

    def __init__(
        self,
        settings: Gan | StackedMnist,
        information: Information,
        weight: float,
        target: Target,
        device: torch.device,
        seed: int,
    ):
        torch.manual_seed(seed)
        self.settings, self.clip, self.weight = settings, information.clip, weight
        self.target, self.device = target, device
        self.generator = torch.Generator().manual_seed(seed)
        g = settings
        generator, discriminator = generator_and_discriminator(g, g.noise + g.labels, target.shape)
        self.networks = nn.ModuleDict({"generator": generator, "discriminator": discriminator})
        rates = {"generator": g.lr, "discriminator": g.lr_discriminator}
        if weight:
            i, d = information, coarse(torch.zeros(1, *target.shape)).shape[1]
            about = g.noise if g.of == "noise" else g.labels
            self.networks["information"] = information_of(d, about, i.bound, i.critic, i.widths, i.hidden_noise)
            rates["information"] = i.lr
        self.networks.to(device)
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(self.networks[name].parameters(), rate, betas=BETAS) for name, rate in rates.items()
        }

    def codes(self, n: int) -> Codes:
        """Draw what n samples are made of."""
        z = 2 * torch.rand(n, self.settings.noise, generator=self.generator) - 1
        c = torch.randint(self.settings.labels, (n,), generator=self.generator)
        return Codes(z.to(self.device), functional.one_hot(c, self.settings.labels).float().to(self.device))

    def generate(self, codes: Codes) -> Tensor:
        """The samples that these codes become, shape (n, ...)."""
        return self.networks["generator"](torch.cat(codes, 1))

    def with_noise(self, samples: Tensor) -> Tensor:
        """Samples with the noise N, of which information is taken."""
        noise = torch.randn(samples.shape, generator=self.generator).to(self.device)
        return samples + self.settings.output_noise * noise

    def step(self) -> Step:
        """Train discriminator, generator and critic for a step.

        Raises:
            FloatingPointError: a gradient is not finite.
        """
        return self._train_generator(self._train_discriminator())

    def look(self) -> dict[str, Any]:
        """Coverage of the same codes each time."""
        self.generator.manual_seed(JUDGED)
        return coverage(self._generated(JUDGED)[2], self.target.m)._asdict()

    def made(self) -> dict[str, Tensor]:
        """`mode` and `good` of the samples that are judged, and of as many as are kept z, c and the samples."""
        codes, samples, judged = self._generated(self.target.judged)
        kept = {"z": codes.z[:JUDGED], "c": codes.c[:JUDGED], "made": samples}
        return kept | judged._asdict()

    def _generated(self, n: int) -> tuple[Codes, Tensor, Judged]:
        """n codes, the first samples that are made of them, and all samples judged."""
        codes = self.codes(n)
        samples, judged, count = [], [], 0
        for z, c in zip(*(each.split(AT_ONCE) for each in codes), strict=True):
            some = self.generate(Codes(z, c))
            judged.append(self.target.judge(some))
            samples.append(some[: max(JUDGED - count, 0)])
            count += len(some)
        return codes, torch.cat(samples), Judged(*(torch.cat(each) for each in zip(*judged, strict=True)))

    def _seen(self, made: Tensor) -> Tensor:
        return self.with_noise(made) if self.target.has_noise else made

    def _train_discriminator(self) -> Tensor:
        real = self.target.draw(self.settings.batch_size, self.generator)
        with torch.no_grad():
            made = self._seen(self.generate(self.codes(self.settings.batch_size)))
        discriminator, optimizer = self.networks["discriminator"], self.optimizers["discriminator"]
        loss = functional.softplus(-discriminator(real)).mean() + functional.softplus(discriminator(made)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    def _train_generator(self, loss_discriminator: Tensor) -> Step:
        codes = self.codes(self.settings.batch_size)
        made = self.generate(codes)
        loss = functional.softplus(-self.networks["discriminator"](self._seen(made))).mean()
        generator = self.optimizers["generator"]
        generator.zero_grad()
        if not self.weight:
            loss.backward()
            generator.step()
            return Step(loss.detach(), loss_discriminator, None, None)
        critic, optimizer = self.networks["information"], self.optimizers["information"]
        optimizer.zero_grad()
        information = critic(coarse(self.with_noise(made)), codes.z if self.settings.of == "noise" else codes.c)
        parameters = self.networks["generator"].parameters()
        norms = backward(loss, information, parameters, critic, weight=-self.weight, clip=self.clip)
        generator.step()
        optimizer.step()
        return Step(loss.detach(), loss_discriminator, information.detach(), norms.scale)
