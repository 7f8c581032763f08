"""Classifier: I(T;Y) from how well labels are predicted, as a lower bound that never exceeds H(Y).

Problem: I(T;Y) of wide layers, where densities cannot be estimated but classes can. On a network layer it is what a
small network reads from T about the label; no noise is added. I(X;T) is not given.

    I(T;Y) >= H(Y) - mean_i[ -ln q(y_i|t_i) ],

for any q that has not seen sample i: samples are predicted by the model of the other folds. Equality holds for
q = p(y|t). Units are first mapped so that a unit is a mixture of Gaussians of equal width with the classes as
components, as near as a strictly increasing map can (of Gaussian classes after any monotone maps it restores Gaussian
classes, for which the logarithm of p(y|t) is linear), and products of signs that go with a label are put beside them
(`sign_products`). q is a mixture of readers, and of their product, weighted by samples set aside (`mixed_readers`): a
network (`label_network`: linear + one hidden layer, and a channel for wrong labels), its linear part, and neighbours
(`neighbour_votes`), which find what is curved where dimensions are few.

Assumptions: none for the bound; the closeness rests on what readers can learn from (folds - 1)/folds of the samples, of
which each model sees `MOST_SEEN` at most. What more samples would add is judged by a model that learns from half of
them: it lengthens the bar upwards, and a bar that is longer than the tolerance is flagged, as is a value that
neighbours alone have found. Cost O(e n d (classes + hidden) (steps + folds)) and O(e n^2 d) for neighbours, up to
`MOST_REFERENCES` of them; memory that stops to grow with n at `MOST_SEEN`. It lies low where d is large against n, and
it does not see what single inputs hold alone: in a finite list of inputs each of which T tells apart, I(T;Y) is H(Y),
whatever an unseen input would give.

References: McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, AISTATS,
arXiv:1811.04251; eq. 1. Pichler et al. (2022) on classifiers as bounds of information. Barber & Agakov (2003), The IM
algorithm: a variational approach to information maximization, NeurIPS, for the bound.
"""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.class_scores import class_scores
from infoplane.estimators.parts.counts import label_entropy, label_entropy_error
from infoplane.estimators.parts.folds import all_but, deal
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.label_network import Samples, fit_hidden, fit_linear, likelihoods, loss
from infoplane.estimators.parts.mixed_readers import Together
from infoplane.estimators.parts.neighbour_votes import MOST_REFERENCES, neighbour_votes
from infoplane.estimators.parts.sign_products import sign_products
from infoplane.estimators.parts.streamed import Rows, Streamed
from infoplane.flags import FEW_SAMPLES, OVERFIT, UNCONVERGED, join_flags
from infoplane.information import Information
from infoplane.tolerance import label_tolerance

MEASURES_XT = None
MEASURES_TY = "I(T;Y), classified"
STREAMS = True

STANDARD_ERRORS = 2.0
"""Half the length of a bar, without what more samples would add."""
STILL_TO_COME = 2.0
"""What more samples would add, in units of what the second half of them has added: 1 where the error falls as 1 / n,
2.4 where it falls as 1 / sqrt(n)."""
SET_ASIDE = 8
"""One in so many training samples chooses the ridge, when to stop, and how far each reader is believed."""
MOST_SEEN = 1 << 16
"""Samples from which a model learns, at most: more than the network's steps draw, and a linear part needs no more."""
PREDICTED = 1 << 15
"""Samples predicted at a time."""
HALVED = 1
"""Folds for which a second model learns from half of the samples."""


