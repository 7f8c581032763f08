"""A folder of class folders of images, as torchvision's ImageFolder has it, perhaps below train/ and test/."""

from pathlib import Path

import numpy as np

from infoplane import inputs
from infoplane.datasets.files.pictures import Pictures
from infoplane.datasets.files.raw_samples import Opened, Part
from infoplane.datasets.reading import FileOptions
from infoplane.errors import UserError

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""Those of torchvision.datasets.folder.IMG_EXTENSIONS."""
TRAIN, TEST = "train", ("test", "val")


def opened(folder: Path, options: FileOptions, place: str) -> Opened:
    """The pictures in the folders of their classes; classes are in the order of the folders' names.

    Raises:
        UserError: there are no class folders, one of them holds no image, or the first image cannot be read.
    """
    train, test = _splits(folder)
    names = sorted({path.name for split in (train, test) if split for path in _folders(split)})
    if not names:
        raise UserError(
            f"{place}: {folder.as_posix()} holds neither folders of images, one for each class, nor x.npy and y.npy, "
            "nor train.csv"
        )
    parts = [_part(split, names, options, place) for split in (train, test) if split]
    pictures = [pictures for pictures, _ in parts]

    def check() -> None:
        for each in pictures:
            each.check()
        if pictures[0].shape[1:] != pictures[-1].shape[1:]:
            raise UserError(f"{place}: images for training and testing differ in size: set files.crop")

    of_splits = [Part(*part) for part in parts]
    return Opened("images", of_splits[0], of_splits[1] if test else None, tuple(names), check=check)


def _splits(folder: Path) -> tuple[Path, Path | None]:
    """The folders of the classes' folders, for training and for testing; None where none are set apart."""
    tests = [folder / name for name in TEST if (folder / name).is_dir() and _folders(folder / name)]
    if tests and (folder / TRAIN).is_dir() and _folders(folder / TRAIN):
        return folder / TRAIN, tests[0]
    return folder, None


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _part(folder: Path, names: list[str], options: FileOptions, place: str) -> tuple[Pictures, np.ndarray]:
    files: list[Path] = []
    labels: list[int] = []
    for of_class in _folders(folder):
        found = [path for path in inputs.files(of_class) if path.suffix.lower() in ENDINGS]
        if not found:
            raise UserError(f"{place}: {of_class.as_posix()} holds no image ({', '.join(ENDINGS)})")
        files += found
        labels += [names.index(of_class.name)] * len(found)
    pictures = Pictures(len(files), files.__getitem__, lambda i: files[i].as_posix(), options, place)
    return pictures, np.array(labels)
