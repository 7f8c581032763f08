"""The critic of I(T;Y): what is known in closed form, what a network learns, and how far either is believed."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.mine.critics import Classifier, Networks
from infoplane.estimators.mine.fitting import History, Phase, best_scale, fit
from infoplane.estimators.mine.label_log_ratios import ByFold, log_prior_of
from infoplane.estimators.mine.members import Members
from infoplane.estimators.parts.by_epoch import epochs_together
from infoplane.estimators.parts.folds import Folds, for_epochs
from infoplane.estimators.parts.label_channel import label_probabilities
from infoplane.estimators.parts.memberwise_adam import Optimisation, minibatch
from infoplane.estimators.parts.mixed_readers import Together
from infoplane.estimators.parts.neighbour_votes import neighbour_votes
from infoplane.estimators.parts.streams import Streams


class Gains(NamedTuple):
    """ln q(y|t) / p(y) of samples, shape (critics, samples).

    Attributes:
        together: of test samples, by critic and neighbours together.
        alone: of test samples, by the critic alone.
        held: of held-out samples, together.
    """

    together: Tensor
    alone: Tensor
    held: Tensor


class LabelCritic:
    """A critic for each fold of each epoch, with an output a class: beliefs times the closed form and the network.

    Args:
        t: shape (e, n, d).
        y: labels numbered from 0 without gaps, shape (n,).
        start: what the critics start from and see, of these epochs.
        folds: the cross-fit, the same at each epoch.
        networks: what they look like.
    """

    def __init__(self, t: Tensor, y: Tensor, start: ByFold, folds: Folds, networks: Networks):
        self.t, self.y, self.training, self.networks = t, y, folds.train, networks
        self.log_prior = log_prior_of(y)
        self.closed_forms, self.channels, self.inputs = (each.flatten(0, 1) for each in start[:3])
        self.folds = for_epochs(folds, len(t))
        self.members = Members(len(t), networks.ensemble, len(folds.test))
        self.critic = torch.arange(len(self.folds.test), device=t.device)[:, None]
        held = self.closed_form(self.folds.held)
        # moves away from the first channel decay like the other weights
        self.moved = self.members.spread(torch.zeros_like(self.channels)).contiguous()
        scale = best_scale(lambda scale: self.log_ratio(scale * held, self.folds.held).mean(-1))
        self.believed_closed_form = scale[:, None, None]
        self.believed_learned = torch.zeros_like(self.believed_closed_form)

    def closed_form(self, rows: Tensor) -> Tensor:
        """The closed form at samples `rows` of shape (critics, r), shape (critics, r, classes)."""
        return self.closed_forms[self.critic, rows]

    def learned(self, rows: Tensor, training: bool = False) -> Tensor:
        """The networks at the same samples, shape (ensemble, critics, r, classes)."""
        seen = self.members.spread(self.inputs[self.critic, rows])
        return self.members.gathered(self.network.train(training)(seen))

    def probabilities(self, f: Tensor) -> Tensor:
        """q(y|t), from critic values of shape (..., critics, r, classes)."""
        moved = self.members.gathered(self.moved)
        moved = moved if f.dim() > 3 else moved.mean(0)
        return label_probabilities((self.log_prior + f).float(), self.channels + moved)

    def log_ratio(self, f: Tensor, rows: Tensor) -> Tensor:
        """ln q(y|t) / p(y) of the samples' own labels, from critic values of shape (..., critics, r, classes)."""
        q = self.probabilities(f)
        own = q.gather(-1, self.y[rows].expand(q.shape[:-1])[..., None]).squeeze(-1).log()
        return own - self.log_prior[self.y[rows]]

    def train(self, optimisation: Optimisation, streams: Streams) -> list[History]:
        """Train the networks, and decide how far they are believed.

        Args:
            streams: of initial weights and minibatches; of disturbances, too, where there is one epoch.
        """
        folds, believed, classes = self.folds, self.believed_closed_form, len(self.log_prior)
        few, a_fold = folds.train[:, : folds.held.shape[1]], self.members.ensemble * self.members.folds
        hidden, disturbance = self.networks.hidden, self.networks.disturbance
        self.network = Classifier(a_fold, self.inputs.shape[-1], hidden, classes, streams, disturbance)
        draw = partial(minibatch, self.training, optimisation.batch)

        def loss(_: int, running: list[bool]) -> Tensor:
            rows = streams.draw(draw, running).flatten(0, 1)
            f = believed * self.closed_form(rows) + self.learned(rows, training=True)
            return -self.log_ratio(f, rows).mean(-1).sum()

        def value(rows: Tensor) -> Tensor:
            return self.log_ratio(believed * self.closed_form(rows) + self.learned(rows).mean(0), rows).mean(-1)

        phases = [Phase([*self.network.weights, self.moved], self.networks.weight_decay)]
        histories = fit(phases, loss, lambda _: (value(few), value(folds.held)), optimisation, streams)
        with torch.no_grad():
            closed_form, learned = believed * self.closed_form(folds.held), self.learned(folds.held).mean(0)
            scale = best_scale(lambda scale: self.log_ratio(closed_form + scale * learned, folds.held).mean(-1))
        self.believed_learned = scale[:, None, None]
        return histories

    @torch.no_grad()
    def evaluate(self) -> "Gains":
        """What each critic, and the neighbours with it, say of its test and held-out samples."""
        of_held, of_test = self.folds.held, self.folds.test
        by_held, by_test = (self._readers(self._critic(rows), rows) for rows in (of_held, of_test))
        together = Together(by_held, self.y[of_held])
        alone = by_test[:, 0].gather(2, self.y[of_test][..., None])[..., 0].double().log()
        log_q = (
            together.log_likelihood(by_test, self.y[of_test]),
            alone,
            together.log_likelihood(by_held, self.y[of_held]),
        )
        of_each = of_test, of_test, of_held
        return Gains(*(each - self.log_prior[self.y[rows]] for each, rows in zip(log_q, of_each, strict=True)))

    def _critic(self, rows: Tensor) -> Tensor:
        """q(y|t) of each critic's rows, shape (critics, r, classes)."""
        closed_form = self.believed_closed_form * self.closed_form(rows)
        return self.probabilities(closed_form + self.believed_learned * self.learned(rows).mean(0))

    def _readers(self, by_critic: Tensor, rows: Tensor) -> Tensor:
        """The critic, the neighbours and the prior side by side, shape (critics, readers, r, classes)."""
        prior, votes, seen = self.log_prior.exp().float(), [], self.folds.train
        at_a_time = epochs_together(seen.shape[1] * rows.shape[1], rows.device)
        for first in range(0, len(rows), at_a_time):
            # of one critic, matrices; of several, batches of them
            chosen = first if at_a_time == 1 else slice(first, first + at_a_time)
            epoch = self.critic[chosen] // self.members.folds
            t, references = self.t[epoch, rows[chosen]], self.t[epoch, seen[chosen]]
            found = neighbour_votes(t, references, self.y[seen[chosen]], prior)
            votes.append(found[None] if at_a_time == 1 else found)
        by_critic = by_critic[:, None]
        return torch.cat([by_critic, torch.cat(votes), prior.expand_as(by_critic)], 1)
