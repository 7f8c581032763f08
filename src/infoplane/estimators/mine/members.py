"""Which network belongs to which critic, where those of several epochs are one batch.

There is a critic for each fold of each epoch, the folds of an epoch together; each is the mean of an ensemble of
networks. Networks stand by epoch, then by their place in the ensemble, then by fold.
"""

from typing import NamedTuple

from torch import Tensor


class Members(NamedTuple):
    """How many there are of each."""

    epochs: int
    ensemble: int
    folds: int

    def spread(self, of_critics: Tensor) -> Tensor:
        """What each network gets of its critic, shape (members, ...) for (critics, ...)."""
        if self.ensemble == 1:
            return of_critics
        apart = of_critics.unflatten(0, (self.epochs, 1, self.folds))
        return apart.expand(-1, self.ensemble, *apart.shape[2:]).flatten(0, 2)

    def gathered(self, of_members: Tensor) -> Tensor:
        """The networks of each critic side by side, shape (ensemble, critics, ...) for (members, ...)."""
        if self.ensemble == 1:
            return of_members[None]
        return of_members.unflatten(0, self).movedim(1, 0).flatten(1, 2)
