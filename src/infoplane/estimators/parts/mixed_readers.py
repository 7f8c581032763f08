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
        q: q(y|t) by each reader, the most able first and the prior last, shape (..., readers, m, classes).
        labels: shape (..., m).
    Attributes:
        weights: how far each is believed, shape (..., readers + 1), the product first.
    """

    def __init__(self, q: Tensor, labels: Tensor):
        self.factors = pooling_weights(q.log(), labels)
        self.weights = mixing_weights(self._likelihoods(q, labels))

    def log_likelihood(self, q: Tensor, labels: Tensor) -> Tensor:
        """ln q(y|t) of other samples' labels, shape (..., m), float64."""
        return (self.weights[..., None, :] @ self._likelihoods(q, labels).double()).squeeze(-2).log()

    def _likelihoods(self, q: Tensor, labels: Tensor) -> Tensor:
        product = torch.softmax(torch.einsum("...r,...rmc->...mc", self.factors, q.log()), -1)
        every = torch.cat([product[..., None, :, :], q], -3)
        own = labels[..., None, :, None].expand(*every.shape[:-1], 1)
        return every.gather(-1, own).squeeze(-1)


def pooling_weights(log_q: Tensor, labels: Tensor) -> Tensor:
    """Factors a_j of readers for which q(y|t) ~ prod_j q_j(y|t)^a_j suits the samples best, shape (..., readers).

    Args:
        log_q: shape (..., readers, m, classes). labels: shape (..., m).
    """
    every = log_q.double().movedim(-3, -1).contiguous()
    *lead, m, classes, readers = every.shape
    flat = every.flatten(-3, -2)
    own = every.gather(-2, labels[..., None, None].expand(*lead, m, 1, readers)).squeeze(-2)
    first = torch.zeros(*lead, readers, dtype=torch.float64, device=log_q.device)
    first[..., 0] = 1.0
    factors = best = first
    least = torch.full(lead, torch.inf, dtype=torch.float64, device=log_q.device)
    for _ in range(POOL_STEPS):
        scores = (flat @ factors[..., None]).view(*lead, m, classes)
        away, log_sum = factors - first, scores.logsumexp(-1, keepdim=True)
        value = away.square().sum(-1) / 2 - (own @ factors[..., None]).sum((-2, -1)) + log_sum.sum((-2, -1))
        is_less = value < least
        least, best = torch.where(is_less, value, least), torch.where(is_less[..., None], factors, best)
        weighted = every * (scores - log_sum).exp()[..., None]
        mean = weighted.sum(-2)
        slope = away + (mean - own).sum(-2)
        curvature = weighted.flatten(-3, -2).mT @ flat - mean.mT @ mean
        curvature.diagonal(dim1=-2, dim2=-1).add_(1.0)
        step = torch.linalg.solve(curvature, slope[..., None]).squeeze(-1)
        factors = factors - step * (MOST_STEP / step.norm(dim=-1, keepdim=True)).clamp(max=1.0)
    return best.float()


def mixing_weights(likelihoods: Tensor) -> Tensor:
    """The weights of readers, shape (..., readers), from the probabilities that each gave the right labels.

    Args:
        likelihoods: of samples that no reader has seen, shape (..., readers, m); the last reader is the prior.
    """
    p = likelihoods.double().clamp(min=1e-300)
    weights = torch.full(p.shape[:-1], 1 / p.shape[-2], dtype=torch.float64, device=p.device)
    extra = torch.zeros_like(weights)
    extra[..., -1] = OF_PRIOR
    for _ in range(ROUNDS):
        parts = weights[..., None] * p
        weights = (parts / parts.sum(-2, keepdim=True)).sum(-1) + extra
        weights = weights / weights.sum(-1, keepdim=True)
    return weights
