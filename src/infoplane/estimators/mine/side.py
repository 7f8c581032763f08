"""One side of the samples, x or one epoch of t, in the coordinates that systems are made of."""

from functools import cached_property

from torch import Tensor

from infoplane.estimators.mine.log_ratios import MOST_INPUTS, leading_components
from infoplane.estimators.parts.closed_forms.clusters import clusters
from infoplane.estimators.parts.closed_forms.twisting import FARTHEST, scaled
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.ranks import scores_among

FEW, MORE = 16, 32
"""Leading components of a side of many units that are tried: what samples show of more is mostly chance."""
SPREAD = 4.0
"""Standard deviation of the first of them as networks see it, the others in proportion: what varies little is mostly
noise, or fine detail, which few samples do not show."""


class Side:
    """One side of the samples, shape (n, d), and what all epochs need of it if it is x, found when it is asked for.

    Args:
        parts: whose training samples decide, fold by fold.
    """

    def __init__(self, values: Tensor, parts: Folds):
        self.values, self.parts = values, parts
        self._leading: dict[tuple[int, int], Tensor] = {}
        self._clusters: dict[int, list[Tensor]] = {}

    @property
    def units(self) -> int:
        return self.values.shape[1]

    @cached_property
    def scores(self) -> list[Tensor]:
        """Normal scores of all units by the training samples of each fold."""
        return list(scores_among(self.values, self.parts.train))

    @cached_property
    def scaled(self) -> Tensor:
        """All units on one scale."""
        return scaled(self.values)

    def leading(self, fold: int, count: int) -> Tensor:
        """So many principal components of largest variance by a fold's training samples, if there are many units."""
        if self.units <= MOST_INPUTS:
            return self.values
        if (fold, count) not in self._leading:
            self._leading[fold, count] = leading_components(self.values, self.parts.train[fold], count)
        return self._leading[fold, count]

    def inputs(self, fold: int, count: int) -> Tensor:
        """What networks see of the leading components; of a side of few units its normal scores."""
        if self.units <= MOST_INPUTS:
            return self.scores[fold]
        values = self.leading(fold, count)
        first = values[self.parts.train[fold]].std(0).amax().clamp(min=1e-12)
        return (values * (SPREAD / first)).clamp(-FARTHEST, FARTHEST)

    def clusters(self, fold: int) -> list[Tensor]:
        """In which cluster of the leading components each sample lies, shape (n,), for each number of clusters."""
        if fold not in self._clusters:
            values = self.scaled if self.units <= MOST_INPUTS else self.leading(fold, FEW)
            self._clusters[fold] = clusters(values, self.parts.train[fold], seed=fold)
        return self._clusters[fold]
