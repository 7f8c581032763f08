"""The critic of I(T;Y): what is known in closed form, what a network learns, and how far either is believed."""

import torch
from torch import Tensor

from infoplane.estimators.mine.critics import Classifier, Networks
from infoplane.estimators.mine.fitting import History, Optimisation, Phase, best_scale, fit, minibatch
from infoplane.estimators.mine.label_log_ratios import labels_by_fold
from infoplane.estimators.parts.folds import Folds


class LabelCritic:
    """A critic for each fold, with an output a class: beliefs times the closed form and times the network.

    Args:
        t: shape (n, d).
        y: labels numbered from 0 without gaps, shape (n,).
        folds: the cross-fit.
        networks: what they look like.
        generator: of initial weights, minibatches and disturbances.
    """

    def __init__(self, t: Tensor, y: Tensor, folds: Folds, networks: Networks, generator: torch.Generator):
        self.y, self.folds, self.networks, self.generator = y, folds, networks, generator
        self.log_prior = (torch.bincount(y).double() / len(y)).log()
        self.closed_forms, self.inputs = labels_by_fold(t, y, self.log_prior, folds)
        members, classes = len(folds.test) * networks.ensemble, len(self.log_prior)
        d, disturbance = self.inputs.shape[-1], networks.disturbance
        self.network = Classifier(members, d, networks.hidden, classes, generator, disturbance)
        self.fold = torch.arange(len(folds.test), device=t.device)[:, None]
        held = self.closed_form(folds.held)
        scale = best_scale(lambda scale: self.log_ratio(scale * held, folds.held).mean(-1))
        self.believed_closed_form = scale[:, None, None]
        self.believed_learned = torch.zeros_like(self.believed_closed_form)

    def closed_form(self, rows: Tensor) -> Tensor:
        """The closed form at samples `rows` of shape (folds, r), shape (folds, r, classes)."""
        return self.closed_forms[self.fold, rows]

    def learned(self, rows: Tensor, training: bool = False) -> Tensor:
        """The networks at the same samples, shape (ensemble, folds, r, classes)."""
        out = self.network(self.inputs[self.fold, rows].repeat(self.networks.ensemble, 1, 1), training)
        return out.unflatten(0, (self.networks.ensemble, len(self.folds.test)))

    def log_ratio(self, f: Tensor, rows: Tensor) -> Tensor:
        """ln q(y|t) / p(y) of the samples' own labels, from critic values of shape (..., folds, r, classes)."""
        f = torch.log_softmax(self.log_prior + f, -1) - self.log_prior
        return f.gather(-1, self.y[rows].expand(f.shape[:-1])[..., None]).squeeze(-1)

    def train(self, optimisation: Optimisation) -> History:
        """Train the networks, and decide how far they are believed."""
        folds, believed = self.folds, self.believed_closed_form
        few = folds.train[:, : folds.held.shape[1]]

        def loss(_: int) -> Tensor:
            rows = minibatch(folds.train, optimisation.batch, self.generator)
            f = believed * self.closed_form(rows) + self.learned(rows, training=True)
            return -self.log_ratio(f, rows).mean(-1).sum()

        def value(rows: Tensor) -> Tensor:
            return self.log_ratio(believed * self.closed_form(rows) + self.learned(rows).mean(0), rows).mean(-1)

        phases = [Phase(self.network.weights, self.networks.weight_decay)]
        history = fit(phases, loss, lambda _: (value(few), value(folds.held)), optimisation)
        with torch.no_grad():
            closed_form, learned = believed * self.closed_form(folds.held), self.learned(folds.held).mean(0)
            scale = best_scale(lambda scale: self.log_ratio(closed_form + scale * learned, folds.held).mean(-1))
        self.believed_learned = scale[:, None, None]
        return history

    @torch.no_grad()
    def evaluate(self) -> Tensor:
        """ln q(y|t) / p(y) of the test samples of each fold, shape (folds, m)."""
        test = self.folds.test
        closed_form = self.believed_closed_form * self.closed_form(test)
        return self.log_ratio(closed_form + self.believed_learned * self.learned(test).mean(0), test)
