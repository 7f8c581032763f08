"""Linear classifiers on a frozen embedding, looked at after several lengths of one training.

Problem: how much of the label a linear classifier reads from an embedding after a short, a long, and a much too long
training. P = softmax(E W + b) is multinomial logistic regression; with two classes it is one logistic unit, whose
weight is the difference of both columns. W and b start at 0: the problem is convex, so that a random start would only
add noise to the shortest training.

References: Alain & Bengio (2017), Understanding intermediate layers using linear classifier probes, ICLR workshop,
arXiv:1610.01644, for classifiers on frozen layers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


class Classifier(NamedTuple):
    """Weights of shape (d, classes) and offsets of shape (classes,), float32."""

    weight: Tensor
    offset: Tensor

    def log_probabilities(self, e: Tensor) -> Tensor:
        """ln P of shape (n, classes), from an embedding of shape (n, d); float32."""
        return torch.log_softmax(torch.addmm(self.offset, e, self.weight), 1)


def trained(
    e: Tensor,
    y: Tensor,
    classes: int,
    *,
    lengths: Sequence[int],
    batch_size: int,
    lr: float,
    last_lr: float | None,
    seed: int,
) -> list[Classifier]:
    """The classifier after each of the lengths, of one training by Adam that minimises the cross-entropy.

    Args:
        e: embedding, shape (n, d), float32.
        y: labels from 0, shape (n,).
        classes: how many there are.
        lengths: epochs, ascending.
        batch_size: samples a step, drawn without replacement.
        lr: learning rate.
        last_lr: that of the epochs after the last but one length; None, or a single length: `lr` throughout.
        seed: of the batches.
    """
    draw = torch.Generator().manual_seed(seed)
    weight = torch.zeros(e.shape[1], classes, device=e.device, requires_grad=True)
    offset = torch.zeros(classes, device=e.device, requires_grad=True)
    optimizer = torch.optim.Adam([weight, offset], lr=lr)
    found = []
    for epoch in range(1, lengths[-1] + 1):
        if last_lr is not None and len(lengths) > 1 and epoch == lengths[-2] + 1:
            # moments go on: the rate alone changes
            optimizer.param_groups[0]["lr"] = last_lr
        for rows in torch.randperm(len(e), generator=draw).to(e.device).split(batch_size):
            optimizer.zero_grad()
            cross_entropy(torch.addmm(offset, e[rows], weight), y[rows]).backward()
            optimizer.step()
        if epoch in lengths:
            found.append(Classifier(weight.detach().clone(), offset.detach().clone()))
    return found
