"""The checkpoints of a stage's trainings, kept in its partial work, and the activations that belong to them."""

import shutil
import time
from typing import Any

from infoplane.errors import UserError
from infoplane.running.unfinished import Work
from infoplane.storage import activations_writer
from infoplane.storage.activations_writer import Writer
from infoplane.training import state
from infoplane.training.loop import Epoch, Training
from infoplane.training.state import Checkpoint

SHARE = 0.05
"""Of the time that saving may take: where epochs are short, not every one is saved."""


class Checkpoints:
    """One checkpoint a repetition of the training, the last that was saved.

    Attributes:
        store: the folder of the unfinished store of activations.
        of_store: for each repetition the state of that store's writer, or None.
        epochs: how many epochs are finished, over all repetitions.
    """

    def __init__(self, work: Work, repetitions: int):
        self.work = work
        self.store = work.folder / "activations.zarr"
        found = [self._read(repetition) for repetition in range(repetitions)]
        if not activations_writer.is_intact(self.store, [saved.more for saved in found if saved]):
            work.say(f"{self.store} is damaged; the training starts anew")
            work.clear()
            found = [None] * repetitions
        if not any(found):
            shutil.rmtree(self.store, ignore_errors=True)
        # Of each only what the store needs; its tensors are read again when their turn comes.
        self.of_store: list[Any] = [saved and saved.more for saved in found]
        self.epochs = sum(saved.number + 1 for saved in found if saved)
        if self.epochs:
            work.say(f"goes on after {self.epochs} epochs that an interrupted run had finished")
        self._saved, self._took = time.monotonic(), 0.0

    def put_back(self, repetition: int, training: Training) -> list[Epoch]:
        """Put a new training to where this repetition's ended.

        Returns: its epochs so far.
        """
        if self.of_store[repetition] is None:
            return []
        found = self._read(repetition)
        if found is None:
            raise UserError(f"{self.work.folder / _name(repetition)} has just changed: run `dvc repro` again")
        state.put_back(found, training)
        return found.epochs

    def take(self, training: Training, epochs: list[Epoch]) -> Checkpoint | None:
        """What to save of a training after an epoch; None while the last save was long against the time since then."""
        is_last = training.number == training.settings.epochs
        if (time.monotonic() - self._saved) * SHARE < self._took and not is_last:
            return None
        return state.take(training, epochs)

    def save(self, repetition: int, taken: Checkpoint, writer: Writer) -> None:
        """Save what `take` gave, with the state of the writer, which has written all of these epochs and no more."""
        started = time.monotonic()
        self.work.write(_name(repetition), taken._replace(more=writer.state(repetition)).to_bytes())
        self._saved = time.monotonic()
        self._took = self._saved - started

    def _read(self, repetition: int) -> Checkpoint | None:
        content = self.work.read(_name(repetition))
        return None if content is None else Checkpoint.from_bytes(content)


def _name(repetition: int) -> str:
    return f"repetition{repetition}.checkpoint"
