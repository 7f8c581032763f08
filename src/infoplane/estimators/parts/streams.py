"""Random numbers for several epochs at once, each of which draws what it would draw alone."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class Streams:
    """Epochs that draw the same numbers as long as they draw in step, and each its own once they do not.

    Args:
        generators: whose numbers the epochs draw, from where they stand: one for all of them, or one for each.
        epochs: how many.
    """

    def __init__(self, generators: Sequence[torch.Generator], epochs: int):
        self.generators = list(generators)
        self.of = [0] * epochs if len(self.generators) == 1 else list(range(epochs))

    @property
    def epochs(self) -> int:
        return len(self.of)

    def draw(self, make: Callable[[torch.Generator], Tensor], running: Sequence[bool] | None = None) -> Tensor:
        """What each epoch draws, shape (epochs, ...).

        Args:
            make: draws from a generator.
            running: the epochs that draw, all if None; the others get what one of these draws.
        """
        draw_from = [of for epoch, of in enumerate(self.of) if running is None or running[epoch]]
        drawn = {of: make(self.generators[of]) for of in dict.fromkeys(draw_from)}
        if len(drawn) == 1:
            (only,) = drawn.values()
            return only.expand(self.epochs, *only.shape)
        return torch.stack([drawn.get(of, drawn[draw_from[0]]) for of in self.of])

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        """Standard normal numbers of this shape, whose first axis holds as many of each epoch."""
        of_epoch = (shape[0] // self.epochs, *shape[1:])
        return self.draw(lambda generator: torch.randn(of_epoch, generator=generator, device=generator.device)).flatten(
            0, 1
        )

    def generator(self, epoch: int) -> torch.Generator:
        """From which an epoch draws."""
        return self.generators[self.of[epoch]]

    def leave(self, epochs: Sequence[int]) -> None:
        """These epochs stay where they are, whatever the others draw until they draw again."""
        for of in {self.of[epoch] for epoch in epochs}:
            with_it = [epoch for epoch, other in enumerate(self.of) if other == of]
            leaving = [epoch for epoch in with_it if epoch in epochs]
            if len(leaving) < len(with_it):
                self.generators.append(copied(self.generators[of]))
                for epoch in leaving:
                    self.of[epoch] = len(self.generators) - 1


def copied(generator: torch.Generator) -> torch.Generator:
    """Another generator that draws the same numbers."""
    copy = torch.Generator(generator.device)
    copy.set_state(generator.get_state())
    return copy
