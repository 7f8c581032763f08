"""Networks that learn what a closed-form log-ratio leaves over.

All start at zero, so that the closed form is where training begins: `Coordinatewise` learns from it, and one of
`Separable` and `Concat` from both. They are batched over members, the folds of a cross-fit times the networks of an
ensemble times epochs: on small networks, one batched product costs what one product costs.
"""

import math
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.parts.streams import Streams


class Disturbance(NamedTuple):
    """What keeps a network from learning its samples by heart.

    Attributes:
        dropout: share of hidden units that a training step leaves out.
        noise_std: of Gaussian noise that a training step adds to hidden units.
    """

    dropout: float = 0.0
    noise_std: float = 0.0


NONE = Disturbance()


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


class Separable:
    """u(x) . v(t) + a(x) + b(t), each of u, v a network; zero at the start because v and b are.

    Args:
        members: how many critics of each epoch run side by side.
        d_x, d_t: widths of their inputs.
        hidden: width and number of the hidden layers.
        rank: length of u and v.
        streams: of the initial weights; of the noise, too, where it is of a single epoch.
        disturbance: of hidden units in training.
    """

    def __init__(self, members, d_x, d_t, hidden, rank, streams, disturbance=NONE):
        self.x = _networks(members, [d_x, *hidden, rank + 1], streams)
        self.t = _networks(members, [d_t, *hidden, rank + 1], streams)
        self.weights = self.x + self.t
        self.x[-2][..., rank:] = 0
        self.t[-2].zero_()
        self.disturbance, self.generator = disturbance, streams.generator(0)

    def __call__(self, x: Tensor, t: Tensor, training: bool = False) -> Tensor:
        """f at all pairs, shape (members, n, m), for x of shape (members, n, d_x), t of (members, m, d_t)."""
        disturbance = self.disturbance if training else NONE
        u = _run(self.x, x, disturbance, self.generator)
        v = _run(self.t, t, disturbance, self.generator)
        return u[..., -1:] + v[..., None, :, -1] + u[..., :-1] @ v[..., :-1].mT


class Coordinatewise:
    """sum_i u(x_i) . v(t_i) + a(x_i) + b(t_i) over paired coordinates, one pair of networks for all; zero at the start.

    With d pairs the networks see d times as many samples as a network of all coordinates, and overfit as much less.

    Args:
        members, hidden, rank, streams: those of `Separable`.
        features: of each coordinate.
    """

    def __init__(self, members, features, hidden, rank, streams):
        self.x = _networks(members, [features, *hidden, rank + 1], streams)
        self.t = _networks(members, [features, *hidden, rank + 1], streams)
        self.weights = self.x + self.t
        self.x[-2][..., rank:] = 0
        self.t[-2].zero_()

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        """f at all pairs, shape (members, n, m), for x (members, n, d, features), t (members, m, d, ...)."""
        u, v = (_run(w, part.flatten(1, 2)).unflatten(1, part.shape[1:3]) for w, part in ((self.x, x), (self.t, t)))
        alone = u[..., -1].sum(-1)[..., None] + v[..., -1].sum(-1)[..., None, :]
        return alone + u[..., :-1].flatten(2) @ v[..., :-1].flatten(2).mT


class Concat:
    """One network of x and t together, run at every pair; zero at the start. The arguments are those of `Separable`."""

    def __init__(self, members, d_x, d_t, hidden, rank, streams, disturbance=NONE):
        self.x = _networks(members, [d_x, hidden[0]], streams)
        self.t = _networks(members, [d_t, hidden[0]], streams)
        self.pair = _networks(members, [*hidden, 1], streams)
        self.weights = self.x + self.t + self.pair
        self.pair[-2].zero_()
        self.disturbance, self.generator = disturbance, streams.generator(0)

    def __call__(self, x: Tensor, t: Tensor, training: bool = False) -> Tensor:
        """f at all pairs, shape (members, n, m), for x of shape (members, n, d_x), t of (members, m, d_t)."""
        disturbance = self.disturbance if training else NONE
        u, v = _run(self.x, x), _run(self.t, t)
        h = functional.gelu(u[..., :, None, :] + v[..., None, :, :])
        return _run(self.pair, h.flatten(1, 2), disturbance, self.generator).unflatten(1, h.shape[1:3]).squeeze(-1)


class Classifier:
    """A network of t with one output a class; zero at the start."""

    def __init__(self, members, d_t, hidden, classes, streams, disturbance=NONE):
        self.weights = _networks(members, [d_t, *hidden, classes], streams)
        self.weights[-2].zero_()
        self.disturbance, self.generator = disturbance, streams.generator(0)

    def __call__(self, t: Tensor, training: bool = False) -> Tensor:
        """f at all classes, shape (members, n, classes), for t of shape (members, n, d_t)."""
        return _run(self.weights, t, self.disturbance if training else NONE, self.generator)


def _networks(members: int, sizes: list[int], streams: Streams) -> list[Tensor]:
    """Weights and biases of perceptrons of one shape, stacked along the first axis, those of an epoch together."""
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        w = streams.draw(partial(_normal, (members, fan_in, fan_out))).flatten(0, 1)
        weights += [w * math.sqrt(1 / fan_in), torch.zeros(len(w), 1, fan_out, device=w.device)]
    return weights


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def _run(weights, h: Tensor, disturbance: Disturbance = NONE, generator: torch.Generator | None = None) -> Tensor:
    """Outputs of shape (members, m, out) for inputs of shape (members, m, in)."""
    for layer in range(0, len(weights), 2):
        if layer:
            h = functional.gelu(h)
            if disturbance.noise_std:
                h = h + disturbance.noise_std * torch.randn(h.shape, generator=generator, device=h.device)
            if disturbance.dropout:
                kept = torch.rand(h.shape, generator=generator, device=h.device) >= disturbance.dropout
                h = h * kept / (1 - disturbance.dropout)
        h = torch.baddbmm(weights[layer + 1], h, weights[layer])
    return h
