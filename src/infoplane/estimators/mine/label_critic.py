"""The critic of I(T;Y): what is known in closed form, what a network learns, and how far either is believed."""

from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.mine.critics import Classifier, Networks
from infoplane.estimators.mine.fitting import History, Phase, best_scale, fit
from infoplane.estimators.mine.label_log_ratios import labels_by_fold
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.label_channel import label_probabilities
from infoplane.estimators.parts.memberwise_adam import Optimisation, minibatch
from infoplane.estimators.parts.mixed_readers import Together
from infoplane.estimators.parts.neighbour_votes import neighbour_votes


class Gains(NamedTuple):
    """ln q(y|t) / p(y) of samples, shape (folds, samples).

    Attributes:
        together: of test samples, by critic and neighbours together.
        alone: of test samples, by the critic alone.
        held: of held-out samples, together.
    """

    together: Tensor
    alone: Tensor
    held: Tensor


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
        self.t = t
        self.closed_forms, self.channels, self.inputs = labels_by_fold(t, y, self.log_prior, folds)
        members, classes = len(folds.test) * networks.ensemble, len(self.log_prior)
        d, disturbance = self.inputs.shape[-1], networks.disturbance
        self.network = Classifier(members, d, networks.hidden, classes, generator, disturbance)
        self.fold = torch.arange(len(folds.test), device=t.device)[:, None]
        held = self.closed_form(folds.held)
        # moves away from the first channel decay like the other weights
        self.moved = torch.zeros_like(self.channels).repeat(networks.ensemble, 1, 1)
        scale = best_scale(lambda scale: self.log_ratio(scale * held, folds.held).mean(-1))
        self.believed_closed_form = scale[:, None, None]
        self.believed_learned = torch.zeros_like(self.believed_closed_form)

    def closed_form(self, rows: Tensor) -> Tensor:
        """The closed form at samples `rows` of shape (folds, r), shape (folds, r, classes)."""
        return self.closed_forms[self.fold, rows]

    def learned(self, rows: Tensor, training: bool = False) -> Tensor:
        """The networks at the same samples, shape (ensemble, folds, r, classes)."""
        out = self.network.train(training)(self.inputs[self.fold, rows].repeat(self.networks.ensemble, 1, 1))
        return out.unflatten(0, (self.networks.ensemble, len(self.folds.test)))

    def probabilities(self, f: Tensor) -> Tensor:
        """q(y|t), from critic values of shape (..., folds, r, classes)."""
        moved = self.moved.unflatten(0, (self.networks.ensemble, len(self.channels)))
        moved = moved if f.dim() > 3 else moved.mean(0)
        return label_probabilities((self.log_prior + f).float(), self.channels + moved)

    def log_ratio(self, f: Tensor, rows: Tensor) -> Tensor:
        """ln q(y|t) / p(y) of the samples' own labels, from critic values of shape (..., folds, r, classes)."""
        q = self.probabilities(f)
        own = q.gather(-1, self.y[rows].expand(q.shape[:-1])[..., None]).squeeze(-1).log()
        return own - self.log_prior[self.y[rows]]

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

        phases = [Phase([*self.network.weights, self.moved], self.networks.weight_decay)]
        history = fit(phases, loss, lambda _: (value(few), value(folds.held)), optimisation)
        with torch.no_grad():
            closed_form, learned = believed * self.closed_form(folds.held), self.learned(folds.held).mean(0)
            scale = best_scale(lambda scale: self.log_ratio(closed_form + scale * learned, folds.held).mean(-1))
        self.believed_learned = scale[:, None, None]
        return history

    @torch.no_grad()
    def evaluate(self) -> "Gains":
        """What each fold's critic, and the neighbours with it, say of its test and held-out samples."""
        folds, y = self.folds, self.y
        held, test = (self._critic(rows) for rows in (folds.held, folds.test))
        parts = []
        for fold in range(len(folds.test)):
            of_held, of_test = folds.held[fold], folds.test[fold]
            by_held, by_test = (
                self._readers(q[fold], rows, folds.train[fold]) for q, rows in ((held, of_held), (test, of_test))
            )
            together = Together(by_held, y[of_held])
            alone = test[fold].gather(1, y[of_test, None])[:, 0].double().log()
            log_q = together.log_likelihood(by_test, y[of_test]), alone, together.log_likelihood(by_held, y[of_held])
            of_each = of_test, of_test, of_held
            parts.append([each - self.log_prior[y[rows]] for each, rows in zip(log_q, of_each, strict=True)])
        return Gains(*(torch.stack(each) for each in zip(*parts, strict=True)))

    def _critic(self, rows: Tensor) -> Tensor:
        """q(y|t) of each fold's rows by its critic, shape (folds, r, classes)."""
        closed_form = self.believed_closed_form * self.closed_form(rows)
        return self.probabilities(closed_form + self.believed_learned * self.learned(rows).mean(0))

    def _readers(self, critic: Tensor, rows: Tensor, train: Tensor) -> Tensor:
        """The critic, the neighbours and the prior side by side, shape (readers, r, classes)."""
        prior = self.log_prior.exp().float()
        votes = neighbour_votes(self.t[rows], self.t[train], self.y[train], prior)
        return torch.stack([critic, *votes, prior.expand_as(critic)])
