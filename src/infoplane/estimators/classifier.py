"""Classifier: I(T;Y) from how well labels are predicted, as a lower bound that never exceeds H(Y).

Problem: I(T;Y) of wide layers, where densities cannot be estimated but classes can. On a network layer it is what a
small network reads from T about the label; no noise is added. I(X;T) is not given.

    I(T;Y) >= H(Y) - mean_i[ -ln q(y_i|t_i) ],

for any q that has not seen sample i: samples are predicted by the model of the other folds. Equality holds for
q = p(y|t). Units are first mapped so that a unit is a mixture of Gaussians of equal width with the classes as
components, as near as a strictly increasing map can (of Gaussian classes after any monotone maps it restores Gaussian
classes, for which the logarithm of p(y|t) is linear); q = softmax(linear + one hidden layer), the linear part fitted
first, the hidden layer where it improves on samples set aside.

Assumptions: none for the bound; the closeness rests on what the model can learn from (folds - 1)/folds of the samples.
Cost O(e n d (classes + hidden) (steps + folds)). It lies low where classes are told apart by what a small network does
not find (high parities) or d is large against n. The model's value on its own training samples is above what it could
reach at best, the held-out one below: `overfit` flags a difference above .1 nats and 10 %; `unconverged`: half the
steps did worse by more than that.

References: McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, AISTATS,
arXiv:1811.04251; eq. 1. Pichler et al. (2022) on classifiers as bounds of information. Barber & Agakov (2003), The IM
algorithm: a variational approach to information maximization, NeurIPS, for the bound.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor
from torch.nn.functional import cross_entropy

from infoplane.estimators.parts.by_epoch import side_by_side
from infoplane.estimators.parts.class_scores import class_scores
from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.folds import all_but, deal
from infoplane.estimators.parts.inputs import check_activations
from infoplane.information import OVERFIT, UNCONVERGED, Information, Tolerance, join_flags

MEASURES_XT = None
MEASURES_TY = "I(T;Y), classified"

GAP = Tolerance(nats=0.1, share=0.1)
"""How much more training samples may give than held-out ones, and all steps more than half of them."""
RIDGES = (1e-1, 1e-2, 1e-3, 1e-4)
"""Weights of the squared coefficients, strongest first: each fit starts from the last."""
SET_ASIDE = 8
"""One in so many training samples chooses the ridge and when to stop."""
LEARNING_RATE, WEIGHT_DECAY = 3e-2, 1e-2
CHECKS = 12
"""How often the hidden layer is tried on the samples set aside."""


class CrossFit(NamedTuple):
    """I(T;Y) of one epoch, in nats.

    Attributes:
        mi_ty: on held-out samples.
        stderr: its standard error over samples.
        on_training: on training samples.
        half_way: on held-out samples after half the steps.
    """

    mi_ty: float = 0.0
    stderr: float = 0.0
    on_training: float = 0.0
    half_way: float = 0.0


class Model(NamedTuple):
    """Weights of one model a fold, stacked: linear (f, d, c), hidden (f, d, h), out (f, h, c), and their offsets."""

    linear: Tensor
    offset: Tensor
    hidden: Tensor
    threshold: Tensor
    out: Tensor

    def logits(self, values: Tensor) -> Tensor:
        """Of shape (f, n, c), from values of shape (f, n, d)."""
        inner = torch.relu(torch.baddbmm(self.threshold, values, self.hidden))
        return torch.baddbmm(torch.baddbmm(self.offset, values, self.linear), inner, self.out)


def estimate(
    x: Tensor,
    t: Tensor,
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
        below, mi_ty_high the value on training samples, or two standard errors above if that is more. Ceiling H(Y).

    Raises:
        ValueError: an activation is not finite, or n is below 4 samples a fold.
    """
    check_activations(t)
    epochs, n = t.shape[:2]
    if n < 4 * folds:
        raise ValueError(f"{n} samples are too few for {folds} folds; at least {4 * folds} are needed")
    labels, counts = torch.unique(y, return_inverse=True, return_counts=True)[1:]
    h_y = label_entropy(y)
    fits = [CrossFit()] * epochs
    if len(counts) > 1:
        fits = [_cross_fit(each, labels, h_y, seed, folds, hidden, steps, batch_size) for each in t]
    mi_ty, error, on_training, half_way = side_by_side(fits)
    return Information(
        mi_ty=mi_ty,
        mi_ty_low=mi_ty - 2 * error,
        mi_ty_high=np.maximum(mi_ty + 2 * error, on_training),
        ceiling_ty=np.full(epochs, h_y),
        flag_ty=join_flags(
            {OVERFIT: on_training - mi_ty > GAP.at(mi_ty), UNCONVERGED: mi_ty - half_way > GAP.at(mi_ty)}
        ),
        diagnostics={"training_ty": on_training, "half_way_ty": half_way},
    )


