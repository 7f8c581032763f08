"""The critic of I(X;T): what is known in closed form, what networks learn, and how far either is believed."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from infoplane.estimators.mine.critics import Coordinatewise, Networks
from infoplane.estimators.mine.fitting import History, Phase, best_scale, fit
from infoplane.estimators.mine.systems import Pairs
from infoplane.estimators.parts.closed_forms.worth import sample_value
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.memberwise_adam import Optimisation, minibatch
from infoplane.estimators.parts.pairing import FEATURES
from infoplane.information import SATURATION_REACH
from infoplane.objectives import bounds
from infoplane.objectives.critics import Concat, Separable

MOST_PAIRS = 2**22
"""Critic values that are held in memory at once."""
LEAST_RANK = 4
"""Of each pair of coordinates."""
COORDINATEWISE_DECAY = 0.1
"""Weight decay of networks that are shared by coordinates, as a share of the others', which have less data."""


class PairCritic:
    """A critic for each fold: beliefs times the closed form and times the networks, both at all pairs of samples.

    Args:
        pairs: what the critics start from and see.
        folds: the cross-fit.
        networks: what they look like.
        generator: of initial weights, minibatches and disturbances.
    """

    def __init__(self, pairs: Pairs, folds: Folds, networks: Networks, generator: torch.Generator):
        self.pairs, self.folds, self.networks, self.generator = pairs, folds, networks, generator
        count, hidden, rank = len(folds.test), networks.hidden, networks.rank
        members, each_rank = count * networks.ensemble, max(LEAST_RANK, rank // pairs.coordinates_x.shape[2])
        self.coordinatewise = Coordinatewise(members, FEATURES, [-(-w // 2) for w in hidden], each_rank, generator)
        widths, common = (pairs.x.shape[-1], pairs.t.shape[-1]), (networks.disturbance, generator, members)
        is_separable = networks.critic == "separable"
        self.whole = Separable(*widths, hidden, rank, *common) if is_separable else Concat(*widths, hidden, *common)
        self.fold = torch.arange(count, device=pairs.x.device).repeat(networks.ensemble)[:, None]
        # as many training as held-out samples, so that one value can be compared with the other
        self.few = folds.train[:, : folds.held.shape[1]]
        closed_few, closed_held = self.closed_form(self.few, self.few), self.closed_form(folds.held, folds.held)
        self.believed_closed_form = best_scale(lambda scale: sample_value(scale * closed_held))[:, None, None]
        self.closed_few = self.believed_closed_form * closed_few
        self.closed_held = self.believed_closed_form * closed_held
        self.believed_learned = torch.zeros_like(self.believed_closed_form)

    def closed_form(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The closed form at all pairs of inputs `rows` (folds, r) and representations `columns` (folds, c)."""
        return self.pairs.closed_form.take(rows).matrix(self.pairs.closed_form.take(columns))

    def learned(self, rows: Tensor, columns: Tensor, phase: int = 1, training: bool = False) -> Tensor:
        """The networks up to this phase at the same pairs, shape (ensemble, folds, r, c)."""
        rows, columns = rows.repeat(self.networks.ensemble, 1), columns.repeat(self.networks.ensemble, 1)
        pairs, fold = self.pairs, self.fold
        f = self.coordinatewise(pairs.coordinates_x[fold, rows], pairs.coordinates_t[fold, columns])
        if phase:
            f = f + self.whole.train(training)(pairs.x[fold, rows], pairs.t[fold, columns])
        return f.unflatten(0, (self.networks.ensemble, len(self.folds.test)))

    def train(self, objective: str, optimisation: Optimisation) -> History:
        """Train the networks, the coordinatewise ones first, and decide how far they are believed."""
        folds, running_mean = self.folds, {}

        def loss(phase: int) -> Tensor:
            rows = minibatch(folds.train, optimisation.batch, self.generator)
            closed_form = self.believed_closed_form * self.closed_form(rows, rows)
            f = closed_form + self.learned(rows, rows, phase, training=True)
            return bounds.objective(f.flatten(0, 1), objective, running_mean).sum()

        def values(phase: int) -> tuple[Tensor, Tensor]:
            train = sample_value(self.closed_few + self.learned(self.few, self.few, phase).mean(0))
            held = self.closed_held + self.learned(folds.held, folds.held, phase).mean(0)
            return train, sample_value(held)

        decay = self.networks.weight_decay
        phases = [Phase(self.coordinatewise.weights, COORDINATEWISE_DECAY * decay), Phase(self.whole.weights, decay)]
        enough = min(SATURATION_REACH * math.log(folds.test.shape[1]), 0.99 * math.log(folds.held.shape[1]))
        history = fit(phases, loss, values, optimisation, enough)
        with torch.no_grad():
            learned = self.learned(folds.held, folds.held).mean(0)
            scale = best_scale(lambda scale: sample_value(self.closed_held + scale * learned))
        self.believed_learned = scale[:, None, None]
        return history

    @property
    def has_heavy_tails(self) -> bool:
        """Whether most folds start from Student's dependence."""
        tails = self.pairs.closed_form.tails
        return tails is not None and float((tails.power > 0).double().mean()) > 0.5

    def gap_of_closed_form(self) -> float:
        """Its value on training samples minus that on held-out ones, mean over folds."""
        return float((sample_value(self.closed_few) - sample_value(self.closed_held)).mean())

    @torch.no_grad()
    def evaluate(self, tau: float) -> bounds.Evaluation:
        """The bounds on the test samples of each fold; `tau` is the clip of smile."""
        return bounds.evaluate(self._test_blocks(), tau)

    def _test_blocks(self) -> Iterator[Tensor]:
        """The critic at all pairs of test samples, shape (folds, rows, m), as many rows at once as memory holds."""
        test = self.folds.test
        wide = self.networks.hidden[0] if self.networks.critic == "concat" else 1
        for rows in test.split(max(1, MOST_PAIRS // (test.numel() * self.networks.ensemble * wide)), dim=1):
            f = self.believed_closed_form * self.closed_form(rows, test)
            if bool(self.believed_learned.any()):
                f = f + self.believed_learned * self.learned(rows, test).mean(0)
            yield f
