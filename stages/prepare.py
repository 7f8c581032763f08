"""prepare: raw files, or nothing, -> data/dataset.zarr."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import sys
from pathlib import Path

import numpy as np

from infoplane import clone, datasets
from infoplane.datasets import images
from infoplane.running import limits
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage import dataset_store

DATASET = Path("data/dataset.zarr")
LISTED = 20
"""Names of classes that are printed."""


def main() -> None:
    chosen = params.read()
    dataset = datasets.load(chosen.dataset, clone.raw(), chosen.reading)
    published = images.PUBLISHED_SHA256.get(dataset.name, dataset.source_sha256)
    if dataset.source_sha256 != published:
        print(f"warning: {dataset.name}: these are not the published data (SHA-256 differs)", file=sys.stderr)
    arrays = [values for split in (dataset.train, dataset.test) for values in split]
    # The user's own files are read and written in blocks.
    in_memory = sum(values.nbytes for values in arrays if isinstance(values, np.ndarray))
    limits.announce("prepare", DATASET, disk=sum(values.nbytes for values in arrays), memory=in_memory)
    dataset_store.write(dataset, DATASET)
    sizes = f"{len(dataset.train.y)} for training, {len(dataset.test.y)} for testing"
    names = f": {_listed(dataset.class_names)}" if dataset.class_names else ""
    print(f"{dataset.name}: {sizes}, x of shape {dataset.train.x.shape[1:]}, {dataset.classes} classes{names}")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


if __name__ == "__main__":
    exit_in_one_line(main)
