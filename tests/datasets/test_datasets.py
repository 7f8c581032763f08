import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from torchvision.datasets import CIFAR10

from infoplane import datasets
from infoplane.datasets import dataset, images, szt
from infoplane.errors import UserError
from infoplane.storage import dataset_store

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format of MNIST's publishers."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def place_idx(folder: Path, *, packed: bool, labels: int = 12) -> np.ndarray:
    """Twelve pictures for training and as many for testing, placed as a user would; returns the pictures."""
    folder.mkdir(parents=True)
    pictures = np.random.default_rng(0).integers(0, 256, (12, 28, 28))
    for name in IDX:
        content = idx_bytes(pictures if "images" in name else np.arange(labels) % 10)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
    return pictures


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may reach a network, whatever the machine allows."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("network is unreachable")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


def split(x: np.ndarray, y: list[int] | np.ndarray) -> dataset.Split:
    return dataset.Split(x.astype(np.float32), np.asarray(y, dtype=np.int64))


PIXELS = np.zeros((2, 1, 4, 4))


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            split(np.zeros((2, 1, 5, 5)), [0, 1]),
            r"test holds 2 labels and x of shape \(2, 1, 5, 5\), expected as many of",
        ),
        (split(PIXELS, [0, 1, 1]), r"test holds 3 labels and x of shape \(2, 1, 4, 4\)"),
        (split(PIXELS[:0], []), "test holds 0 labels"),
        (split(PIXELS, [0, 2]), "test holds labels from 0 to 2, expected 2 classes"),
        (split(PIXELS, [-1, 1]), "test holds labels from -1 to 1"),
        (split(PIXELS + np.nan, [0, 1]), "test holds an x that is not finite"),
        (FileNotFoundError(2, "No such file", "raw/usps.h5"), "raw/usps.h5 is missing"),
    ],
)
def test_data_that_are_not_what_they_should_be_are_one_line(
    test: dataset.Split | Exception, message: str, monkeypatch: pytest.MonkeyPatch
):
    @dataset.shaped((1, 4, 4), 2)
    def usps(raw: Path) -> dataset.Dataset:
        if isinstance(test, Exception):
            raise test
        return dataset.Dataset("usps", split(PIXELS, [0, 1]), test, 2, "none", "0")

    monkeypatch.setattr(datasets, "find", {"usps": usps}.get)
    with pytest.raises(UserError, match=f"dataset usps, from raw/: {message}"):
        datasets.load("usps", Path("raw"))


def test_mnist5k_is_stratified_and_standardised():
    dataset = images.mnist5k.load(Path("unused"))
    assert dataset.train.x.shape == (4000, 1, 28, 28)
    assert dataset.train.x.dtype == np.float32
    assert np.bincount(dataset.train.y).tolist() == [400] * 10
    assert np.bincount(dataset.test.y).tolist() == [100] * 10
    assert dataset.train.x.mean() == pytest.approx(0, abs=1e-4)
    assert dataset.train.x.std() == pytest.approx(1, abs=1e-4)
    assert dataset.source_sha256 == images.PUBLISHED_SHA256["mnist5k"]


def test_szt_has_the_labels_of_the_paper():
    dataset = szt.szt.load(Path("unused"))
    x, y = (np.concatenate(parts) for parts in zip(dataset.train, dataset.test, strict=True))
    assert len(np.unique(x, axis=0)) == 4096
    assert set(np.unique(x)) == {-1, 1}
    assert len(dataset.train.y) == round(0.85 * 4096)
    assert y.sum() == 2118
    p = y.mean()
    assert -(p * np.log(p) + (1 - p) * np.log(1 - p)) == pytest.approx(0.69256, abs=1e-5)


