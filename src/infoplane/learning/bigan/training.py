"""Training a bidirectional GAN: a generator, an encoder, and a discriminator of pairs of a sample and a code.

    generator and encoder: E softplus(D(x, E(x))) + E softplus(-D(G(z), z)) - weight * I(x; E(x) + N)
    discriminator: E softplus(-D(x, E(x))) + E softplus(D(G(z), z))

z is standard normal. Where the discriminator can no longer tell pairs apart, E and G are each other's inverse; long
before, information keeps codes of different samples apart. E has no noise of its own: N, Gaussian, makes its
information a number. N is in proportion to the codes, which would grow without an end otherwise.

References: Donahue et al. (2017), Adversarial feature learning, ICLR, arXiv:1605.09782. Dumoulin et al. (2017),
Adversarially learned inference, ICLR, arXiv:1606.00704. Belghazi et al. (2018), Mutual information neural estimation,
ICML, arXiv:1801.04062; section 5.2.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from infoplane.learning.bigan.held_out import HeldOut
from infoplane.learning.gan.modes import coverage
from infoplane.learning.gan.targets import Target
from infoplane.learning.networks import BETAS, information_of, perceptron, with_unit_std
from infoplane.learning.runs import Step
from infoplane.objectives.information import backward
from infoplane.settings.objectives import Bigan, Information

JUDGED = 2500
"""Generated samples on which coverage is judged."""


class BiganTraining:
    """One generator and encoder, their discriminator and their critic of information (`runs.Training`).

    Args:
        settings, information: of params.yaml.
        weight: of information in the encoder's loss; 0: none, and no critic.
        target: the data.
        held_out: samples that are not among them.
        device: of the networks, of the target and of what is held out.
        seed: of weights and of everything that is drawn.
    """

    def __init__(
        self,
        settings: Bigan,
        information: Information,
        weight: float,
        target: Target,
        held_out: HeldOut,
        device: torch.device,
        seed: int,
    ):
        torch.manual_seed(seed)
        self.settings, self.clip, self.weight = settings, information.clip, weight
        self.target, self.held_out, self.device = target, held_out, device
        self.generator = torch.Generator().manual_seed(seed)
        b, d, is_picture = settings, math.prod(target.shape), len(target.shape) > 1
        generator = perceptron(b.units, b.generator, d, batch_norm=b.batch_norm)
        self.networks = nn.ModuleDict(
            {
                # pixels are from -1 to 1
                "generator": nn.Sequential(generator, nn.Tanh()) if is_picture else generator,
                "encoder": perceptron(d, b.encoder, b.units, batch_norm=b.batch_norm),
                "discriminator": perceptron(d + b.units, b.discriminator, 1),
            }
        )
        trained: dict[str, tuple[list[nn.Parameter], float]] = {
            "generator": ([*self.networks["generator"].parameters(), *self.networks["encoder"].parameters()], b.lr),
            "discriminator": ([*self.networks["discriminator"].parameters()], b.lr_discriminator),
        }
        if weight:
            i = information
            self.networks["information"] = information_of(d, b.units, i.bound, i.critic, i.widths, i.hidden_noise)
            trained["information"] = [*self.networks["information"].parameters()], i.lr
        self.networks.to(device)
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(parameters, rate, betas=BETAS) for name, (parameters, rate) in trained.items()
        }

    def step(self) -> Step:
        """Train discriminator, generator, encoder and critic for a step.

        Raises:
            FloatingPointError: a gradient is not finite.
        """
        loss_discriminator = self._train_discriminator()
        x, z = self._drawn()
        generator, encoder = (self.networks[name] for name in ("generator", "encoder"))
        code, made = encoder(x), generator(z)
        loss = (functional.softplus(self._pairs(x, code)) + functional.softplus(-self._pairs(made, z))).mean()
        for name in ("generator", "information"):
            if name in self.optimizers:
                self.optimizers[name].zero_grad()
        if not self.weight:
            loss.backward()
            self.optimizers["generator"].step()
            return Step(loss.detach(), loss_discriminator, None, None)
        critic = self.networks["information"]
        information = critic(x, with_unit_std(code) + self.settings.code_noise * self._normal(*code.shape))
        # information is of the encoder alone, and shall not drown what the discriminator tells the encoder
        loss.backward(retain_graph=True, inputs=list(generator.parameters()))
        norms = backward(loss, information, encoder.parameters(), critic, weight=-self.weight, clip=self.clip)
        self.optimizers["generator"].step()
        self.optimizers["information"].step()
        return Step(loss.detach(), loss_discriminator, information.detach(), norms.scale)

    def look(self) -> dict[str, Any]:
        """Coverage of the same codes each time, and how well samples that are held out are reconstructed."""
        self.generator.manual_seed(JUDGED)
        judged = self.target.judge(self.networks["generator"](self._normal(JUDGED, self.settings.units)))
        _, reconstructed = self._through()
        error = self.held_out.error(reconstructed)
        return {"reconstruction": error, **coverage(judged, self.target.m)._asdict()}

    def made(self) -> dict[str, Tensor]:
        """What was generated, with `mode` and `good`; what is held out, its codes, reconstructions and their modes."""
        samples = self.networks["generator"](self._normal(JUDGED, self.settings.units))
        code, reconstructed = self._through()
        seen = self.target.judge(reconstructed).mode
        of_held_out = {
            "x": self.held_out.x.clone(),
            "code": code,
            "reconstructed": reconstructed,
            "reconstructed_mode": seen,
        }
        return {"made": samples, **of_held_out, **self.target.judge(samples)._asdict()}

    def _through(self) -> tuple[Tensor, Tensor]:
        code = self.networks["encoder"](self.held_out.x)
        return code, self.networks["generator"](code)

    def _drawn(self) -> tuple[Tensor, Tensor]:
        x = self.target.draw(self.settings.batch_size, self.generator).flatten(1)
        return x, self._normal(len(x), self.settings.units)

    def _normal(self, n: int, d: int) -> Tensor:
        return torch.randn(n, d, generator=self.generator).to(self.device)

    def _pairs(self, x: Tensor, z: Tensor) -> Tensor:
        return self.networks["discriminator"](torch.cat([x, z], 1))

    def _train_discriminator(self) -> Tensor:
        x, z = self._drawn()
        with torch.no_grad():
            code, made = self.networks["encoder"](x), self.networks["generator"](z)
        loss = (functional.softplus(-self._pairs(x, code)) + functional.softplus(self._pairs(made, z))).mean()
        self.optimizers["discriminator"].zero_grad()
        loss.backward()
        self.optimizers["discriminator"].step()
        return loss.detach()
