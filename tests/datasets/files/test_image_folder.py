"""Folders of pictures, held against torchvision's ImageFolder and the transform of its weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.datasets.folder import IMG_EXTENSIONS
from torchvision.models import ResNet18_Weights
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms.functional import InterpolationMode

from infoplane import datasets
from infoplane.datasets.files import image_folder
from infoplane.errors import UserError
from own_files import load, place_pictures, reading, x_of


def test_samples_are_those_of_torchvisions_image_folder(tmp_path: Path):
    for split in ("train", "test"):
        place_pictures(tmp_path / "photos" / split, ("dog", "cat", "ant"))
    (tmp_path / "photos/train/dog/deeper").mkdir()
    Image.new("L", (8, 6), 40).save(tmp_path / "photos/train/dog/deeper/grey.JPG")
    (tmp_path / "photos/train/notes.txt").write_text("no picture")
    dataset = load("files:photos", tmp_path, normalisation="none")
    assert dataset.class_names == ("ant", "cat", "dog")
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        theirs = ImageFolder(str(tmp_path / "photos" / name))
        assert split.y.tolist() == theirs.targets
        expected = np.stack([np.asarray(picture).transpose(2, 0, 1) for picture, _ in theirs]) / 255
        np.testing.assert_allclose(split.x, expected, atol=1e-6)


def test_the_same_endings_count_as_torchvisions():
    assert set(image_folder.ENDINGS) == set(IMG_EXTENSIONS)


@pytest.mark.parametrize("side", [(300, 211), (211, 300), (150, 64), (256, 256)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_pixels_are_those_of_the_transform_of_torchvisions_weights(
    tmp_path: Path, side: tuple[int, int], interpolation: str
):
    place_pictures(tmp_path / "photos", each=2, size=side)
    options = {"crop": 224, "resize": 256, "normalisation": "imagenet", "interpolation": interpolation, "test": 0.5}
    dataset = load("files:photos", tmp_path, **options)
    transform = ImageClassification(crop_size=224, resize_size=256, interpolation=InterpolationMode(interpolation))
    if interpolation == "bilinear":
        assert repr(transform) == repr(ResNet18_Weights.IMAGENET1K_V1.transforms())
    pictures = [picture for picture, _ in ImageFolder(str(tmp_path / "photos"))]
    expected = torch.stack([transform(picture) for picture in pictures]).numpy()
    by_sum = np.argsort(expected.sum((1, 2, 3)))
    x = x_of(dataset)
    np.testing.assert_allclose(x[np.argsort(x.sum((1, 2, 3)))], expected[by_sum], atol=1e-5)


def test_a_size_alone_keeps_as_much_of_the_picture_as_fits(tmp_path: Path):
    folder = tmp_path / "photos"
    for name, size in {"cat": (30, 10), "dog": (12, 24)}.items():
        (folder / name).mkdir(parents=True)
        for number in range(3):
            picture = Image.new("RGB", size, (255, 0, 0))
            picture.paste((0, 0, 255), (size[0] // 4, size[1] // 4, 3 * size[0] // 4, 3 * size[1] // 4))
            picture.save(folder / name / f"{number}.png")
    dataset = load("files:photos", tmp_path, crop=[4, 6], grey=True, normalisation="none")
    assert dataset.train.x.shape[1:] == (1, 4, 6)
    assert load("files:photos", tmp_path, crop=5).train.x.shape[1:] == (3, 5, 5)


def test_pictures_are_standardised_by_the_training_samples_of_each_channel(tmp_path: Path):
    pixels = place_pictures(tmp_path / "photos", each=10)
    dataset = load("files:photos", tmp_path)
    assert len(dataset.train.y) == 16
    x = np.asarray(dataset.train.x)
    np.testing.assert_allclose(x.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(x.std((0, 2, 3)), 1, atol=1e-6)
    assert np.bincount(dataset.test.y).tolist() == [2, 2]
    assert dataset.normalisation.startswith("pixels / 255, minus 0.")
    raw = np.sort(pixels.sum((1, 2, 3)))
    back = x_of(dataset).astype(np.float64) * _numbers(dataset.normalisation, 1) + _numbers(dataset.normalisation, 0)
    np.testing.assert_allclose(np.sort((255 * back).sum((1, 2, 3))), raw, rtol=1e-3)


def _numbers(words: str, which: int) -> np.ndarray:
    """The means (0) or deviations (1) in the words of a normalisation, to be broadcast against x."""
    text = words.partition("minus ")[2].partition(":")[0].split(", over ")[which]
    return np.array([float(number) for number in text.split(", ")])[:, None, None]


def test_the_draw_depends_on_the_seed_alone(tmp_path: Path):
    place_pictures(tmp_path / "photos", each=10)
    digests = {}
    for seed in (0, 0, 1):
        how = reading(tmp_path)
        how = type(how)(how.folder, how.options, seed)
        digests.setdefault(seed, set()).add(datasets.load("files:photos", Path("unused"), how).source_sha256)
    assert len(digests[0]) == 1
    assert digests[0] != digests[1]


def _spoil(folder: Path, how: str) -> None:
    if how == "a single picture":
        for number in range(1, 5):
            (folder / f"cat/{number:03}.png").unlink()
    elif how == "an empty class":
        (folder / "bee").mkdir()
    elif how == "another size":
        Image.new("RGB", (9, 9)).save(folder / "dog/003.png")
    elif how == "no picture":
        (folder / "dog/003.png").write_bytes(b"not a picture")
    elif how == "16 bits":
        Image.fromarray(np.zeros((6, 8), np.uint16)).save(folder / "dog/003.png")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("a single picture", "class cat has 1 sample, and two are needed"),
        ("an empty class", "photos/bee holds no image"),
        ("another size", r"cat/000.png has 6 x 8 pixels, .*dog/003.png has 9 x 9: set files.crop"),
        ("no picture", r"dog/003.png cannot be read as an image: UnidentifiedImageError"),
        ("16 bits", r"dog/003.png has pixels of more than 8 bits"),
    ],
)
def test_what_is_wrong_is_one_line_of_check(tmp_path: Path, how: str, message: str):
    place_pictures(tmp_path / "photos")
    _spoil(tmp_path / "photos", how)
    with pytest.raises(UserError, match=rf"params.yaml: dataset = 'files:photos': .*{message}") as error:
        datasets.check("files:photos", reading(tmp_path))
    assert "\n" not in str(error.value)


def test_a_picture_that_breaks_off_is_named_when_it_is_read(tmp_path: Path):
    place_pictures(tmp_path / "photos", size=(60, 60))
    broken = tmp_path / "photos/dog/002.png"
    broken.write_bytes(broken.read_bytes()[:3000])
    datasets.check("files:photos", reading(tmp_path))  # its header is whole
    with pytest.raises(UserError, match=r"dog/002.png cannot be read as an image: OSError"):
        datasets.load("files:photos", Path("unused"), reading(tmp_path))


def test_a_folder_of_something_else(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"photos holds neither folders of images, one for each class, nor x.npy"):
        datasets.check("files:photos", reading(tmp_path))
    with pytest.raises(UserError, match=r"dataset = 'files:paintings': .*paintings does not exist"):
        datasets.check("files:paintings", reading(tmp_path))
