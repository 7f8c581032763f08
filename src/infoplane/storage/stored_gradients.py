"""The gradients of a training in data/activations.zarr: `gradients/<layer>/g`, where `record.gradients` asks for them.

g has shape (repetition, epoch, row, parameter), float32; a row is a minibatch, or the mean of all. Attributes of
`gradients/<layer>`: `parameters`, names and shapes of what a row holds, in order, and `epochs`, of each repetition the
recorded epochs that have gradients: not epoch 0, nor any at which they were not finite.
"""

import math
import shutil
from collections.abc import Mapping, Sequence

import numpy as np
import zarr

from infoplane.errors import UserError
from infoplane.storage import store
from infoplane.storage.activations_writer import Writer, check_layer_name
from infoplane.storage.entry import Entry

GROUP, NAME = "gradients", "g"


def add(writer: Writer, repetition: int, epoch: int, gradients: Mapping[str, np.ndarray]) -> None:
    """Write the gradients in one of the recorded epochs.

    Args:
        gradients: by layer, shape (rows, parameters).

    Raises:
        UserError: one is not finite, and `record.allow_diverged` is not set; names layer and epoch.
    """
    for layer, values in gradients.items():
        index = (repetition, writer.epochs.index(epoch))
        check_layer_name(layer)
        if not np.isfinite(values).all():
            if writer.allow_diverged:
                continue
            raise UserError(
                f"the gradient of layer {layer} holds a NaN or an infinity in epoch {epoch}: lower train.lr, or set "
                "record.allow_diverged to leave it out"
            )
        path = f"{GROUP}/{layer}"
        array = writer.require_array(path, NAME, (writer.repetitions, len(writer.epochs), *values.shape))
        # What an interrupted run has left may be damaged, and zarr reads what is there before it writes.
        shutil.rmtree(writer.folder_of(f"{path}/{NAME}", index), ignore_errors=True)
        entry = Entry(array, index, len(values))
        entry.add(values)
        entry.finish()
        writer.note_files(f"{path}/{NAME}", index)


def finish(writer: Writer, parameters: Mapping[str, Sequence[tuple[str, list[int]]]]) -> None:
    """Write the attributes, once all epochs are there."""
    if GROUP not in writer.root:
        return
    for layer in store.group_at(writer.root, GROUP).group_keys():
        place = f"{GROUP}/{layer}/{NAME}/c/"
        epochs = []
        for repetition, (files, sent) in enumerate(zip(writer.files, writer.sent, strict=True)):
            start, names = f"{place}{repetition}/", (*files, *sent)
            indices = {int(name.removeprefix(start).split("/")[0]) for name in names if name.startswith(start)}
            epochs.append([writer.epochs[i] for i in sorted(indices)])
        writer.fit(f"{GROUP}/{layer}/{NAME}")
        writer.root[f"{GROUP}/{layer}"].attrs.put({"parameters": list(parameters[layer]), "epochs": epochs})


def layers(root: zarr.Group) -> list[str]:
    """The layers of which there are gradients."""
    return sorted(store.group_at(root, GROUP).group_keys()) if GROUP in root else []


def epochs(root: zarr.Group, layer: str, repetition: int) -> list[int]:
    """The epochs at which there are."""
    return store.attributes(store.group_at(root, f"{GROUP}/{layer}"))["epochs"][repetition]


def read(root: zarr.Group, layer: str, epoch: int, repetition: int) -> dict[str, np.ndarray]:
    """By parameter, shape (rows, *that of the parameter), in one of `epochs`.

    Raises:
        UserError: a part is damaged or missing.
    """
    place = f"{GROUP}/{layer}"
    index = store.attributes(root)["epochs"].index(epoch)
    array = store.array_at(root, f"{place}/{NAME}")
    rows = store.read_array(root.store_path, array, (repetition, index))  # pyright: ignore[reportArgumentType]
    found, start = {}, 0
    for name, shape in store.attributes(store.group_at(root, place))["parameters"]:
        stop = start + math.prod(shape)
        found[name] = rows[:, start:stop].reshape(len(rows), *shape)
        start = stop
    return found
