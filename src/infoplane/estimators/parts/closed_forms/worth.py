"""What a critic is worth: the larger of two lower bounds on information, on pairs that it has not seen."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from infoplane.estimators.parts.closed_forms.pair_scores import PairScores, stack_scores
from infoplane.objectives.bounds import SMALLEST_EXPONENT


def sample_value(f: Tensor) -> Tensor:
    """The larger of dv and infonce, shape (members,), for f of shape (members, n, n).

    A critic that was trained by infonce is only known up to a function of one argument, which dv punishes; infonce
    stops at ln n, which dv does not.
    """
    n = f.shape[-1]
    joint = f.diagonal(dim1=-2, dim2=-1)
    f = f.masked_fill(torch.eye(n, dtype=torch.bool, device=f.device), -torch.inf)
    top = f.amax((-2, -1), keepdim=True)
    weights = (f - top).clamp_(min=SMALLEST_EXPONENT).exp_()
    top = top.squeeze(-1)
    rows, columns = weights.sum(-1).log() + top, weights.sum(-2).log() + top
    dv = joint.mean(-1) - torch.logsumexp(rows, -1) + math.log(n * (n - 1))
    contrasts = [(joint - torch.logaddexp(sums, joint)).mean(-1) + math.log(n) for sums in (rows, columns)]
    return torch.maximum(dv, torch.maximum(*contrasts))


def best_of(forms: Sequence[PairScores], held: Tensor) -> tuple[float, PairScores]:
    """The closed form that is worth most on held-out samples, after its `held_out_value`."""
    values = [held_out_value(form, held) for form in forms]
    best = max(range(len(forms)), key=values.__getitem__)
    return values[best], forms[best]


def held_out_value(scores: PairScores, held: Tensor) -> float:
    """The larger of the bounds of `sample_value` on held-out samples, nats; scores without the member axis."""
    held_scores = stack_scores([scores]).take(held[None])
    return float(sample_value(held_scores.matrix(held_scores)))
