"""Data sets of Hugging Face's package, saved to a folder or as Parquet files, without a network."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infoplane import datasets
from infoplane.errors import UserError
from own_files import load, reading, x_of

hub = pytest.importorskip("datasets")
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 4, 5, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's cache lies below the current folder; nothing asks the hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)


def pictures(count: int = 20):
    """Pictures whose labels have names."""
    features = hub.Features(
        {"image": hub.Image(), "label": hub.ClassLabel(names=["zebra", "ant"]), "id": hub.Value("int64")}
    )
    columns = {
        "image": [Image.fromarray(picture) for picture in PIXELS[:count]],
        "label": [0, 1] * (count // 2),
        "id": list(range(count)),
    }
    return hub.Dataset.from_dict(columns, features=features)


@pytest.mark.parametrize("how", ["saved", "parquet"])
def test_pictures_with_named_classes(tmp_path: Path, how: str):
    if how == "saved":
        pictures().save_to_disk(str(tmp_path / "zoo"))
    else:
        (tmp_path / "zoo").mkdir()
        pictures().to_parquet(str(tmp_path / "zoo/train-00000-of-00001.parquet"))
    dataset = load("huggingface:zoo", tmp_path, normalisation="none")
    assert dataset.class_names == ("zebra", "ant")
    assert dataset.train.x.shape == (16, 3, 4, 5)
    np.testing.assert_allclose(np.sort(x_of(dataset), axis=None), np.sort(PIXELS, axis=None) / 255, rtol=1e-6)


def test_splits_that_are_given(tmp_path: Path):
    hub.DatasetDict(train=pictures(), test=pictures(6)).save_to_disk(str(tmp_path / "zoo"))
    dataset = load("huggingface:zoo", tmp_path, normalisation="none")
    np.testing.assert_allclose(dataset.test.x, PIXELS[:6].transpose(0, 3, 1, 2) / 255, rtol=1e-6)
    assert dataset.test.y.tolist() == [0, 1] * 3


def test_columns_of_numbers(tmp_path: Path):
    columns = {"a": np.arange(20.0), "b": np.arange(20) % 3, "label": ["x", "y"] * 10}
    hub.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "numbers"))
    dataset = load("huggingface:numbers", tmp_path, normalisation="none")
    assert dataset.class_names == ("x", "y")
    x = x_of(dataset)
    np.testing.assert_array_equal(x[np.argsort(x[:, 0])], np.c_[columns["a"], columns["b"]])


def test_lists_of_whole_numbers_are_tokens(tmp_path: Path):
    tokens = np.random.default_rng(0).integers(0, 50, (20, 6))
    columns = {"input_ids": tokens.tolist(), "text": ["a"] * 20, "label": [0, 1] * 10}
    hub.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "texts"))
    dataset = load("huggingface:texts", tmp_path, columns=["input_ids"])
    assert dataset.train.x.dtype == np.int64
    np.testing.assert_array_equal(np.sort(x_of(dataset), axis=None), np.sort(tokens, axis=None))


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (
            {"text": ["a"] * 20, "label": [0, 1] * 10},
            {},
            "no numbers are in the columns text: name those of x in files",
        ),
        ({"a": [1.0] * 20, "y": [0, 1] * 10}, {}, "files.label = 'label': there is no such column; there are a, y"),
        ({"ids": [[1], [1, 2]] * 10, "label": [0, 1] * 10}, {}, "rows of ids differ in length"),
        ({"a": [1.0] * 20, "label": [0, None] * 10}, {}, "labels are missing"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, columns: dict, options: dict, message: str):
    hub.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "wrong"))
    how = reading(tmp_path, **options)
    with pytest.raises(UserError, match=f"params.yaml: dataset = 'huggingface:wrong': {message}"):
        datasets.check("huggingface:wrong", how)
        datasets.load("huggingface:wrong", Path("unused"), how)


def test_a_picture_that_cannot_be_read(tmp_path: Path):
    hub.DatasetDict(train=pictures()).save_to_disk(str(tmp_path / "zoo"))
    broken = pictures().cast_column("image", hub.Image(decode=False)).to_dict()
    broken["image"][3]["bytes"] = b"not a picture"
    features = hub.Features({**pictures().features})
    hub.Dataset.from_dict(broken, features=features).save_to_disk(str(tmp_path / "broken"))
    with pytest.raises(UserError, match="the image of sample 3 cannot be read as an image"):
        datasets.check("huggingface:broken", reading(tmp_path))


def test_a_name_that_is_neither_here_nor_on_the_hub(tmp_path: Path):
    with pytest.raises(UserError, match=r"is no folder below .*, and on the hub it cannot be read: ") as error:
        datasets.check("huggingface:nobody/nothing", reading(tmp_path))
    assert "\n" not in str(error.value)


def test_the_package_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match="the package `datasets` is missing: run `make extras`"):
        datasets.check("huggingface:zoo", reading(tmp_path))