def test_szt_labels_are_invariant_under_the_icosahedral_group():
    dataset = szt.szt.load(Path("unused"))
    x, y = (np.concatenate(parts) for parts in zip(dataset.train, dataset.test, strict=True))
    label = dict(zip(map(tuple, x), y, strict=True))
    phi = (1 + 5**0.5) / 2
    vertices = np.array(
        [(0, 1, phi), (1, phi, 0), (0, 1, -phi), (-1, phi, 0), (phi, 0, -1), (0, -1, phi),
         (1, -phi, 0), (-1, -phi, 0), (-phi, 0, -1), (0, -1, -phi), (-phi, 0, 1), (phi, 0, 1)]
    )  # fmt: skip
    axis = vertices[0]
    turn = Rotation.from_rotvec(2 * np.pi / 5 * axis / np.linalg.norm(axis)).apply(vertices)
    permutation = np.linalg.norm(turn[:, None] - vertices, axis=2).argmin(1)
    assert sorted(permutation) == list(range(12))
    assert (permutation != np.arange(12)).sum() == 10
    assert all(label[tuple(row[permutation])] == label[tuple(row)] for row in x)


@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_idx_files_placed_by_hand_are_used(tmp_path: Path, name: str, folder: str, packed: bool):
    pictures = place_idx(tmp_path / folder / "raw", packed=packed)
    dataset = datasets.load(name, tmp_path)
    raw = pictures / 255
    expected = (raw - raw.mean()) / raw.std()
    np.testing.assert_allclose(dataset.train.x[:, 0], expected, atol=1e-5)
    assert dataset.test.y.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert f"{raw.mean():.4f}" in dataset.normalisation


@pytest.mark.usefixtures("_offline")
def test_a_damaged_file_is_one_line_that_names_the_folder(tmp_path: Path):
    place_idx(tmp_path / "MNIST/raw", packed=True)
    broken = tmp_path / "MNIST/raw/train-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"dataset mnist .*MNIST/raw/") as error:
        datasets.load("mnist", tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("_offline")
def test_labels_that_do_not_match_the_pictures(tmp_path: Path):
    place_idx(tmp_path / "MNIST/raw", packed=False, labels=11)
    with pytest.raises(UserError, match="11 labels"):
        datasets.load("mnist", tmp_path)


@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_a_failed_download_is_one_line_with_data_set_and_folder(tmp_path: Path, name: str):
    with pytest.raises(UserError, match=f"dataset {name} .*: place .* in {tmp_path.as_posix()}") as error:
        datasets.load(name, tmp_path)
    assert "\n" not in str(error.value)


def test_cifar10_in_its_publishers_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    batch = {"data": rng.integers(0, 256, (4, 3072)).astype(np.uint8), "labels": [0, 1, 2, 9]}
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    for name, _ in (*CIFAR10.train_list, *CIFAR10.test_list):
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(i) for i in range(10)]}))
    # The publisher's checksums are of the publisher's files.
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    dataset = datasets.load("cifar10", tmp_path)
    assert dataset.train.x.shape == (20, 3, 32, 32)
    assert dataset.test.x.shape == (4, 3, 32, 32)
    pixels = batch["data"].reshape(4, 3, 32, 32) / 255
    expected = (pixels - pixels.mean((0, 2, 3), keepdims=True)) / pixels.std((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(dataset.test.x, expected, atol=1e-5)


def test_a_data_set_survives_its_store(tmp_path: Path):
    dataset = szt.szt.load(Path("unused"))
    path = tmp_path / "dataset.zarr"
    dataset_store.write(dataset, path)
    back = dataset_store.read(path)
    for split in ("train", "test"):
        for a, b in zip(getattr(dataset, split), getattr(back, split), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
    assert (back.name, back.classes, back.source_sha256) == ("szt", 2, dataset.source_sha256)


OWN = """
import numpy as np
from infoplane.datasets.dataset import Dataset, Split, shaped

@shaped((3,), 2)
def two(raw):
    split = Split(np.zeros((4, 3), np.float32), np.arange(4) % 2)
    return Dataset("of mine", split, split, 2, "none", "0")

def plain(raw):
    pass
"""


def test_a_data_set_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "own_data.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    assert datasets.shape_and_classes("own_data:two") == ((3,), 2)
    assert datasets.load("own_data:two", Path("raw")).name == "own_data:two"  # as params.yaml names it
    for find in (datasets.shape_and_classes, datasets.find):
        with pytest.raises(UserError, match="no function plain that is marked with @shaped"):
            find("own_data:plain")
        with pytest.raises(UserError, match="dataset = 'own_data:none': own_data has no function none"):
            find("own_data:none")
        with pytest.raises(UserError, match="dataset = 'absent_data:two': the module absent_data cannot be imported"):
            find("absent_data:two")
