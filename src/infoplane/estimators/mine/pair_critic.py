"""The critic of I(X;T): what is known in closed form, what networks learn, and how far either is believed."""

import math
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from infoplane.estimators.mine.axis import by_epoch
from infoplane.estimators.mine.critics import Coordinatewise, Networks
from infoplane.estimators.mine.fitting import History, Phase, best_scale, fit
from infoplane.estimators.mine.members import Members
from infoplane.estimators.mine.pairs import Pairs
from infoplane.estimators.parts.closed_forms.worth import sample_value
from infoplane.estimators.parts.folds import Folds, for_epochs
from infoplane.estimators.parts.memberwise_adam import Optimisation, minibatch
from infoplane.estimators.parts.pairing import FEATURES
from infoplane.estimators.parts.streams import Streams
from infoplane.information import SATURATION_REACH
from infoplane.objectives import bounds
from infoplane.objectives.critics import Concat, Separable

MOST_PAIRS = {"cpu": 2**22, "cuda": 2**27}
"""Critic values that are held in memory at once."""
LEAST_RANK = 4
"""Of each pair of coordinates."""
COORDINATEWISE_DECAY = 0.1
"""Weight decay of networks that are shared by coordinates, as a share of the others', which have less data."""
OF_COMPONENTS = 0.2
"""Share of the steps in which they are trained at most where coordinates are principal components: of images, no two of
which belong together, they learn little, and for long."""


class PairCritic:
    """Critics for each fold of each epoch: beliefs times the closed form and times the networks, at all pairs.

    Args:
        pairs: what the critics start from and see.
        folds: the cross-fit, the same at each epoch.
        networks: what they look like.
        streams: of initial weights and minibatches; of disturbances, too, where there is one epoch.
    """

    def __init__(self, pairs: Pairs, folds: Folds, networks: Networks, streams: Streams):
        self.pairs, self.training, self.networks, self.streams = pairs, folds.train, networks, streams
        self.folds = for_epochs(folds, streams.epochs)
        self.members = Members(streams.epochs, networks.ensemble, len(folds.test))
        hidden, rank, a_fold = networks.hidden, networks.rank, networks.ensemble * len(folds.test)
        each_rank = max(LEAST_RANK, rank // pairs.coordinates_x.shape[2])
        self.coordinatewise = Coordinatewise(a_fold, FEATURES, [-(-w // 2) for w in hidden], each_rank, streams)
        widths, members = (pairs.x.shape[-1], pairs.t.shape[-1]), a_fold * streams.epochs
        common = (networks.disturbance, streams.generator(0), members, streams.normal)
        is_separable = networks.critic == "separable"
        self.whole = Separable(*widths, hidden, rank, *common) if is_separable else Concat(*widths, hidden, *common)
        self.critic = self.members.spread(torch.arange(len(self.folds.test), device=pairs.x.device))[:, None]
        # as many training as held-out samples, so that one value can be compared with the other
        held = self.folds.held
        self.few = self.folds.train[:, : held.shape[1]]
        closed_few, closed_held = self.closed_form(self.few, self.few), self.closed_form(held, held)
        self.believed_closed_form = best_scale(lambda scale: sample_value(scale * closed_held))[:, None, None]
        self.closed_few = self.believed_closed_form * closed_few
        self.closed_held = self.believed_closed_form * closed_held
        self.believed_learned = torch.zeros_like(self.believed_closed_form)

    def closed_form(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The closed form at all pairs of inputs `rows` (critics, r) and representations `columns` (critics, c)."""
        return self.pairs.closed_form.take(rows).matrix(self.pairs.closed_form.take(columns))

    def learned(self, rows: Tensor, columns: Tensor, phase: int = 1, training: bool = False) -> Tensor:
        """The networks up to this phase at the same pairs, shape (ensemble, critics, r, c)."""
        rows, columns = self.members.spread(rows), self.members.spread(columns)
        pairs, critic = self.pairs, self.critic
        f = self.coordinatewise(pairs.coordinates_x[critic, rows], pairs.coordinates_t[critic, columns])
        if phase:
            f = f + self.whole.train(training)(pairs.x[critic, rows], pairs.t[critic, columns])
        return self.members.gathered(f)

    def train(self, objective: str, optimisation: Optimisation) -> list[History]:
        """Train the networks, the coordinatewise ones first, and decide how far they are believed."""
        folds, running_mean = self.folds, {}
        draw = partial(minibatch, self.training, optimisation.batch)

        def loss(phase: int, running: list[bool]) -> Tensor:
            rows = self.streams.draw(draw, running).flatten(0, 1)
            closed_form = self.believed_closed_form * self.closed_form(rows, rows)
            f = closed_form + self.learned(rows, rows, phase, training=True)
            before = dict(running_mean)
            values = bounds.objective(f.flatten(0, 1), objective, running_mean)
            if before and not all(running):
                runs = torch.tensor(running, device=rows.device).repeat_interleave(self.members.folds)
                runs = runs.repeat(self.members.ensemble)
                for name, mean in before.items():
                    running_mean[name] = torch.where(runs, running_mean[name], mean)
            return values.sum()

        def values(phase: int) -> tuple[Tensor, Tensor]:
            train = sample_value(self.closed_few + self.learned(self.few, self.few, phase).mean(0))
            held = self.closed_held + self.learned(folds.held, folds.held, phase).mean(0)
            return train, sample_value(held)

        decay = self.networks.weight_decay
        most = OF_COMPONENTS if self.pairs.is_of_components else 1.0
        coordinatewise = Phase(self.coordinatewise.weights, COORDINATEWISE_DECAY * decay, most)
        phases = [coordinatewise, Phase(self.whole.weights, decay)]
        enough = min(SATURATION_REACH * math.log(folds.test.shape[1]), 0.99 * math.log(folds.held.shape[1]))
        histories = fit(phases, loss, values, optimisation, self.streams, enough)
        with torch.no_grad():
            learned = self.learned(folds.held, folds.held).mean(0)
            scale = best_scale(lambda scale: sample_value(self.closed_held + scale * learned))
        self.believed_learned = scale[:, None, None]
        return histories

    @property
    def has_heavy_tails(self) -> list[bool]:
        """For each epoch, whether most folds start from Student's dependence."""
        tails = self.pairs.closed_form.tails
        if tails is None:
            return [False] * self.members.epochs
        return (by_epoch(tails.power > 0, self.members.epochs).mean(1) > 0.5).tolist()

    def gap_of_closed_form(self) -> Tensor:
        """Its value on training samples minus that on held-out ones, shape (critics,)."""
        return sample_value(self.closed_few) - sample_value(self.closed_held)

    @torch.no_grad()
    def evaluate(self, tau: float) -> bounds.Evaluation:
        """The bounds on the test samples of each critic; `tau` is the clip of smile."""
        return bounds.evaluate(self._test_blocks(), tau)

    def _test_blocks(self) -> Iterator[Tensor]:
        """The critics at all pairs of test samples, shape (critics, rows, m), as many rows at once as memory holds."""
        test = self.folds.test
        wide = self.networks.hidden[0] if self.networks.critic == "concat" else 1
        most = MOST_PAIRS[test.device.type]
        for rows in test.split(max(1, most // (test.numel() * self.networks.ensemble * wide)), dim=1):
            f = self.believed_closed_form * self.closed_form(rows, test)
            if bool(self.believed_learned.any()):
                f = f + self.believed_learned * self.learned(rows, test).mean(0)
            yield f
