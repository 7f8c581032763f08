"""prepare: raw files, or nothing, -> data/dataset.zarr."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import os
import sys
from pathlib import Path

from infoplane import datasets
from infoplane.datasets import images
from infoplane.running import limits
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage import dataset_store

RAW = Path(os.environ.get("INFOPLANE_RAW", "data/raw"))
DATASET = Path("data/dataset.zarr")


def main() -> None:
    chosen = params.read()
    dataset = datasets.load(chosen.dataset, RAW)
    published = images.PUBLISHED_SHA256.get(dataset.name, dataset.source_sha256)
    if dataset.source_sha256 != published:
        print(f"warning: {dataset.name}: these are not the published data (SHA-256 differs)", file=sys.stderr)
    size = sum(values.nbytes for split in (dataset.train, dataset.test) for values in split)
    limits.announce("prepare", DATASET, disk=size, memory=size)
    dataset_store.write(dataset, DATASET)
    sizes = f"{len(dataset.train.y)} for training, {len(dataset.test.y)} for testing"
    print(f"{dataset.name}: {sizes}, x of shape {dataset.train.x.shape[1:]}, {dataset.classes} classes")


if __name__ == "__main__":
    exit_in_one_line(main)