class CrossFit(NamedTuple):
    """I(T;Y) of one epoch, in nats.

    Attributes:
        mi_ty: on held-out samples.
        stderr: its standard error over samples.
        on_training: of the network on training samples.
        network: of the network alone on held-out samples.
        half_way: on held-out samples after half the steps.
        from_half: how much more all training samples give than half of them.
        stderr_half: its standard error.
        votes: weight of the neighbours.
    """

    mi_ty: float = 0.0
    stderr: float = 0.0
    on_training: float = 0.0
    network: float = 0.0
    half_way: float = 0.0
    from_half: float = 0.0
    stderr_half: float = 0.0
    votes: float = 0.0


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: object = None,
    seed: int = 0,
    folds: Annotated[int, Field(ge=2, le=50)] = 5,
    hidden: PositiveInt = 64,
    steps: NonNegativeInt = 300,
    batch_size: PositiveInt = 256,
) -> Information:
    """I(T;Y) >= H(Y) minus the held-out cross-entropy.

    Args:
        x: inputs, shape (n, d_x); not used.
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of folds, batches and initial weights, the same at each epoch.
        folds: models, each of which predicts the samples that it has not seen.
        hidden: units of the hidden layer.
        steps: of its training; 0 for the linear part alone.
        batch_size: samples a step.

    Returns: Information in nats, arrays of shape (e,). mi_xt is None. mi_ty_low is two standard errors over samples
        below, mi_ty_high as much above and what more samples would probably add. Ceiling H(Y). Diagnostics:
        `stderr_ty`; `network_ty`, by the network alone, and `training_ty`, that on its training samples; `half_way_ty`,
        after half the steps; `from_half_ty`, what all samples give more than half of them, and its `stderr_half_ty`;
        `votes_ty`, the weight of neighbours.

    Raises:
        ValueError: an activation is not finite, or n is below 4 samples a fold.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 4 * folds:
        raise ValueError(f"{n} samples are too few for {folds} folds; at least {4 * folds} are needed")
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    h_y = label_entropy(labels)
    fits = [CrossFit()] * epochs
    if len(counts) > 1:
        fits = [_cross_fit(each, labels, h_y, seed, folds, hidden, steps, batch_size) for each in t]
    found = side_by_side(fits)
    mi_ty, allowed = found.mi_ty, label_tolerance(h_y)
    chance = STANDARD_ERRORS * found.stderr
    above = chance + STILL_TO_COME * np.maximum(found.from_half + found.stderr_half, 0)
    of_labels = STANDARD_ERRORS * label_entropy_error(labels)
    by_neighbours = np.minimum(mi_ty - found.network, h_y - mi_ty)
    raised = {
        OVERFIT: allowed.is_exceeded_by(np.maximum(found.on_training - found.network, 0), mi_ty),
        UNCONVERGED: allowed.is_exceeded_by(np.maximum(mi_ty - found.half_way, by_neighbours).clip(0), mi_ty),
        FEW_SAMPLES: allowed.is_exceeded_by(np.maximum(above, of_labels), mi_ty) | (mi_ty < -allowed.nats),
    }
    return Information(
        mi_ty=mi_ty,
        mi_ty_low=mi_ty - chance,
        mi_ty_high=mi_ty + above,
        ceiling_ty=np.full(epochs, h_y),
        flag_ty=join_flags(raised),
        diagnostics={
            "stderr_ty": found.stderr,
            "training_ty": found.on_training,
            "network_ty": found.network,
            "half_way_ty": found.half_way,
            "from_half_ty": found.from_half,
            "stderr_half_ty": found.stderr_half,
            "votes_ty": found.votes,
        },
    )


def _cross_fit(
    t: Tensor | Rows, labels: Tensor, h_y: float, seed: int, folds: int, hidden: int, steps: int, batch_size: int
) -> CrossFit:
    n, classes = len(t), int(labels.max()) + 1
    draw = torch.Generator().manual_seed(seed)
    held = deal(n, folds, draw, t.device)
    seen = [all_but(held, fold) for fold in range(folds)]
    # stacked folds are equally long: the few samples too many are seen by the other models
    length = min(MOST_SEEN, *(len(each) for each in seen))
    seen = [each[torch.randperm(len(each), generator=draw)[:length].to(t.device)] for each in seen]
    aside = max(1, length // SET_ASIDE)
    checks, fits = [each[:aside] for each in seen], [each[aside:] for each in seen]
    # half of the samples twice: of the length of the others, and with as much to learn from as half
    halves = [each[: len(each) // 2].repeat(3)[: len(each)] for each in fits[:HALVED]]
    checks, fits = checks + checks[:HALVED], fits + halves
    maps = [_values(t[each], labels[each], classes) for each in fits]
    width = max(to_values(t[:1]).shape[1] for to_values in maps)

    def values(member: int, rows: Tensor) -> Tensor:
        v = maps[member](t[rows])
        return torch.nn.functional.pad(v, (0, width - v.shape[1]))

    def stacked(part: list[Tensor]) -> Samples:
        of_each = torch.empty(len(part), len(part[0]), width, device=t.device)
        for member, rows in enumerate(part):
            of_each[member] = values(member, rows)
        return Samples(of_each, torch.stack([labels[rows] for rows in part]))

    fit, check = stacked(fits), stacked(checks)
    linear = fit_linear(fit, check, classes, hidden, draw)
    half, last = fit_hidden(linear, fit, check, steps, batch_size, draw) if steps else (linear, linear)
    prior = torch.bincount(labels).float() / n

    def readings(member: int, rows: Tensor) -> Tensor:
        """q(y|t) half-way, at the end, linear, of neighbours, and the prior, shape (readers, m, classes)."""
        v = values(member, rows)[None]
        q = [model.of(member).probabilities(v)[0] for model in (half, last, linear)]
        references = (fits[member].unique() if member >= folds else fits[member])[:MOST_REFERENCES]
        return torch.stack(
            [*q, *neighbour_votes(t[rows], t[references], labels[references], prior), prior.expand_as(q[0])]
        )

    gains, half_way, alone = (torch.empty(n, dtype=torch.float64, device=t.device) for _ in range(3))
    votes, from_half = 0.0, []
    for member in range(folds + HALVED):
        together = Together(readings(member, checks[member])[1:], labels[checks[member]])
        if member < folds:
            votes += float(together.weights[3:-1].sum()) / folds
        for rows in _at_a_time(held[member % folds]):
            of_test = readings(member, rows)
            gain = together.log_likelihood(of_test[1:], labels[rows])
            if member >= folds:
                from_half.append(gains[rows] - h_y - gain)
                continue
            gains[rows] = h_y + gain
            alone[rows] = h_y + likelihoods(of_test[1], labels[rows]).log().double()
            half_way[rows] = h_y + together.log_likelihood(of_test[[0, *range(2, len(of_test))]], labels[rows])
    difference = torch.cat(from_half)
    return CrossFit(
        float(gains.mean()),
        float((gains - prior[labels].double().log()).std()) / math.sqrt(n),
        h_y - float(loss(last, fit)[:folds].mean()),
        float(alone.mean()),
        float(half_way.mean()),
        float(difference.mean()),
        float(difference.std()) / math.sqrt(len(difference)),
        votes,
    )


def _at_a_time(rows: Tensor) -> Sequence[Tensor]:
    """Numbers of samples to predict together; many are in the order in which they are stored."""
    return [rows] if len(rows) <= PREDICTED else rows.sort().values.split(PREDICTED)


def _values(t: Tensor, labels: Tensor, classes: int) -> Callable[[Tensor], Tensor]:
    """What the network sees: units under their maps, and products of units that go with a label."""
    scores, products = class_scores(t, labels, classes), sign_products(t, labels, classes)
    return lambda values: torch.cat([scores(values), products(values)], 1)
