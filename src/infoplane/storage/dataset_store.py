"""data/dataset.zarr: the only file that knows its layout.

`train/x`, `train/y`, `test/x`, `test/y`; attributes: name, classes, normalisation, source_sha256 and, where the
classes have names, class_names.
"""

from pathlib import Path
from typing import Any

import zarr

from infoplane.datasets.dataset import Dataset, Split
from infoplane.errors import UserError
from infoplane.storage import store
from infoplane.storage.stored_rows import StoredRows

KIND, SCHEMA_VERSION = "dataset", 1


def write(dataset: Dataset, path: Path) -> None:
    """Write both splits and the description, replacing what stands at `path`.

    What is read when it is sliced is never in memory as a whole: it is written a chunk at a time.
    """
    with store.create(path, KIND, SCHEMA_VERSION) as root:
        for name in ("train", "test"):
            group = root.create_group(name)
            for key, values in getattr(dataset, name)._asdict().items():
                store.fill(store.add_array(group, key, values.shape, str(values.dtype), sample_axis=0), values)
        root.attrs.update(
            name=dataset.name,
            classes=dataset.classes,
            normalisation=dataset.normalisation,
            source_sha256=dataset.source_sha256,
        )
        if dataset.class_names:
            root.attrs.update(class_names=list(dataset.class_names))


def read(path: Path, *, whole: bool = True) -> Dataset:
    """Read a data set.

    Args:
        whole: x, too; otherwise x stays on the disk (`StoredRows`).

    Raises:
        UserError: it is missing, damaged, or of another schema version.
    """
    root = store.open_store(path, KIND, SCHEMA_VERSION)
    train, test = (_split(path, root, name, whole) for name in ("train", "test"))
    attrs = store.attributes(root)
    return Dataset(
        attrs["name"],
        train,
        test,
        attrs["classes"],
        attrs["normalisation"],
        attrs["source_sha256"],
        tuple(attrs.get("class_names", ())),
    )


def read_for(name: str, path: Path, *, whole: bool = True) -> Dataset:
    """Read the data set that params.yaml names.

    Raises:
        UserError: as `read` does, or another one is there.
    """
    dataset = read(path, whole=whole)
    if dataset.name != name:
        raise UserError(f"{path} holds {dataset.name}, params.yaml asks for {name}: run `dvc repro`")
    return dataset


def _split(path: Path, root: zarr.Group, name: str, whole: bool) -> Split:
    stored, y = (store.array_at(root, f"{name}/{key}") for key in Split._fields)
    x: Any = store.read_array(path, stored) if whole else StoredRows.whole(path, stored)
    return Split(x, store.read_array(path, y))
