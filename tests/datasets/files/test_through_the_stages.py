"""A data set of the user's own files through the stages, and what a change of a file reruns."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infoplane.storage import dataset_store
from own_files import place_pictures
from pipeline import OF_SECONDS, Pipeline, ending, run_here

CNN = {"channels": [2], "kernel": 3, "hidden": 4, "activation": "relu", "dropout": None}
CHANGES = OF_SECONDS | {
    "dataset": "files:photos",
    "model": "cnn",
    "models": {"cnn": CNN, "mlp": OF_SECONDS["models"]["mlp"]},
    "train.epochs": 2,
    "train.repetitions": 1,
    "train.batch_size": 8,
    "record.samples": None,
    "files.normalisation": "imagenet",
}


@pytest.fixture
def photos(tmp_path: Path) -> Pipeline:
    """A pipeline with a folder of pictures, in which nothing has run."""
    pipeline = Pipeline.create(tmp_path / "infoplane", CHANGES)
    place_pictures(pipeline.folder / "inputs/photos", each=20)
    for path in (pipeline.folder / "inputs/photos").rglob("*.png"):
        os.utime(path, (0, 0))  # of a file that has just changed no hash is kept
    return pipeline


def test_a_folder_of_pictures_becomes_a_plane(
    photos: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    for stage in ("check", "prepare", "train", "estimate@binning"):
        run_here(stage, monkeypatch, photos)
    said = capsys.readouterr().out
    assert "files:photos: 32 for training, 8 for testing, x of shape (3, 6, 8), 2 classes: cat, dog" in said
    table = (photos.folder / "plots/mi/binning.csv").read_text().splitlines()
    assert {line.split(",")[table[0].split(",").index("layer")] for line in table[1:]} >= {"conv1", "hidden", "output"}
    prepare, train = (
        set(json.loads((photos.folder / f"data/code/{s}.json").read_text())) for s in ("prepare", "train")
    )
    assert {f"inputs/photos/{name}/019.png" for name in ("cat", "dog")} <= prepare
    assert (
        "infoplane/datasets/files/pictures.py" in prepare & train
    )  # both look at the headers; a package from elsewhere
    assert not any(name.startswith("inputs/") for name in train)
    assert (photos.folder / "data/file_digests.json").exists()


def test_a_changed_picture_reruns_prepare(photos: Pipeline, monkeypatch: pytest.MonkeyPatch):
    code = photos.folder / "data/code/prepare.json"
    run_here("check", monkeypatch, photos)
    before = code.read_text()
    run_here("check", monkeypatch, photos)
    assert code.read_text() == before
    Image.new("RGB", (8, 6)).save(photos.folder / "inputs/photos/dog/003.png")
    run_here("check", monkeypatch, photos)
    assert code.read_text() != before


@pytest.mark.slow
def test_dvc_reruns_what_follows_a_changed_picture_or_option(photos: Pipeline):
    photos.stub("train", "estimate", "validate", "resolution", "plot", "overview")
    photos.commit("before the first run")
    assert {"check", "prepare", "train"} <= photos.stages("dvc", "repro", "train")
    assert photos.stages("dvc", "repro", "train") == set()
    Image.new("RGB", (8, 6)).save(photos.folder / "inputs/photos/dog/003.png")
    assert photos.stages("dvc", "repro", "train") == {"check", "prepare", "train"}
    photos.change({"files.grey": True, "files.normalisation": "none"})
    assert photos.stages("dvc", "repro", "train") == {"check", "prepare", "train"}
    assert dataset_store.read(photos.folder / "data/dataset.zarr").train.x.shape[1:] == (1, 6, 8)


@pytest.mark.parametrize("how", ["cnn", "tokens"])
def test_vectors_and_tokens_are_refused_by_networks_of_something_else(
    photos: Pipeline, monkeypatch: pytest.MonkeyPatch, how: str
):
    x = np.random.default_rng(0).integers(0, 9, (40, 3))
    np.savez(photos.folder / "inputs/rows.npz", x=x if how == "tokens" else x.astype(float), y=np.arange(40) % 2)
    photos.change({"dataset": "files:rows.npz", "model": "mlp" if how == "tokens" else "cnn", "files": {}})
    expected = {
        "cnn": "models.cnn: on dataset files:rows.npz: needs images (channels, height, width), but one x has shape",
        "tokens": "models.mlp: on dataset files:rows.npz: takes numbers, and one x is 3 tokens (int64)",
    }
    assert expected[how] in ending("check", monkeypatch, photos)


OWN = """
import numpy as np
from infoplane.datasets.dataset import Dataset, Split, shaped

DRAWS = np.random.default_rng(0)
Y = np.arange(60) % 2

def both(x, y=Y, classes=2):
    return Dataset("of mine", Split(x, y), Split(x, y), classes, "none", "0")

@shaped((4,), 2)
def double(raw):
    return both(DRAWS.normal(size=(60, 4)), Y.astype(np.int32))

@shaped((4,), 1)
def one_class(raw):
    return both(DRAWS.normal(size=(60, 4)).astype(np.float32), Y * 0, 1)

@shaped((1,), 2)
def column(raw):
    return both(DRAWS.normal(size=60).astype(np.float32))
"""


@pytest.mark.parametrize("function", ["double", "one_class", "column"])
def test_vectors_of_the_users_own(photos: Pipeline, monkeypatch: pytest.MonkeyPatch, function: str):
    (photos.folder / "extensions/vectors_of_mine.py").write_text(OWN)
    monkeypatch.syspath_prepend(photos.folder / "extensions")
    photos.change({"dataset": f"vectors_of_mine:{function}", "model": "mlp", "train.epochs": 1, "files": {}})
    for stage in ("check", "prepare", "train", "estimate@binning"):
        run_here(stage, monkeypatch, photos)
    assert (photos.folder / "metrics/mi/binning.json").exists()
