"""data/dataset.zarr: the only file that knows its layout.

`train/x`, `train/y`, `test/x`, `test/y`; attributes: name, classes, normalisation, source_sha256 and, where the
classes have names, class_names.
"""

from pathlib import Path

from infoplane.datasets.dataset import Dataset, Split
from infoplane.storage import store

KIND, SCHEMA_VERSION = "dataset", 1


def write(dataset: Dataset, path: Path) -> None:
    """Write both splits and the description, replacing what stands at `path`.

    What is read when it is sliced is never in memory as a whole: it is written a chunk at a time.
    """
    with store.create(path, KIND, SCHEMA_VERSION) as root:
        for name in ("train", "test"):
            group = root.create_group(name)
            for key, values in getattr(dataset, name)._asdict().items():
                array = store.add_array(group, key, values.shape, str(values.dtype), sample_axis=0, sharded=False)
                for start in range(0, len(values), array.chunks[0]):
                    part = slice(start, start + array.chunks[0])
                    array[part] = values[part]
        root.attrs.update(
            name=dataset.name,
            classes=dataset.classes,
            normalisation=dataset.normalisation,
            source_sha256=dataset.source_sha256,
        )
        if dataset.class_names:
            root.attrs.update(class_names=list(dataset.class_names))


def read(path: Path) -> Dataset:
    """Read a data set.

    Raises:
        UserError: it is missing, damaged, or of another schema version.
    """
    root = store.open_store(path, KIND, SCHEMA_VERSION)
    train, test = (
        Split(*(store.read_array(path, store.array_at(root, f"{name}/{key}")) for key in Split._fields))
        for name in ("train", "test")
    )
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
