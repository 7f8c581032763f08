"""Critics: functions f(x, z) of a pair, which training brings to ln p(x, z) / (p(x) p(z)).

Each gives f at all pairs of a minibatch, shape (n, m): the diagonal are the pairs that belong together. Ours are zero
at the start, where every bound on information is 0, and can be batched over members, as the estimator `mine` does.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from infoplane.objectives.perceptrons import NONE, Disturbance, Normal, normal_of, perceptrons, run


class Separable(nn.Module):
    """u(x) . v(z) + a(x) + b(z), each of u, v a network; zero at the start because v and b are.

    n + m evaluations of a network give all n m pairs, so this is the fast one.

    Args:
        d_x, d_z: widths of the inputs.
        hidden: units of each hidden layer.
        rank: length of u and v.
        disturbance: of hidden units, in training mode alone.
        generator: of the initial weights and of noise; None: torch's global one.
        members: critics that run side by side; None: one, whose inputs and outputs have no axis of members.
        normal: draws the initial weights, if the generator does not.
    """

    def __init__(
        self,
        d_x: int,
        d_z: int,
        hidden: Sequence[int] = (64, 64),
        rank: int = 32,
        disturbance: Disturbance = NONE,
        generator: torch.Generator | None = None,
        members: int | None = None,
        normal: Normal | None = None,
    ):
        super().__init__()
        normal = normal or normal_of(generator)
        self.x = perceptrons(members or 1, [d_x, *hidden, rank + 1], normal)
        self.z = perceptrons(members or 1, [d_z, *hidden, rank + 1], normal)
        with torch.no_grad():
            self.x[-2][..., rank:] = 0
            self.z[-2].zero_()
        self.disturbance, self.generator, self.members = disturbance, generator, members

    @property
    def weights(self) -> list[Tensor]:
        """Shape (members, rows, columns) each."""
        return [*self.x, *self.z]

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """f at all pairs, shape (members, n, m), for x of shape (members, n, d_x), z of (members, m, d_z)."""
        if self.members is None:
            x, z = x.flatten(1)[None], z.flatten(1)[None]
        disturbance = self.disturbance if self.training else NONE
        u = run(self.x, x, disturbance, self.generator)
        v = run(self.z, z, disturbance, self.generator)
        f = u[..., -1:] + v[..., None, :, -1] + u[..., :-1] @ v[..., :-1].mT
        return f[0] if self.members is None else f


class Concat(nn.Module):
    """One network of x and z together, run at every pair; zero at the start.

    Slow, and better at sharp dependence. The arguments are those of `Separable`, less the rank.
    """

    def __init__(
        self,
        d_x: int,
        d_z: int,
        hidden: Sequence[int] = (64, 64),
        disturbance: Disturbance = NONE,
        generator: torch.Generator | None = None,
        members: int | None = None,
        normal: Normal | None = None,
    ):
        super().__init__()
        normal = normal or normal_of(generator)
        self.x = perceptrons(members or 1, [d_x, hidden[0]], normal)
        self.z = perceptrons(members or 1, [d_z, hidden[0]], normal)
        self.pair = perceptrons(members or 1, [*hidden, 1], normal)
        with torch.no_grad():
            self.pair[-2].zero_()
        self.disturbance, self.generator, self.members = disturbance, generator, members

    @property
    def weights(self) -> list[Tensor]:
        """Shape (members, rows, columns) each."""
        return [*self.x, *self.z, *self.pair]

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """f at all pairs, shape (members, n, m), for x of shape (members, n, d_x), z of (members, m, d_z)."""
        if self.members is None:
            x, z = x.flatten(1)[None], z.flatten(1)[None]
        disturbance = self.disturbance if self.training else NONE
        u, v = run(self.x, x), run(self.z, z)
        h = functional.gelu(u[..., :, None, :] + v[..., None, :, :])
        f = run(self.pair, h.flatten(1, 2), disturbance, self.generator).unflatten(1, h.shape[1:3]).squeeze(-1)
        return f[0] if self.members is None else f


class AtAllPairs(nn.Module):
    """A critic of one's own, which takes rows of x and of z, at all pairs of a minibatch.

    Args:
        rows: any module of (x, z), of shapes (n, ...), that gives a number a row, shape (n,) or (n, 1).
    """

    def __init__(self, rows: nn.Module):
        super().__init__()
        self.rows = rows

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """f at all pairs, shape (n, m), for x of shape (n, ...) and z of shape (m, ...)."""
        n, m = len(x), len(z)
        f = self.rows(x.repeat_interleave(m, 0), z.repeat(n, *[1] * (z.ndim - 1)))
        return f.reshape(n, m)
