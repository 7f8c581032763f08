"""What a distribution of known information is: a `Task`, which draws samples and says what the truth is."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from infoplane.information import Noise

Sampler = Callable[[int, int], tuple[Tensor, Tensor, Tensor | None]]


@dataclass(frozen=True)
class Task:
    """A distribution of (X, T, Y) with known information.

    Attributes:
        name: unique, readable.
        sample: (n, seed) -> x of shape (n, d_x), t of shape (n, d_t), float32, and y of shape (n,), int64,
            or None.
        truth_xt: I(X;T) in nats; infinite where T is a function of a continuous X; None where it is not known.
        truth_ty: I(T;Y) in nats, or None.
        source: where the truths come from.
        noise: where given, `t` is a function of x and the truths are about `t` after this noise. Estimators
            that know the noise take the task as it is; for those that see only samples there is `noisy`.
        entropy_t: H(T) in nats, of a discrete T of so few values a unit that 30 bins between its ends tell them apart.
        sliced_xt, sliced_ty: sliced mutual information in nats, where known; another quantity than I(X;T) and I(T;Y).
        population: how many inputs there are, all equally likely, where they are finitely many and a sample has none of
            them twice. None: a sample is drawn from a distribution.
        subspace: dimensions of a plane, where x and t have more and each lies near one that holds all that either says
            of the other, and nearly all of its variance. manifold: likewise of a smooth map of such a plane.
    """

    name: str
    sample: Sampler
    truth_xt: float | None = None
    truth_ty: float | None = None
    source: str = ""
    noise: Noise | None = None
    entropy_t: float | None = None
    sliced_xt: float | None = None
    sliced_ty: float | None = None
    population: int | None = None
    subspace: int | None = None
    manifold: int | None = None

    @property
    def binned_ty(self) -> float | None:
        """I(bin T;Y) in nats, where bins are known to tell as much as T does.

        Units of real layers can be so uneven that one of thirty equal bins holds nearly all: there T must be discrete.
        """
        return self.truth_ty if self.population is None or self.entropy_t is not None else None


def generator(seed: int) -> torch.Generator:
    """A random generator on the CPU."""
    return torch.Generator().manual_seed(seed)
