"""What critics of I(X;T) start from and see, and folds, epochs and systems of coordinates of it side by side."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.parts.closed_forms.pair_scores import PairScores, Tails, stack_scores
from infoplane.estimators.parts.closed_forms.worth import best_of
from infoplane.estimators.parts.pairing import pair_features


class Pairs(NamedTuple):
    """What the critics of all folds, of one epoch or of several, start from and see.

    Attributes:
        closed_form: scores with a member a critic.
        x, t: inputs of the networks of all coordinates, shapes (critics, n, at most MOST_INPUTS + 1).
        coordinates_x, coordinates_t: inputs of the networks of paired coordinates, shape (critics, n, d, features).
        rho: canonical correlations of the closed form, mean over folds, where it was fitted to several units.
        units: of the sides to which it was fitted.
        unseen: nats that are probably missing, since samples decide the numbers of twists, where there are any.
        is_of_components: whether coordinates are principal components, which hardly belong together in pairs.
        left_out: nats that are probably in directions that critics do not see (`left_out`).
    """

    closed_form: PairScores
    x: Tensor
    t: Tensor
    coordinates_x: Tensor
    coordinates_t: Tensor
    rho: Tensor | None = None
    units: tuple[int, int] = (0, 0)
    unseen: float = 0.0
    is_of_components: bool = False
    left_out: float = 0.0

    def shapes(self) -> tuple[object, ...]:
        """What epochs must have in common to be one batch."""
        sides = self.x, self.t, self.coordinates_x, self.coordinates_t
        return (
            *(each.shape for each in (*self.closed_form[:4], *sides)),
            self.closed_form.tails is None,
            self.is_of_components,
        )


class System(NamedTuple):
    """Coordinates of one fold.

    Attributes:
        value: what the closed form is worth on held-out samples, nats.
        closed_form: scores without the member axis.
        inputs: of the networks of all coordinates, x and t.
        paired: of those of paired coordinates.
        rho: canonical correlations, where a Gaussian of several units was fitted.
        units: of the sides to which it was fitted.
    """

    value: float
    closed_form: PairScores
    inputs: tuple[Tensor, Tensor]
    paired: tuple[Tensor, Tensor]
    rho: Tensor | None = None
    units: tuple[int, int] = (0, 0)


def of_epochs(starts: Sequence[Pairs]) -> Pairs:
    """The starts of several epochs as one batch, one epoch after the other, without their correlations."""
    if len(starts) == 1:
        return starts[0]
    parts = zip(*((*start.closed_form[:4], *start[1:5]) for start in starts), strict=True)
    row, column, left, right, *sides = (torch.cat(part) for part in parts)
    tails = [start.closed_form.tails for start in starts if start.closed_form.tails is not None]
    heavy = Tails(*(torch.cat(part) for part in zip(*tails, strict=True))) if tails else None
    x, t, coordinates_x, coordinates_t = sides
    scores = PairScores(row, column, left, right, heavy)
    return Pairs(scores, x, t, coordinates_x, coordinates_t, is_of_components=starts[0].is_of_components)


def first_fold(pairs: Pairs) -> Pairs:
    """What the critic of the first fold alone starts from and sees."""
    row, column, left, right, tails = pairs.closed_form
    tails = tails and Tails(tails.power[:1], tails.row[:1], tails.column[:1])
    scores = PairScores(row[:1], column[:1], left[:1], right[:1], tails)
    sides = (side[:1] for side in (pairs.x, pairs.t, pairs.coordinates_x, pairs.coordinates_t))
    x, t, coordinates_x, coordinates_t = sides
    return pairs._replace(closed_form=scores, x=x, t=t, coordinates_x=coordinates_x, coordinates_t=coordinates_t)


def system(
    forms: Sequence[PairScores],
    inputs: tuple[Tensor, Tensor],
    candidates: list[tuple[Tensor, Tensor]],
    train: Tensor,
    held: Tensor,
    rho: Tensor | None = None,
    units: tuple[int, int] = (0, 0),
) -> System:
    """The system with the closed form, and with the paired coordinates of the candidates, that know most."""
    value, closed_form = best_of(forms, held)
    return System(value, closed_form, inputs, pair_features(candidates, train), rho, units)


def side_by_side(systems: Sequence[System]) -> Pairs:
    """What the critics of all folds start from."""
    pairs = _stacked(
        [each.closed_form for each in systems], [each.inputs for each in systems], [each.paired for each in systems]
    )
    rho = [each.rho for each in systems if each.rho is not None]
    if len(rho) < len(systems):
        return pairs
    return pairs._replace(rho=torch.stack(rho).mean(0), units=systems[0].units)


def _stacked(
    scores: Sequence[PairScores], inputs: Sequence[Sequence[Tensor]], paired: Sequence[tuple[Tensor, Tensor]]
) -> Pairs:
    """Folds side by side; inputs of folds that chose other systems are padded with zeros."""
    sides = []
    for side in zip(*inputs, strict=True):
        widest = max(values.shape[1] for values in side)
        sides.append(torch.stack([functional.pad(values, (0, widest - values.shape[1])) for values in side]))
    coordinates = (torch.stack(side) for side in zip(*paired, strict=True))
    return Pairs(stack_scores(scores), *sides, *coordinates)
