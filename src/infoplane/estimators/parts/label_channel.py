"""Labels that are sometimes wrong: a channel from the class that a model sees to the label that is written.

Problem: of labels drawn at random in one case of ten no model is sure, and a softmax of unbounded scores, to which a
single wrong label is a large loss, keeps all its scores small instead. With a channel A[c, y] = p(label y | class c)

    q(y|t) = sum_c softmax(scores)_c A[c, y]

has a floor of its own for each pair of classes, and the scores are free to be large.

References: Mnih & Hinton (2012), Learning to label aerial images from noisy data, ICML, for losses of noisy labels.
Sukhbaatar et al. (2014), Training convolutional networks with noisy labels, arXiv:1406.2080, for the matrix.
"""

import torch
from torch import Tensor

ERROR = 0.05
"""Share of labels that are taken for wrong before anything is fitted."""
LEAST = 1e-30
"""Probability below which a label's is cut, so that its logarithm is finite."""


def first_channel(prior: Tensor, error: float = ERROR) -> Tensor:
    """Logarithms of a channel that keeps the class, or draws another label from the prior, shape (c, c)."""
    return ((1 - error) * torch.eye(len(prior), device=prior.device) + error * prior.float()).log()


def label_probabilities(scores: Tensor, channel: Tensor) -> Tensor:
    """q(y|t) of shape (..., n, c), from scores of this shape and channels of shape (..., c, c), rows not normalised."""
    return (torch.softmax(scores, -1) @ torch.softmax(channel, -1)).clamp(min=LEAST)