def _cross_fit(
    t: Tensor, labels: Tensor, h_y: float, seed: int, folds: int, hidden: int, steps: int, batch_size: int
) -> CrossFit:
    n, classes = len(t), int(labels.max()) + 1
    draw = torch.Generator().manual_seed(seed)
    held = deal(n, folds, draw, t.device)
    seen = [all_but(held, fold) for fold in range(folds)]
    # stacked folds are equally long: the few samples too many are seen by the other models
    length = min(len(each) for each in seen)
    rows = torch.stack([each[torch.randperm(len(each), generator=draw)[:length].to(t.device)] for each in seen])
    aside = max(1, length // SET_ASIDE)
    maps = [class_scores(t[each], labels[each], classes) for each in rows]
    inputs = torch.stack([to_scores(t[each]) for to_scores, each in zip(maps, rows, strict=True)])
    targets = labels[rows]
    check, fit = (inputs[:, :aside], targets[:, :aside]), (inputs[:, aside:], targets[:, aside:])
    model = _fit_linear(*fit, *check, classes, hidden, draw)
    states = [model, *_fit_hidden(model, *fit, *check, steps, batch_size, draw)]

    def per_sample(state: Model) -> Tensor:
        gains = torch.empty(n, device=t.device)
        for fold, each in enumerate(held):
            model = Model(*(weights[fold : fold + 1] for weights in state))
            logits = model.logits(maps[fold](t[each])[None])[0]
            gains[each] = h_y - cross_entropy(logits, labels[each], reduction="none")
        return gains.double()

    gains = per_sample(states[-1])
    on_training = h_y - float(_loss(states[-1], *fit).mean())
    half_way = float(per_sample(states[-2]).mean())
    return CrossFit(float(gains.mean()), float(gains.std()) / math.sqrt(n), on_training, half_way)


def _loss(model: Model, inputs: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of each fold, shape (f,)."""
    return cross_entropy(model.logits(inputs).transpose(1, 2), targets, reduction="none").mean(1)


def _fit_linear(
    inputs: Tensor,
    targets: Tensor,
    check: Tensor,
    check_targets: Tensor,
    classes: int,
    hidden: int,
    draw: torch.Generator,
) -> Model:
    """Multinomial logistic regression; the ridge is the one that does best on samples set aside, fold by fold."""
    f, _, d = inputs.shape
    zeros = torch.zeros(f, d, classes, device=inputs.device)
    offset = torch.bincount(targets.flatten(), minlength=classes).add(1.0).log().expand(f, 1, -1).clone()
    first = torch.randn(f, d, hidden, generator=draw).to(inputs.device) / math.sqrt(d)
    threshold = torch.randn(f, 1, hidden, generator=draw).to(inputs.device)
    model = Model(zeros, offset, first, threshold, torch.zeros(f, hidden, classes, device=inputs.device))
    best, best_loss = model, _loss(model, check, check_targets)
    linear, offset = zeros.clone().requires_grad_(True), offset.clone().requires_grad_(True)
    flat = targets.flatten()
    for ridge in RIDGES:
        optimizer = torch.optim.LBFGS([linear, offset], max_iter=25, history_size=8, line_search_fn="strong_wolfe")

        def closure(ridge=ridge, optimizer=optimizer):
            optimizer.zero_grad()
            loss = f * cross_entropy(torch.baddbmm(offset, inputs, linear).flatten(0, 1), flat)
            loss = loss + ridge / 2 * linear.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        with torch.no_grad():
            fitted = model._replace(linear=linear.clone(), offset=offset.clone())
            best, best_loss = _better(fitted, best, _loss(fitted, check, check_targets), best_loss)
    return best


def _better(one: Model, other: Model, loss: Tensor, other_loss: Tensor) -> tuple[Model, Tensor]:
    """The better of two models in each fold."""
    wins = (loss < other_loss)[:, None, None]
    return Model(*(torch.where(wins, a, b) for a, b in zip(one, other, strict=True))), torch.minimum(loss, other_loss)


def _fit_hidden(
    model: Model,
    inputs: Tensor,
    targets: Tensor,
    check: Tensor,
    check_targets: Tensor,
    steps: int,
    batch_size: int,
    draw: torch.Generator,
) -> list[Model]:
    """The best model on samples set aside after half the steps and after all of them."""
    with torch.no_grad():
        best, best_loss = model, _loss(model, check, check_targets)
    weights = Model(*(each.clone().requires_grad_(True) for each in model))
    optimizer = torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    f, n = targets.shape
    states = []
    for step in range(steps):
        rate = min(1.0, 10 * (step + 1) / steps) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate
        rows = torch.randint(n, (f, batch_size), generator=draw).to(inputs.device)
        batch = inputs.gather(1, rows[:, :, None].expand(-1, -1, inputs.shape[2]))
        optimizer.zero_grad()
        loss = f * cross_entropy(weights.logits(batch).flatten(0, 1), targets.gather(1, rows).flatten())
        loss.backward()
        optimizer.step()
        if (step + 1) % max(1, steps // CHECKS) == 0 or step + 1 == steps:
            with torch.no_grad():
                current = Model(*(each.detach().clone() for each in weights))
                best, best_loss = _better(current, best, _loss(current, check, check_targets), best_loss)
        if step + 1 == steps // 2:
            states.append(best)
    return [*states, best]
