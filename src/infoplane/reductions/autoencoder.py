"""An autoencoder: k units from which a network gives back as much of the samples as it can, along curves too.

    code = c_1..k + f(c),     given back = (code, 0) + g(code)

with c the leading principal components, k of them or more, and f and g networks of one hidden layer that start at zero:
it starts as the principal components, and learns what these leave. Trained without labels and without the other side,
on the mean squared error of 85 % of the samples, until the others are given back no better.

References: Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks, Science 313,
doi:10.1126/science.1127647. Gowri et al. (2024), Approximating mutual information of high-dimensional variables using
learned representations, NeurIPS, arXiv:2409.02732, on codes of either side before neighbours.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.reductions.fitted import Fitted, kept_share, seen_and_held
from infoplane.reductions.pca import components

KEEPS_NOISE = False
"""Noise in the units is noise of another size at each code."""

WIDTH, BATCH, LEARNING_RATE, WEIGHT_DECAY = 128, 256, 2e-3, 1e-2
MOST_STEPS, CHECK, PATIENCE = 3000, 50, 6
"""Held-out samples are looked at every so many steps, so many times without gain."""
SEEN_COMPONENTS = 256
"""Principal components of the samples that the networks see, or four times k: what is beyond counts as lost."""


class Network(NamedTuple):
    """Weights of f and g; units in multiples of `scale`, the largest standard deviation of a component."""

    f_in: Tensor
    f_shift: Tensor
    f_out: Tensor
    g_in: Tensor
    g_shift: Tensor
    g_out: Tensor

    def code(self, c: Tensor) -> Tensor:
        """Shape (n, k), of components of shape (n, m)."""
        return c[:, : self.f_out.shape[1]] + torch.tanh(c @ self.f_in + self.f_shift) @ self.f_out

    def given_back(self, code: Tensor) -> Tensor:
        """Components of shape (n, m), of codes of shape (n, k)."""
        linear = torch.nn.functional.pad(code, (0, self.g_out.shape[1] - code.shape[1]))
        return linear + torch.tanh(code @ self.g_in + self.g_shift) @ self.g_out

    def loss(self, c: Tensor) -> Tensor:
        """Mean over samples of the squared error."""
        return (self.given_back(self.code(c)) - c).square().sum(1).mean()


def first(c: Tensor, k: int, draw: torch.Generator) -> Network:
    """The network that is the principal components; hidden units begin where tanh is curved for components c."""
    m = c.shape[1]

    def random(given: Tensor) -> Tensor:
        length = float(given.square().sum(1).mean().sqrt()) or 1.0
        return (torch.randn(given.shape[1], WIDTH, generator=draw) / length).to(c.device)

    def shift() -> Tensor:
        return torch.randn(1, WIDTH, generator=draw).to(c.device)

    def zeros(*shape: int) -> Tensor:
        return torch.zeros(*shape, device=c.device)

    return Network(random(c), shift(), zeros(WIDTH, k), random(c[:, :k]), shift(), zeros(WIDTH, m))


def trained(network: Network, seen: Tensor, held: Tensor, draw: torch.Generator) -> Network:
    """The weights that give back held-out components best, of those that were looked at."""
    weights = Network(*(each.clone().requires_grad_(True) for each in network))
    optimizer = torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    with torch.no_grad():
        best, least, since = network, float(network.loss(held)), 0
    for step in range(1, MOST_STEPS + 1):
        rows = torch.randint(len(seen), (BATCH,), generator=draw).to(seen.device)
        optimizer.zero_grad()
        weights.loss(seen[rows]).backward()
        optimizer.step()
        if step % CHECK == 0:
            with torch.no_grad():
                loss = float(weights.loss(held))
            since += 1
            if loss < least:
                best, least, since = Network(*(each.detach().clone() for each in weights)), loss, 0
            if since == PATIENCE:
                break
    return best


def fit(values: Tensor, k: int, seed: int) -> Fitted:
    """The samples' codes of k units, on the scale of the principal components from which they start.

    Args:
        values: shape (n, d), d > k.
        seed: of the samples that are seen, the first weights and the minibatches.

    Raises:
        ValueError: no more samples are seen than there are units.
    """
    seen, held = seen_and_held(len(values), seed, values.device)
    if len(seen) <= k:
        raise ValueError(f"{len(values)} samples are too few for a code of {k} units")
    found = components(values[seen], min(len(seen) - 1, max(SEEN_COMPONENTS, 4 * k)), seed)
    along = found.codes(values)
    scale = float(along[seen].std(0).max()) or 1.0
    c = (along / scale).float()
    draw = torch.Generator().manual_seed(seed)
    network = trained(first(c[seen], k, draw), c[seen], c[held], draw)
    # in double precision, and then rounded, equal rows have equal codes
    network = Network(*(each.double() for each in network))
    codes = network.code(along / scale)
    centred = values[held].double() - found.mean
    given_back = scale * network.given_back(codes[held]) @ found.axes.T
    return Fitted((scale * codes).float(), kept_share(centred - given_back, centred))
