"""data/.trained/: the last finished training of a clone, so that a longer one goes on with it in place of anew.

What a longer training does up to the last epoch of a shorter one is the same only under a learning rate that does not
depend on the number of epochs: that of `schedule: constant`. It is used where all else that training depends on is the
same (`running.fingerprint`), and where the epochs that are now recorded were recorded then.

DVC removes a stage's outs before it runs, and so this lies outside of them, beside unfinished work, and is taken up as
such: every checksum is looked at again. Files of activations are second names of those in data/activations.zarr; with
`record.store` there are none, and nothing is kept.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infoplane import clone
from infoplane.running.unfinished import Work
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.settings.sections import Phase, Train
from infoplane.storage import writer_states
from infoplane.training.checkpoints import CHECKPOINTS, file_name, read_checkpoint
from infoplane.training.early_stopping import is_over
from infoplane.training.state import TrainingState

FOLDER = Path("data/.trained")
STORE, SETTINGS = "activations.zarr", "train.json"
FREE = {"train": ("epochs", "lr_after", "early_stopping"), "record": ("epochs",)}
"""Keys of params.yaml in which a training may differ from the one that it goes on with."""


def keep(work: Work, fingerprint: Mapping[str, Any], chosen: Params) -> None:
    """Keep what a stage `train` that has ended leaves in its folder of unfinished work, in place of what was kept."""
    if chosen.train.schedule != "constant" or chosen.record.store is not None:
        return
    kept = clone.root() / FOLDER
    shutil.rmtree(kept, ignore_errors=True)
    unfinished = kept / "unfinished"
    try:
        shutil.copytree(work.folder / STORE, unfinished / STORE, copy_function=os.link)
        for path in work.folder.glob(CHECKPOINTS):
            os.link(path, unfinished / path.name)
        (unfinished / SETTINGS).write_text(chosen.train.model_dump_json())
        unfinished.rename(kept / _name(fingerprint))
    except OSError:  # a disk without second names of files, or another process that keeps its own
        shutil.rmtree(unfinished, ignore_errors=True)


def take_up(work: Work, fingerprint: Mapping[str, Any], chosen: Params) -> None:
    """Put what was kept into a stage's folder of unfinished work, if it is empty and this training goes on with that.

    What does not fit is left, with a line that says why where only the recorded epochs differ.
    """
    kept = clone.root() / FOLDER / _name(fingerprint)
    if chosen.train.schedule != "constant" or any(work.folder.glob(CHECKPOINTS)) or not kept.is_dir():
        return
    states = [read_checkpoint(Work(work.stage, kept), i) for i in range(chosen.train.repetitions)]
    try:
        before = Train.model_validate_json((kept / SETTINGS).read_bytes())
    except (OSError, ValueError):
        return
    if not all(state and _begins_so(state, before, chosen.train) for state in states):
        return
    fitting = [state for state in states if state]
    wanted = _wanted(fitting[0], chosen)
    if wanted != writer_states.epochs_of(kept / STORE)[: len(wanted)]:
        work.say(
            f"not all epochs of record.epochs = {chosen.record.epochs} up to {fitting[0].number} were recorded by the "
            "finished training; begins anew"
        )
        return
    try:
        for i, state in enumerate(fitting):
            first = state._replace(writer_state=writer_states.first(state.writer_state, len(wanted)))
            _link(first.writer_state, kept / STORE, work.folder / STORE)
            work.write(file_name(i), first.to_bytes())
    except FileNotFoundError:  # another process has replaced it meanwhile
        work.clear()


def _name(fingerprint: Mapping[str, Any]) -> str:
    """Of the folder: a hash of all that has to be the same."""
    same = {
        name: {key: each for key, each in value.items() if key not in FREE[name]} if name in FREE else value
        for name, value in fingerprint.items()
    }
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]


def _begins_so(state: TrainingState, before: Train, now: Train) -> bool:
    """Whether the training as it is now to be would have come to this state."""
    reached = state.number
    finished = state.epochs
    return (
        reached <= now.epochs
        and _phases(before, reached) == _phases(now, reached)
        and not any(is_over(finished[: i + 1], now.early_stopping) for i in range(reached))
    )


def _phases(train: Train, number: int) -> list[Phase]:
    """The phases of the learning rate that have begun in one of so many epochs."""
    return sorted((phase for phase in train.lr_after or [] if phase.epoch < number), key=lambda phase: phase.epoch)


def _wanted(state: TrainingState, chosen: Params) -> list[int]:
    """The epochs up to that of the state that are to be recorded."""
    epochs = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    if is_over(state.epochs, chosen.train.early_stopping):
        return [*(epoch for epoch in epochs if epoch < state.number), state.number]
    return [epoch for epoch in epochs if epoch <= state.number]


def _link(writer_state: dict, source: Path, target: Path) -> None:
    """Second names for the activations that the state lists; what describes them is copied, as it will change."""
    for names, place in ((writer_state["files"], os.link), (writer_state["descriptions"], shutil.copy2)):
        for name in names:
            if not (target / name).exists():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                place(source / name, target / name)
