"""A bit flipped in a store, or one of its files cut off or missing: an error that names the place, or no change."""

import random
from pathlib import Path

import numpy as np
import pytest

from infoplane.errors import UserError
from infoplane.storage import dataset_store
from infoplane.storage.activations import Activations
from pipeline import TRIALS, Pipeline, damage, ending


def content_of_activations(path: Path) -> list:
    store = Activations(path)
    content: list = [store.epochs, store.layers, store.splits, store.repetitions]
    for split in store.splits:
        content += store.samples(split)
        for repetition in range(store.repetitions):
            for layer in store.layers:
                t, kind, std = store.layer(split, layer, slice(None), repetition)
                content += [t, kind, std, store.extent(split, layer, repetition)]
    return content


def content_of_dataset(path: Path) -> list:
    dataset = dataset_store.read(path)
    return [*dataset.train, *dataset.test, dataset.name, dataset.classes, dataset.normalisation, dataset.source_sha256]


READ = {"activations.zarr": content_of_activations, "dataset.zarr": content_of_dataset}


def is_same(a: list, b: list) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
        for one, other in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("kind", ["bit", "cut", "missing"])
def test_damage_is_an_error_that_names_the_place_or_changes_nothing(
    pipeline: Pipeline, name: str, kind: str, record_property
):
    record_property("trials", TRIALS)
    store = pipeline.folder / "data" / name
    expected = READ[name](store)
    rng = random.Random(kind)
    refused = 0
    for _ in range(TRIALS):
        files = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
        path = damage(store, kind, rng)
        try:
            assert is_same(READ[name](store), expected), path
        except UserError as error:
            refused += 1
            assert name in str(error)
            assert "\n" not in str(error)
        path.write_bytes(files[path])
    assert refused >= TRIALS * (0.8 if kind == "bit" else 1)


def test_a_damaged_epoch_is_named(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch):
    shard = pipeline.folder / "data/activations.zarr/train/layers/hidden2/t/c/1/3/0/0"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    line = ending("estimate@binning", monkeypatch, pipeline)
    assert line.startswith("error: layer hidden2, epoch 6 of train: ")
    assert "data/activations.zarr/train/layers/hidden2/t" in line
