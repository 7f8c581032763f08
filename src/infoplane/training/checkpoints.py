"""The last saved state of each repetition of a training, on the disk, and the activations that belong to it."""

import shutil
import time
from typing import Any

from infoplane.errors import UserError
from infoplane.running.unfinished import Work
from infoplane.storage import writer_states
from infoplane.storage.activations_writer import Writer
from infoplane.storage.objects import Objects
from infoplane.training.loop import Epoch, Training
from infoplane.training.state import TrainingState, copy_state, restore

SHARE = 0.05
"""Of the time that saving may take: where epochs are short, not every one is saved."""


CHECKPOINTS = "repetition*.checkpoint"


class Checkpoints:
    """One saved state for each repetition of the training, in the stage's partial work.

    Args:
        objects: where activations are that do not stay in the store's folder.

    Attributes:
        store: the folder of the unfinished store of activations.
        writer_states: for each repetition the state of that store's writer; None where nothing was saved.
        epochs: how many epochs are finished, over all repetitions.
    """

    def __init__(self, work: Work, repetitions: int, objects: Objects | None = None):
        self.work = work
        self.store = work.folder / "activations.zarr"
        states = [read_checkpoint(work, repetition) for repetition in range(repetitions)]
        if not writer_states.is_intact(self.store, [state.writer_state for state in states if state], objects):
            work.say(f"{self.store} is damaged; the training starts anew")
            work.clear()
            states = [None] * repetitions
        if not any(states):
            shutil.rmtree(self.store, ignore_errors=True)
        # Of each state only what the store needs; its tensors are read again when their turn comes.
        self.writer_states: list[Any] = [state and state.writer_state for state in states]
        self.epochs = sum(state.number + 1 for state in states if state)
        if self.epochs:
            work.say(f"goes on after {self.epochs} epochs that an earlier run had finished")
        self._saved_at, self._seconds_to_save = time.monotonic(), 0.0

    def restore(self, repetition: int, training: Training) -> list[Epoch]:
        """Bring a new training to where this repetition's was saved last; leave it as it is if it never was.

        Returns: its epochs so far.
        """
        if (content := self.content(repetition)) is None:
            return []
        state = TrainingState.from_bytes(content)
        restore(training, state)
        return state.epochs

    def content(self, repetition: int) -> bytes | None:
        """What was saved last of a repetition, from which `TrainingState.from_bytes` makes its state."""
        if self.writer_states[repetition] is None:
            return None
        content = self.work.read(file_name(repetition))
        if content is None:
            raise UserError(f"{self.work.folder / file_name(repetition)} has just changed: run `dvc repro` again")
        return content

    def copy_if_due(self, training: Training, epochs: list[Epoch], *, is_last: bool) -> TrainingState | None:
        """The state to save after an epoch; None while the last save was long against the time since then.

        Args:
            is_last: the training ends before its last epoch.
        """
        is_last |= training.number == training.settings.epochs
        if (time.monotonic() - self._saved_at) * SHARE < self._seconds_to_save and not is_last:
            return None
        return copy_state(training, epochs)

    def save(self, repetition: int, state: TrainingState, writer: Writer) -> None:
        """Save a state, with that of the writer, which has written all of these epochs and no more."""
        started = time.monotonic()
        content = state._replace(writer_state=writer.state(repetition)).to_bytes()
        self.work.write(file_name(repetition), content)
        self._saved_at = time.monotonic()
        self._seconds_to_save = self._saved_at - started


def read_checkpoint(work: Work, repetition: int) -> TrainingState | None:
    """The saved state of a repetition; None where there is none, or a damaged one."""
    content = work.read(file_name(repetition))
    return None if content is None else TrainingState.from_bytes(content)


def file_name(repetition: int) -> str:
    """Of the saved state of a repetition, in the stage's folder."""
    return CHECKPOINTS.replace("*", str(repetition))
