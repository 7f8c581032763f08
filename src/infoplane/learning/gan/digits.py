"""Pictures of digits that a generator shall make: one, or three at random as the channels of one picture.

Three digits are 1000 modes, which a classifier of one digit tells.

References: Metz et al. (2017), Unrolled generative adversarial networks, ICLR, arXiv:1611.02163, for three stacked
digits. Srivastava et al. (2017), VEEGAN: reducing mode collapse in GANs using implicit variational learning, NeurIPS,
arXiv:1705.07761; section 4.2, for a classifier that counts modes.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from infoplane.learning.gan import classifier
from infoplane.learning.gan.modes import Judged

STACKED = 3
CLASSES = 10
SURE = 0.9
"""Probability of the likeliest digit in a picture of high quality, in each channel at least."""
AT_ONCE = 1000


class Digits:
    """Pictures with noise (`targets.Target`).

    Args:
        tensors: as `classifier.prepare` gives them, on the device of the training.
        channels: digits in a picture.
        noise_std: of the noise in its pixels, which are numbers from -1 to 1.
    """

    judged = 10_000

    def __init__(self, tensors: Mapping[str, Tensor], channels: int, noise_std: float):
        self.images, self.noise_std = tensors["images"], noise_std
        self.classifier = classifier.restored(tensors)
        self.shape, self.has_noise = (channels, *self.images.shape[1:]), noise_std > 0
        self.m = CLASSES**channels

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n pictures of random digits, shape (n, channels, h, w)."""
        rows = torch.randint(len(self.images), (n, self.shape[0]), generator=generator)
        pictures = classifier.scaled(self.images[rows.to(self.images.device)])
        if self.has_noise:
            pictures = pictures + self.noise_std * torch.randn(pictures.shape, generator=generator).to(pictures.device)
        return pictures

    @torch.no_grad()
    def judge(self, samples: Tensor) -> Judged:
        """The mode of each picture, its digits as one number, and whether the classifier is sure of all of them."""
        found = []
        for some in samples.reshape(len(samples), *self.shape).split(AT_ONCE):
            p = self.classifier(some.flatten(0, 1)[:, None]).softmax(1).unflatten(0, some.shape[:2])
            found.append(p.max(2))
        sure, digits = (torch.cat([each[place] for each in found]) for place in (0, 1))
        places = CLASSES ** torch.arange(self.shape[0], device=digits.device).flip(0)
        return Judged((digits * places).sum(1), (sure >= SURE).all(1))
