"""Activations that were made elsewhere, copied into the store in blocks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from infoplane.datasets.dataset import drawn_rows
from infoplane.errors import UserError
from infoplane.named import PARAMS
from infoplane.settings.imported import KEY, Imported
from infoplane.settings.params import Params
from infoplane.storage import activations_writer
from infoplane.storage.activations import FLOAT32, Recorded
from infoplane.storage.activations_writer import LayerEpoch
from infoplane.storage.imported_splits import ImportedSplit, Layer
from infoplane.training import made
from infoplane.training.reduction import Reduction

BLOCK_BYTES = 1 << 26
"""Of a layer, that are in memory at once."""


def needs(content: Imported, chosen: Params) -> tuple[int, int]:
    """Bytes of disk, for data/activations.zarr, and of memory that `import` needs at most."""
    sizes = [
        FLOAT32 * int(np.prod(split.layers[epoch, layer].shape, dtype=np.int64))
        for split in content.splits.values()
        for epoch in content.epochs
        for layer in content.layers
    ]
    x = sum(FLOAT32 * int(np.prod(split.x.shape)) for split in content.splits.values() if split.x is not None)
    one = max(FLOAT32 * int(np.prod(layer.shape[1:])) for s in content.splits.values() for layer in s.layers.values())
    return made.on_disk(chosen, len(sizes)) * sum(sizes) // len(sizes) + x, 4 * max(BLOCK_BYTES, one)


def copy(content: Imported, chosen: Params, path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Write the store at `path`.

    Returns: how many samples each split has, and how many units each layer.

    Raises:
        UserError: an activation is not finite and `record.allow_diverged` is not set.
    """
    labels = content.labels
    rows = {split: drawn_rows(len(y), chosen.record.samples, chosen.seed) for split, y in labels.items()}
    reduction = Reduction(chosen.record.reduce, chosen.seed)
    total = len(content.splits) * len(content.epochs) * len(content.layers)
    with (
        activations_writer.create(
            path,
            content.epochs,
            allow_diverged=chosen.record.allow_diverged,
            objects=made.objects(chosen),
            shard_epochs=chosen.record.shard_epochs,
        ) as writer,
        tqdm(total=total, desc=f"import: {chosen.imported.path}", unit=" layer-epochs", mininterval=0.5) as bar,
    ):
        for name, split in content.splits.items():
            writer.add_split(name, _ChosenX(split, rows[name]), labels[name][rows[name]])
        for epoch in content.epochs:
            for layer in content.layers:
                reduction.forget()
                first = next(iter(content.splits))
                for block in _blocks(content.splits[first].layers[epoch, layer], rows[first]):
                    reduction.learn(layer, torch.from_numpy(block.t))
                reduction.learned()
                for name, split in content.splits.items():
                    copied = LayerEpoch(writer, name, 0, epoch, layer, len(rows[name]))
                    for block in _blocks(split.layers[epoch, layer], rows[name]):
                        copied.add(_reduced(reduction, layer, block))
                    copied.finish()
                    bar.update()
        units = writer.units()
        some = next(iter(content.splits.values())).layers
        writer.finish(
            splits=list(content.splits),
            layers=content.layers,
            output=None,
            reduce=chosen.record.reduce,
            reduced=[
                layer
                for layer in content.layers
                if layer in content.reduced or reduction.changes(some[content.epochs[0], layer].shape[1:])
            ],
            class_names=content.class_names,
            in_order=content.in_order,
            model="imported",
            dataset="imported",
            seed=chosen.seed,
            split_sizes={name: len(y) for name, y in labels.items()} | dict(content.split_sizes),
        )
    return {name: len(chosen_rows) for name, chosen_rows in rows.items()}, units


class _ChosenX:
    """x of some samples, float32, read in blocks; where there is none, the samples' numbers, which tell them apart.

    Args:
        rows: the numbers of the samples, ascending.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, split: ImportedSplit, rows: np.ndarray):
        self._x, self._rows = split.x, rows
        unit = (1,) if split.x is None else split.x.shape[1:] or (1,)
        self.shape = (len(rows), *unit)

    def __getitem__(self, block: slice) -> np.ndarray:
        rows = self._rows[block]
        if self._x is None or not len(rows):
            return rows.reshape(-1, *self.shape[1:]).astype(np.float32)
        between = np.asarray(self._x[int(rows[0]) : int(rows[-1]) + 1])
        values = between[rows - rows[0]].astype(np.float32)
        if not np.isfinite(values).all():
            raise UserError(f"{PARAMS}: {KEY}: x holds a NaN or an infinity, samples {rows[0]} to {rows[-1]}")
        return values.reshape(len(rows), *self.shape[1:])


def _blocks(layer: Layer, rows: np.ndarray) -> Iterator[Recorded]:
    """The chosen samples of a layer, in order, a block of consecutive ones at a time."""
    of_one = max(FLOAT32 * int(np.prod(layer.shape[1:], dtype=np.int64)), 1)
    size = max(1, BLOCK_BYTES // of_one)
    for start in range(0, layer.shape[0], size):
        stop = min(start + size, layer.shape[0])
        here = rows[(rows >= start) & (rows < stop)] - start
        if len(here):
            t, kind, std = layer.read(start, stop)
            yield Recorded(t[here], kind, std if std is None or len(std) == 1 else std[here])


def _reduced(reduction: Reduction, layer: str, block: Recorded) -> Recorded:
    t = reduction(layer, torch.from_numpy(block.t)).numpy()
    return Recorded(t, None, None) if reduction.changes(block.t.shape[1:]) else Recorded(t, *block[1:])
