"""Samples pass through `prepare` in blocks: the same values as at once, in memory that does not grow with them."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from infoplane import datasets
from infoplane.datasets.files import pictures, scaling
from infoplane.storage import dataset_store, store
from own_files import load, place_pictures, reading


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and chunks of a few samples."""
    monkeypatch.setattr(scaling, "BLOCK_BYTES", 100_000)
    monkeypatch.setattr(store, "CHUNK_BYTES", 100_000)


def test_blocks_give_what_all_samples_at_once_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place_pictures(tmp_path / "photos", each=20)
    at_once = load("files:photos", tmp_path)
    assert at_once.train.x.block > len(at_once.train.y)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(scaling, "BLOCK_BYTES", 3 * 4 * 3 * 6 * 8)
    in_blocks = load("files:photos", tmp_path)
    assert in_blocks.source_sha256 == at_once.source_sha256
    np.testing.assert_allclose(np.asarray(in_blocks.train.x), np.asarray(at_once.train.x), atol=1e-6)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("kind", ["pictures", "arrays"])
def test_four_times_the_samples_take_the_same_memory(tmp_path: Path, kind: str):
    peaks, sizes = [], []
    for each in (60, 240):
        name = f"data{each}"
        if kind == "pictures":
            place_pictures(tmp_path / name, each=each, size=(32, 32))
            name = f"files:{name}"
        else:
            x = np.random.default_rng(0).normal(size=(2 * each, 3072)).astype(np.float32)
            np.savez(tmp_path / f"{name}.npz", x=x, y=np.arange(len(x)) % 2)
            name = f"files:{name}.npz"
            del x
        tracemalloc.start()
        dataset_store.write(datasets.load(name, Path("unused"), reading(tmp_path)), tmp_path / "dataset.zarr")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(dataset_store.read(tmp_path / "dataset.zarr").train.x.nbytes)
    assert sizes[1] == 4 * sizes[0]
    assert peaks[1] - peaks[0] < 0.1 * (sizes[1] - sizes[0])


@pytest.mark.usefixtures("_small_blocks")
def test_a_stored_data_set_is_what_was_read(tmp_path: Path):
    place_pictures(tmp_path / "photos", each=60, size=(32, 32))
    dataset = load("files:photos", tmp_path)
    dataset_store.write(dataset, tmp_path / "dataset.zarr")
    back = dataset_store.read(tmp_path / "dataset.zarr")
    np.testing.assert_array_equal(back.train.x, np.asarray(dataset.train.x))
    np.testing.assert_array_equal(back.test.y, dataset.test.y)
    assert back.class_names == ("cat", "dog")
    assert len(list((tmp_path / "dataset.zarr/train/x/c").iterdir())) > 5  # a file a chunk


def test_no_more_pictures_are_decoded_at_once_than_a_block_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place_pictures(tmp_path / "photos", each=20)
    monkeypatch.setattr(scaling, "BLOCK_BYTES", 3 * 4 * 3 * 6 * 8)
    asked: list[int] = []
    read = pictures.Pictures.__getitem__

    def counted(self: pictures.Pictures, indices: np.ndarray) -> np.ndarray:
        asked.append(len(indices))
        return read(self, indices)

    monkeypatch.setattr(pictures.Pictures, "__getitem__", counted)
    load("files:photos", tmp_path)
    assert max(asked) == 3
    assert sum(asked) == 40
