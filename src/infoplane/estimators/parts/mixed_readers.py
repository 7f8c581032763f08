"""Several predictions of a label made one: a mixture of them and of their product, as suits samples set aside best.

A mixture of predictions is never worse than the best of them by more than the logarithm of that one's weight, and what
it says of samples that neither its members nor its weights have seen is a bound, as theirs is. The prior is one of the
members and keeps a little weight, so that no label is impossible.
"""

import torch
from torch import Tensor

ROUNDS = 50
"""Of expectation maximisation; the likelihood is concave in the weights."""
POOL_STEPS, MOST_STEP = 8, 2.0
"""Newton's, and how long one may be."""
OF_PRIOR = 0.5
"""Samples set aside for which the prior is taken to be needed besides those that show it."""


class Together:
    """The mixture of several readers and of their product, fitted to samples that none of them has seen.

    Args:
        q: q(y|t) by each reader, the most able first and the prior last, shape (readers, m, classes).
        labels: shape (m,).
    Attributes:
        weights: how far each is believed, shape (readers + 1,), the product first.
    """

    def __init__(self, q: Tensor, labels: Tensor):
        self.factors = pooling_weights(q.log(), labels)
        self.weights = mixing_weights(self._likelihoods(q, labels))

    def log_likelihood(self, q: Tensor, labels: Tensor) -> Tensor:
        """ln q(y|t) of other samples' labels, shape (m,), float64."""
        return (self.weights @ self._likelihoods(q, labels).double()).log()

    def _likelihoods(self, q: Tensor, labels: Tensor) -> Tensor:
        product = torch.softmax(torch.einsum("r,rmc->mc", self.factors, q.log()), -1)
        return torch.stack([each.gather(1, labels[:, None])[:, 0] for each in (product, *q)])


def pooling_weights(log_q: Tensor, labels: Tensor) -> Tensor:
    """Factors a_j of readers for which q(y|t) ~ prod_j q_j(y|t)^a_j suits the samples best, shape (readers,).

    Args:
        log_q: shape (readers, m, classes). labels: shape (m,).
    """
    first = torch.zeros(len(log_q), dtype=torch.float64, device=log_q.device)
    first[0] = 1.0
    every = log_q.double().permute(1, 2, 0)
    own = every[torch.arange(len(labels), device=labels.device), labels]
    factors = best = first
    least = torch.tensor(torch.inf, dtype=torch.float64)
    for _ in range(POOL_STEPS):
        log_p = torch.log_softmax(every @ factors, 1)
        away = factors - first
        value = away @ away / 2 - (own @ factors).sum() + (every @ factors).logsumexp(1).sum()
        if value < least:
            least, best = value, factors
        p = log_p.exp()
        mean = torch.einsum("mc,mcr->mr", p, every)
        slope = away + (mean - own).sum(0)
        curvature = torch.einsum("mc,mcr,mcs->rs", p, every, every) - mean.T @ mean
        curvature.diagonal().add_(1.0)
        step = torch.linalg.solve(curvature, slope)
        factors = factors - step * (MOST_STEP / step.norm()).clamp(max=1.0)
    return best.float()


def mixing_weights(likelihoods: Tensor) -> Tensor:
    """The weights of readers, shape (readers,), from the probabilities that each gave the right labels.

    Args:
        likelihoods: of samples that no reader has seen, shape (readers, m); the last reader is the prior.
    """
    p = likelihoods.double().clamp(min=1e-300)
    weights = torch.full((len(p),), 1 / len(p), dtype=torch.float64, device=p.device)
    extra = torch.zeros_like(weights)
    extra[-1] = OF_PRIOR
    for _ in range(ROUNDS):
        parts = weights[:, None] * p
        weights = (parts / parts.sum(0)).sum(1) + extra
        weights = weights / weights.sum()
    return weights
