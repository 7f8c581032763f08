"""MINE as the papers have it: one joint critic, trained on one layer, epoch and axis at a time.

    I(X;T) >= E_joint[f(x, t)] - ln E_product[e^f(x, t)]

f is a network of the concatenated pair, trained with Adam on minibatches whose product is made by shuffling, and judged
on a half of the samples that training has not seen (on the training half the value can be anything).

Settings: two hidden layers of 256 ReLU units are those of Poole et al. (2019), section 4, and of Song & Ermon (2020),
section 6.1; Adam at 1e-3, minibatches of 128 and 2000 steps those of torch-mist 0.2.17 as FACTS measured it, a tenth of
the 20000 steps of the papers. As a tenth of the training half says every 100 steps which weights to keep, it does not
overfit, as the papers' loops do on few samples.

References: Belghazi et al. (2018), algorithm 1; Poole et al. (2019), arXiv:1905.06922; Song & Ermon (2020),
arXiv:1910.06222.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

CHECK_EVERY = 100
"""Steps between two looks at the part that chooses the weights."""
SHUFFLES = 10
"""Of the samples that a value rests on: one alone makes E_product vary more than need be."""


def mine(
    x: Tensor,
    t: Tensor,
    *,
    seed: int,
    steps: int = 2000,
    batch: int = 128,
    hidden: int = 256,
    learning_rate: float = 1e-3,
) -> float:
    """Held-out Donsker-Varadhan estimate of I(X;T).

    Args:
        x: shape (n, d_x). t: shape (n, d_t).
        seed: of the split, the critic and the minibatches.
        steps, batch, hidden, learning_rate: of the training and the critic, as above.

    Returns: nats.
    """
    draw = torch.Generator().manual_seed(seed)
    x, t = standardised(x), standardised(t)
    test, rest = torch.randperm(len(x), generator=draw).tensor_split(2)
    check, train = rest[: len(rest) // 10], rest[len(rest) // 10 :]
    critic = _critic(x.shape[1] + t.shape[1], hidden, seed)
    adam = torch.optim.Adam(critic.parameters(), lr=learning_rate)
    best, kept = -math.inf, {name: value.clone() for name, value in critic.state_dict().items()}
    for step in range(1, steps + 1):
        rows = train[torch.randint(len(train), (batch,), generator=draw)]
        adam.zero_grad()
        (-donsker_varadhan(critic, x[rows], t[rows], draw, shuffles=1)).backward()
        adam.step()
        if step % CHECK_EVERY == 0 or step == steps:
            with torch.no_grad():
                value = float(donsker_varadhan(critic, x[check], t[check], draw))
            if value > best:
                best, kept = value, {name: value.clone() for name, value in critic.state_dict().items()}
    critic.load_state_dict(kept)
    with torch.no_grad():
        return float(donsker_varadhan(critic, x[test], t[test], draw))


def plane_point(t: Tensor, y: Tensor, *, noise_std: float, seed: int, steps: int = 2000) -> tuple[float, float]:
    """I(X;T+N), as I(T;T+N), and I(T;Y) of one layer at one epoch, a critic each.

    Args:
        t: shape (n, d_t). y: labels from 0 on, shape (n,).
        noise_std: of N. seed, steps: as for `mine`.
    Returns: nats.
    """
    draw = torch.Generator().manual_seed(seed)
    noisy = t + noise_std * torch.randn(t.shape, generator=draw)
    return mine(t, noisy, seed=seed, steps=steps), mine(t, one_hot(y).float(), seed=seed, steps=steps)


def donsker_varadhan(
    critic: nn.Module, x: Tensor, t: Tensor, draw: torch.Generator, shuffles: int = SHUFFLES
) -> Tensor:
    """The bound on these pairs, the product by shuffling t against x."""
    joint = critic(torch.cat([x, t], 1)).mean()
    shuffled = torch.cat([torch.randperm(len(t), generator=draw) for _ in range(shuffles)])
    product = critic(torch.cat([x.repeat(shuffles, 1), t[shuffled]], 1))[:, 0]
    return joint - (product.logsumexp(0) - math.log(len(product)))


def standardised(values: Tensor) -> Tensor:
    """Each column with mean 0 and standard deviation 1; a constant one becomes 0."""
    return (values - values.mean(0)) / values.std(0).clamp(min=1e-6)


def _critic(inputs: int, hidden: int, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )
