"""The weights that `record.weights` names: a file, or a series of checkpoints, each an epoch of the plane."""

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from infoplane import inputs
from infoplane.errors import UserError
from infoplane.named import PARAMS, is_own
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import chosen_by_own, places

KEY = "record.weights"
LAST_NUMBER = re.compile(r"(\d+)\D*$")


class Checkpoint(NamedTuple):
    """Weights after an epoch; without a file, those with which the network is built."""

    epoch: int
    path: Path | None


def checkpoints(params: Params) -> list[Checkpoint]:
    """The chosen ones (`record.epochs`), in ascending order of their epochs.

    The epoch is the last number in a file's name, as 20 in epoch=20.ckpt or run3_step_0020.pt. Files that a list names
    and none of which has a number are epochs 0, 1, 2, ...; a single file without one is epoch 0.

    Raises:
        UserError: a file lacks, or the numbers give no order; or `record.epochs` asks for one that is not there.
    """
    weights = params.record.weights
    if weights is None:
        return _chosen([Checkpoint(0, None)], params.record.epochs)
    if isinstance(weights, str):
        series = _numbered(inputs.matching(params.inputs, weights, KEY), is_list=False)
        series.sort()
    else:
        series = _numbered([inputs.located(params.inputs, name, KEY) for name in weights], is_list=True)
    _check_order(series)
    return _chosen(series, params.record.epochs)


def _numbered(paths: list[Path], *, is_list: bool) -> list[Checkpoint]:
    for path in paths:
        if not path.is_file():
            raise UserError(
                f"{PARAMS}: {KEY}: {path.as_posix()} is a folder: name files, or a pattern such as run/*.pt"
            )
    found = [LAST_NUMBER.search(path.stem) for path in paths]
    if not any(found) and (is_list or len(paths) == 1):
        return [Checkpoint(place, path) for place, path in enumerate(paths)]
    series = []
    for number, path in zip(found, paths, strict=True):
        if number is None:
            raise UserError(
                f"{PARAMS}: {KEY}: {path.as_posix()} has no number in its name that says which epoch it is: "
                "rename it, or give a list in order"
            )
        series.append(Checkpoint(int(number[1]), path))
    return series


def _check_order(series: list[Checkpoint]) -> None:
    for before, after in pairwise(series):
        if after.epoch <= before.epoch:
            problem = "are both" if after.epoch == before.epoch else "are out of order:"
            numbers = f"epoch {after.epoch}" if after.epoch == before.epoch else f"epochs {before.epoch}, {after.epoch}"
            raise UserError(f"{PARAMS}: {KEY}: {before.path} and {after.path} {problem} {numbers}")


def _chosen(series: list[Checkpoint], epochs: str | list[int]) -> list[Checkpoint]:
    """Of `every k` and `log n` the checkpoints are counted, of a list the epochs are meant."""
    if isinstance(epochs, list):
        there = {checkpoint.epoch: checkpoint for checkpoint in series}
        for epoch in epochs:
            if epoch not in there:
                raise UserError(
                    f"{PARAMS}: record.epochs = {epochs}: there is no checkpoint of epoch {epoch}; there are "
                    f"{', '.join(map(str, list(there)[:10]))}{', ...' if len(there) > 10 else ''}"
                )
        return [there[epoch] for epoch in sorted(epochs)]
    if is_own(epochs):
        wanted = chosen_by_own(epochs, (checkpoint.epoch for checkpoint in series))
        return [checkpoint for checkpoint in series if checkpoint.epoch in wanted]
    return [series[place] for place in places(epochs, len(series))]
