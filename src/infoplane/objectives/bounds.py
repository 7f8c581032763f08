"""Variational lower bounds on mutual information, as functions of a critic's values at all pairs of a sample.

With f_ij the critic at input i and representation j, the diagonal holds the pairs of the joint distribution and the
rest stands for the product of the marginals. All means over the rest leave the diagonal out, except InfoNCE's.

    dv       mean f_ii - ln mean e^f_ij               Donsker & Varadhan; Belghazi et al., eq. 5
    nwj      1 + mean f_ii - mean e^f_ij              Nguyen et al.; Belghazi et al., eq. 7, f - 1 there
    infonce  mean (f_ii - ln mean_j e^f_ij)           van den Oord et al.; at most ln of the sample's size;
                                                      or with f_ji, whichever is larger
    js       the Jensen-Shannon objective             Nowozin et al.; its optimum is the log-ratio too
    smile    dv with e^f clipped to [e^-tau, e^tau]   Song & Ermon, eq. 10; trained by js

References: Donsker & Varadhan (1983), Asymptotic evaluation of certain Markov process expectations for large time IV,
Communications on Pure and Applied Mathematics 36. Belghazi et al. (2018), Mutual information neural estimation, ICML,
arXiv:1801.04062. Nguyen, Wainwright & Jordan (2010), Estimating divergence functionals and the likelihood ratio by
convex risk minimization, IEEE Transactions on Information Theory 56, arXiv:0809.0853. van den Oord, Li & Vinyals
(2018), Representation learning with contrastive predictive coding, arXiv:1807.03748. Nowozin, Cseke & Tomioka (2016),
f-GAN: training generative neural samplers using variational divergence minimization, NeurIPS, arXiv:1606.00709. Song &
Ermon (2020), Understanding the limitations of variational mutual information estimators, ICLR, arXiv:1910.06222.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

EMA_RATE = 0.05
"""Share of a new minibatch in the running mean of e^f that corrects the gradient's bias."""
STEEPEST = 10.0
"""Where the exponential in the objective of nwj goes on as a straight line."""
LEAST_TRAINED = -60.0
"""Critic values below count as this much in training: the gradients of e^f would be subnormal numbers, which take a
processor ten times as long, and change nothing."""
SMALLEST_EXPONENT = -80.0
"""Below this e^f leaves the normal range of float32, where arithmetic is slow and the terms count for nothing."""
LARGEST_EXPONENT = 700.0
"""Above this e^f leaves the range of float64; nwj of so bad a critic is a large negative number."""


def objective(f: Tensor, bound: str, state: dict[str, Tensor]) -> Tensor:
    """What a training step lowers.

    Args:
        f: critic at all pairs of a minibatch, shape (members, b, b).
        bound: one of dv, dv_biased, nwj, infonce, js.
        state: the running mean of e^f, kept between calls.
    Returns: shape (members,).
    References: Belghazi et al. (2018), Mutual information neural estimation, arXiv:1801.04062; section 3.2, for the
    corrected gradient of dv; dv_biased goes without.
    """
    f = f.clamp(min=LEAST_TRAINED)
    b = f.shape[-1]
    joint = f.diagonal(dim1=-2, dim2=-1)
    if bound == "infonce":
        return (torch.logsumexp(f, -1) + torch.logsumexp(f, -2)).mean(-1) / 2 - joint.mean(-1)
    if bound == "js":
        rest = functional.softplus(f).sum((-2, -1)) - functional.softplus(joint).sum(-1)
        return functional.softplus(-joint).mean(-1) + rest / (b * (b - 1))
    diagonal = torch.eye(b, dtype=torch.bool, device=f.device)
    log_mean = torch.logsumexp(f.masked_fill(diagonal, -torch.inf).flatten(-2), -1) - math.log(b * (b - 1))
    if bound == "nwj":
        # early in training the exponential leaves the range of float32, and a line goes on
        mean = log_mean.clamp(max=STEEPEST).exp() * (1 + (log_mean - STEEPEST).clamp(min=0))
        return mean - joint.mean(-1)
    if bound == "dv_biased":
        return log_mean - joint.mean(-1)
    now = log_mean.detach()
    past = state.get("log_mean", now)
    state["log_mean"] = torch.logaddexp(past + math.log(1 - EMA_RATE), now + math.log(EMA_RATE))
    return (now - state["log_mean"]).exp() * log_mean - joint.mean(-1)


@dataclass
class Evaluation:
    """Every bound on each member's m held-out pairs; all m (m - 1) other pairs stand for the product of marginals.

    Attributes:
        dv, nwj, infonce, smile: nats, shape (members,).
        beyond: how much of dv lies above ln m in pairs of the joint, nats, shape (members,): m - 1 others of a sample
            cannot show that a pair is rarer than that, and dv may be too large by as much.
        influence: what each pair adds to dv, shape (members, m), with mean 0; their variance over m is that of dv.
        effective: effective number of the m (m - 1) pairs in the mean of e^f, shape (members,). Where it is small,
            the mean has missed what it should have seen, and dv may be too large.
    """

    dv: Tensor
    nwj: Tensor
    infonce: Tensor
    smile: Tensor
    beyond: Tensor
    influence: Tensor
    effective: Tensor


def evaluate(blocks: Iterable[Tensor], tau: float) -> Evaluation:
    """Evaluate the bounds, a block of rows at a time, with sums in float64.

    Args:
        blocks: critic values at consecutive rows, shapes (members, rows, m); the rows add up to m.
        tau: clip of smile.
    """
    joints, row_sums, column_sums, squares, clipped, start = [], [], [], [], [], 0
    for f in blocks:
        rows = torch.arange(f.shape[1], device=f.device)
        joint = f[:, rows, start + rows].double()
        clipped.append(f.clamp(-tau, tau).exp_().sum(-1).double() - joint.clamp(-tau, tau).exp())
        f[:, rows, start + rows] = -torch.inf
        top = f.amax((-2, -1), keepdim=True)
        weights = (f - top).clamp_(min=SMALLEST_EXPONENT).exp_()
        top = top.squeeze(-1).double()
        row_sums.append(weights.sum(-1).double().log() + top)
        column_sums.append(weights.sum(-2).double().log() + top)
        squares.append(weights.square_().sum((-2, -1)).double().log() + 2 * top.squeeze(-1))
        joints.append(joint)
        start += f.shape[1]
    joint, rows = torch.cat(joints, -1), torch.cat(row_sums, -1)
    columns = torch.logsumexp(torch.stack(column_sums), 0)
    total = torch.logsumexp(columns, -1, keepdim=True)
    m = joint.shape[-1]
    pairs = m * (m - 1)
    log_mean = total.squeeze(-1) - math.log(pairs)
    mean = joint.mean(-1)
    contrasts = [(joint - torch.logaddexp(sums, joint)).mean(-1) + math.log(m) for sums in (rows, columns)]
    influence = joint - m * ((rows - total).exp() + (columns - total).exp())
    return Evaluation(
        dv=mean - log_mean,
        nwj=1 + mean - log_mean.clamp(max=LARGEST_EXPONENT).exp(),
        infonce=torch.maximum(*contrasts),
        smile=mean - (torch.cat(clipped, -1).sum(-1) / pairs).log(),
        beyond=(joint - log_mean[:, None] - math.log(m)).clamp(min=0).mean(-1),
        influence=influence - influence.mean(-1, keepdim=True),
        effective=(2 * total.squeeze(-1) - torch.logsumexp(torch.stack(squares), 0)).exp(),
    )
