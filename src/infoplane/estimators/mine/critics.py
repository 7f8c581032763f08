"""Networks that learn what a closed-form log-ratio leaves over, beside those of `objectives.critics`.

All start at zero, so that the closed form is where training begins: `Coordinatewise` learns from it, and one of
`Separable` and `Concat` from both. Members are the folds of a cross-fit times the networks of an ensemble
times epochs.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from infoplane.estimators.parts.streams import Streams
from infoplane.objectives.perceptrons import NONE, Disturbance, perceptrons, run


class Networks(NamedTuple):
    """What the networks look like.

    Attributes:
        critic: `separable` or `concat`, for I(X;T).
        hidden: widths of the hidden layers.
        rank: length of the vectors whose product a separable critic is.
        disturbance: of hidden units in training.
        weight_decay: of AdamW.
        ensemble: networks a fold, whose outputs are averaged.
    """

    critic: str
    hidden: list[int]
    rank: int
    disturbance: Disturbance
    weight_decay: float
    ensemble: int


class Coordinatewise(nn.Module):
    """sum_i u(x_i) . v(t_i) + a(x_i) + b(t_i) over paired coordinates, one pair of networks for all; zero at the start.

    With d pairs the networks see d times as many samples as a network of all coordinates, and overfit as much less.

    Args:
        members: how many critics of each epoch run side by side.
        features: of each coordinate.
        hidden, rank: those of `objectives.critics.Separable`.
        streams: of the initial weights.
    """

    def __init__(self, members: int, features: int, hidden: list[int], rank: int, streams: Streams):
        super().__init__()
        sizes, members = [features, *hidden, rank + 1], members * streams.epochs
        self.x, self.t = (perceptrons(members, sizes, streams.normal) for _ in range(2))
        with torch.no_grad():
            self.x[-2][..., rank:] = 0
            self.t[-2].zero_()

    @property
    def weights(self) -> list[Tensor]:
        """Shape (members, rows, columns) each."""
        return [*self.x, *self.t]

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """f at all pairs, shape (members, n, m), for x (members, n, d, features), t (members, m, d, ...)."""
        u, v = (run(w, part.flatten(1, 2)).unflatten(1, part.shape[1:3]) for w, part in ((self.x, x), (self.t, t)))
        alone = u[..., -1].sum(-1)[..., None] + v[..., -1].sum(-1)[..., None, :]
        return alone + u[..., :-1].flatten(2) @ v[..., :-1].flatten(2).mT


class Classifier(nn.Module):
    """A network of t with one output a class; zero at the start."""

    def __init__(
        self,
        members: int,
        d_t: int,
        hidden: list[int],
        classes: int,
        streams: Streams,
        disturbance: Disturbance = NONE,
    ):
        super().__init__()
        self.layers = perceptrons(members * streams.epochs, [d_t, *hidden, classes], streams.normal)
        with torch.no_grad():
            self.layers[-2].zero_()
        self.disturbance, self.generator = disturbance, streams.generator(0)

    @property
    def weights(self) -> list[Tensor]:
        """Shape (members, rows, columns) each."""
        return [*self.layers]

    def forward(self, t: Tensor) -> Tensor:
        """f at all classes, shape (members, n, classes), for t of shape (members, n, d_t)."""
        return run(self.layers, t, self.disturbance if self.training else NONE, self.generator)
