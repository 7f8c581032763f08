"""Activations that were made elsewhere, in the files that other tools write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from safetensors.torch import save_file
from torch import nn

import infoplane
from infoplane.errors import UserError
from infoplane.settings import params
from infoplane.settings.imported import imported
from infoplane.settings.params import Params
from infoplane.settings.sections import Import
from infoplane.storage.activations import Activations
from infoplane.storage.array_tree import open_arrays
from infoplane.training import imported_activations

DRAW = np.random.default_rng(0)
ARRAYS = {
    "y": DRAW.integers(0, 3, 50),
    "x": DRAW.normal(size=(50, 4)),
    "0/first": DRAW.normal(size=(50, 6)).astype("float32"),
    "0/second": DRAW.normal(size=(50, 2, 3)).astype("float32"),
    "5/first": DRAW.normal(size=(50, 6)).astype("float32"),
    "5/second": DRAW.normal(size=(50, 2, 3)).astype("float32"),
}


def to_npz(arrays: dict[str, Any], folder: Path) -> str:
    np.savez(folder / "a.npz", **arrays)
    return "a.npz"


def to_compressed_npz(arrays: dict[str, Any], folder: Path) -> str:
    np.savez_compressed(folder / "a.npz", **arrays)
    return "a.npz"


def to_npy_folder(arrays: dict[str, Any], folder: Path) -> str:
    for name, values in arrays.items():
        path = folder / "a" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, values)
    return "a"


def to_safetensors(arrays: dict[str, Any], folder: Path) -> str:
    save_file({name: torch.from_numpy(np.asarray(values)) for name, values in arrays.items()}, folder / "a.safetensors")
    return "a.safetensors"


def to_zarr(arrays: dict[str, Any], folder: Path) -> str:
    group = zarr.open_group(folder / "a.zarr", mode="w")
    for name, values in arrays.items():
        group.create_array(name, data=np.asarray(values), chunks=(16, *np.shape(values)[1:]))
    return "a.zarr"


FORMATS = [to_npz, to_compressed_npz, to_npy_folder, to_safetensors, to_zarr]
Format = Callable[[dict[str, Any], Path], str]


def settings(folder: Path, path: str | None, *, estimators: tuple[str, ...] = ("binning",), **record: Any) -> Params:
    chosen = params.read()
    runs = {key: chosen.estimators[key] for key in estimators}
    of_record = {"epochs": "all", "splits": ["train"], **record}
    return chosen.model_copy(
        update={
            "source": "import",
            "inputs": str(folder),
            "imported": Import(path=path),
            "estimators": runs,
            "record": chosen.record.model_copy(update=of_record),
        }
    )


def copied(folder: Path, chosen: Params) -> Activations:
    imported_activations.copy(imported(chosen), chosen, folder / "out.zarr")
    return Activations(folder / "out.zarr")


@pytest.mark.parametrize("write", FORMATS)
def test_every_format_gives_the_same_store(tmp_path: Path, write: Format, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(imported_activations, "BLOCK_BYTES", 7 * 6 * 4)  # of seven samples
    store = copied(tmp_path, settings(tmp_path, write(ARRAYS, tmp_path)))
    assert (store.epochs, store.layers, store.splits) == ([0, 5], ["first", "second"], ["train"])
    x, y = store.samples("train")
    np.testing.assert_array_equal(x, ARRAYS["x"].astype("float32"))
    np.testing.assert_array_equal(y, ARRAYS["y"])
    for place, epoch in enumerate(store.epochs):
        for layer in store.layers:
            t = store.layer("train", layer, slice(place, place + 1)).t[0]
            np.testing.assert_array_equal(t, ARRAYS[f"{epoch}/{layer}"].reshape(50, -1))


def test_splits_have_names_and_labels_may_be_texts(tmp_path: Path):
    arrays = {
        f"{split}/{name}": values
        for split, n in (("train", 40), ("test", 10))
        for name, values in {
            "y": np.array(["dog", "cat"] * (n // 2)),
            "h.0": DRAW.normal(size=(n, 3)),
            "x": DRAW.normal(size=n),
        }.items()
    }
    store = copied(tmp_path, settings(tmp_path, to_npz(arrays, tmp_path), splits=["test", "train"]))
    assert store.splits == ["test", "train"]
    assert store.samples("test")[1].tolist() == [1, 0] * 5
    assert store.samples("train")[0].shape == (40, 1)
    assert store.root.attrs["class_names"] == ["cat", "dog"]


def test_without_x_samples_are_told_apart_by_their_numbers(tmp_path: Path):
    arrays = {name: values for name, values in ARRAYS.items() if name != "x"}
    store = copied(tmp_path, settings(tmp_path, to_npz(arrays, tmp_path), samples=20))
    x, _ = store.samples("train")
    assert x.shape == (20, 1)
    assert len(np.unique(x)) == 20
    assert store.split_size("train") == 50
    t = store.layer("train", "first", slice(0, 1)).t[0]
    np.testing.assert_array_equal(t, ARRAYS["0/first"][x[:, 0].astype(int)])


def changed(**arrays: Any) -> dict[str, Any]:
    return {name: values for name, values in (ARRAYS | arrays).items() if values is not None}


@pytest.mark.parametrize(
    ("arrays", "record", "message"),
    [
        (changed(y=None), {}, "there is no y, the labels; there are "),
        (changed(y=DRAW.normal(size=50)), {}, "labels y are float64"),
        (changed(y=ARRAYS["y"][:49]), {}, "has 50 samples, y 49"),
        (changed(x=ARRAYS["x"][:30]), {}, "y 50, x 30"),
        (changed(**{"5/first": ARRAYS["5/first"][:, :3]}), {}, r"units of shape \(3,\) at epoch 5 .* \(6,\) elsewhere"),
        (changed(**{"5/second": None}), {}, "layer second of epoch 5 is missing"),
        (changed(**{"0/first": np.zeros(50)}), {}, r"0/first is float64 of shape \(50,\)"),
        ({"y": ARRAYS["y"]}, {}, "has no layers"),
        (ARRAYS, {"layers": ["third"]}, "record.layers = 'third': must be one of first, second"),
        (ARRAYS, {"epochs": [1]}, "has no epoch 1; it has 0, 5"),
        (ARRAYS, {"splits": ["train", "test"]}, "has no split test; it has train"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path: Path, arrays: dict[str, Any], record: dict[str, Any], message: str):
    with pytest.raises(UserError, match=message) as raised:
        imported(settings(tmp_path, to_npz(arrays, tmp_path), **record))
    assert "\n" not in str(raised.value)


def test_estimators_that_ask_for_what_is_not_there_are_named(tmp_path: Path):
    arrays = {name: values for name, values in ARRAYS.items() if name != "x"}
    path = to_npz(arrays, tmp_path)
    with pytest.raises(UserError, match=r"estimators.dropout: dropout needs noise"):
        imported(settings(tmp_path, path, estimators=("binning", "dropout")))
    chosen = settings(tmp_path, path)
    ksg = chosen.estimators["binning"]._replace(key="near", method="ksg")
    with pytest.raises(UserError, match=r"estimators.near: ksg compares T with x"):
        imported(chosen.model_copy(update={"estimators": {"near": ksg}}))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_named(tmp_path: Path, bad: float):
    broken = ARRAYS["5/first"].copy()
    broken[49, 0] = bad
    path = to_npz(changed(**{"5/first": broken}), tmp_path)
    with pytest.raises(UserError, match=r"layer first .*epoch 5"):
        copied(tmp_path, settings(tmp_path, path))
    assert not (tmp_path / "out.zarr").exists()
    assert copied(tmp_path, settings(tmp_path, path, allow_diverged=True)).diverged("train", "first") == [False, True]
    broken_x = changed(x=np.full((50, 4), bad))
    with pytest.raises(UserError, match="x holds a NaN"):
        copied(tmp_path, settings(tmp_path, to_npz(broken_x, tmp_path)))


def test_no_file_and_no_such_file_are_one_line(tmp_path: Path):
    with pytest.raises(UserError, match=r"source = 'import' needs import.path"):
        imported(settings(tmp_path, None))
    with pytest.raises(UserError, match="does not exist"):
        imported(settings(tmp_path, "none.npz"))
    (tmp_path / "text.txt").write_text("no arrays")
    with pytest.raises(UserError, match=r"neither \.npz"):
        imported(settings(tmp_path, "text.txt"))


@pytest.mark.parametrize("write", FORMATS)
def test_a_damaged_file_is_one_line(tmp_path: Path, write: Format):
    path = tmp_path / write(ARRAYS, tmp_path)
    files = sorted(file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError) as raised:
        copied(tmp_path, settings(tmp_path, path.name))
    assert "\n" not in str(raised.value)


def test_python_objects_are_never_unpickled(tmp_path: Path):
    np.savez(tmp_path / "a.npz", y=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="objects"):
        open_arrays(tmp_path / "a.npz")
    (tmp_path / "b").mkdir()
    np.save(tmp_path / "b/y.npy", np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="objects"):
        open_arrays(tmp_path / "b")


def test_half_precision_is_read_and_arrays_by_columns(tmp_path: Path):
    save_file({"h": torch.arange(6).reshape(3, 2).to(torch.bfloat16)}, tmp_path / "a.safetensors")
    assert open_arrays(tmp_path / "a.safetensors")["h"][1:3].tolist() == [[2, 3], [4, 5]]
    np.savez(tmp_path / "a.npz", h=np.asfortranarray(np.arange(6).reshape(3, 2)))
    array = open_arrays(tmp_path / "a.npz")["h"]
    assert array[1:3].tolist() == [[2, 3], [4, 5]]
    assert array[0:1].tolist() == [[0, 1]]


def test_what_a_recorder_writes_is_imported_with_its_noise(tmp_path: Path):
    x, y = torch.randn(30, 4), torch.arange(30) % 2
    network = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    with infoplane.Recorder(network, ["0", "1"], tmp_path / "run.zarr", test=(x, y)) as recorder:
        for epoch in (0, 7):
            recorder.epoch(epoch)
    store = copied(tmp_path, settings(tmp_path, "run.zarr", splits=["test"]))
    original = Activations(tmp_path / "run.zarr")
    assert store.epochs == [0, 7]
    for layer in ("0", "1"):
        both = (each.layer("test", layer, slice(None)).t for each in (store, original))
        np.testing.assert_array_equal(*both)


def test_large_layers_are_reduced_on_the_way(tmp_path: Path):
    path = to_npz(ARRAYS, tmp_path)
    pooled = copied(tmp_path, settings(tmp_path, path, reduce="pool")).layer("train", "second", slice(0, 1)).t[0]
    np.testing.assert_allclose(pooled, ARRAYS["0/second"].mean(1), rtol=1e-6)
    store = copied(tmp_path, settings(tmp_path, path, reduce="pca 2"))
    values = ARRAYS["5/first"].astype(float)
    _, spread, _ = np.linalg.svd(values - values.mean(0), full_matrices=False)
    found = store.layer("train", "first", slice(1, 2)).t[0]
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), spread[:2], rtol=3e-3)
    assert store.root.attrs["reduced"] == ["first", "second"]
    assert not store.is_chain


def test_only_layers_whose_order_is_known_are_held_to_each_other(tmp_path: Path):
    path = to_npz(ARRAYS, tmp_path)
    assert not copied(tmp_path, settings(tmp_path, path)).is_chain
    store = copied(tmp_path, settings(tmp_path, path, layers=["second", "first"]))
    assert store.layers == ["second", "first"]
    assert store.is_chain


@pytest.mark.parametrize(
    "twice", [{"a/b": 0, "a.b": 0}, {"7/a": 0, "007/a": 0}, {"a": 0, "0/a": 0}], ids=["slash", "zeros", "no epoch"]
)
def test_two_arrays_for_one_layer_are_one_line(tmp_path: Path, twice: dict[str, int]):
    arrays = dict.fromkeys(twice, ARRAYS["0/first"]) | {"y": ARRAYS["y"]}
    with pytest.raises(UserError, match="is there twice"):
        imported(settings(tmp_path, to_npz(arrays, tmp_path)))


def test_arrays_with_and_without_a_split_are_one_line(tmp_path: Path):
    arrays = ARRAYS | {"train/y": ARRAYS["y"], "train/a": ARRAYS["0/first"]}
    with pytest.raises(UserError, match="both would be train"):
        imported(settings(tmp_path, to_npz(arrays, tmp_path)))


@pytest.mark.parametrize(
    ("arrays", "record", "message"),
    [
        (changed(y=np.full(50, np.inf)), {}, "labels y are float64"),
        (changed(y=np.full(50, 2**63, np.uint64)), {}, "labels y are uint64"),
        (changed(x=np.array(["a"] * 50)), {}, "numbers, samples first, are wanted"),
        (changed(x=np.array(3.0)), {}, "numbers, samples first, are wanted"),
        (changed(x=np.ones((50, 2), complex)), {}, "numbers, samples first, are wanted"),
        (changed(**{"0/first": np.zeros((50, 0)), "5/first": np.zeros((50, 0))}), {}, "nothing is there|none is there"),
        (changed(**{"0/a b": ARRAYS["0/first"], "5/a b": ARRAYS["0/first"]}), {}, "becomes that of a folder"),
        (ARRAYS, {"reduce": "pca 51"}, "50 samples"),
        (ARRAYS, {"epochs": "log 1"}, "at least 2 log-spaced"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_copied(
    tmp_path: Path, arrays: dict[str, Any], record: dict[str, Any], message: str
):
    with pytest.raises(UserError, match=message) as raised:
        imported(settings(tmp_path, to_npz(arrays, tmp_path), **record))
    assert "\n" not in str(raised.value)


def test_mine_without_noise_compares_x(tmp_path: Path):
    arrays = {name: values for name, values in ARRAYS.items() if name != "x"}
    chosen = settings(tmp_path, to_npz(arrays, tmp_path), estimators=("mine",))
    imported(chosen)
    run = chosen.estimators["mine"]
    bare = run._replace(keywords=run.keywords | {"noise_std": 0.0})
    with pytest.raises(UserError, match=r"estimators\.mine: mine compares T with x"):
        imported(chosen.model_copy(update={"estimators": {"mine": bare}}))


def test_a_store_that_is_reduced_or_without_order_stays_so(tmp_path: Path):
    x, y = torch.randn(30, 4), torch.arange(30) % 2
    network = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 2))
    with infoplane.Recorder(network, ["1", "0"], tmp_path / "run.zarr", reduce="pca 3", train=(x, y)) as recorder:
        recorder.epoch(0)
    with pytest.raises(UserError, match="was recorded with reduce = 'pca 3'; set the same"):
        imported(settings(tmp_path, "run.zarr"))
    store = copied(tmp_path, settings(tmp_path, "run.zarr", reduce="pca 3"))
    assert (store.layers, store.reduced, store.in_order) == (["1", "0"], ["0"], False)


def test_thousands_of_arrays_need_few_open_files(tmp_path: Path):
    resource = pytest.importorskip("resource")
    arrays = {f"{epoch}/a": np.ones((3, 2), "float32") for epoch in range(300)} | {"y": np.arange(3)}
    path, folder = to_npz(arrays, tmp_path), to_npy_folder(arrays, tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        for name in (path, folder):
            assert len(copied(tmp_path, settings(tmp_path, name)).epochs) == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_texts_of_a_zarr_group_are_labels(tmp_path: Path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("h", data=np.ones((4, 2), "float32"))
    group.create_array("y", shape=(4,), dtype=str)[...] = np.array(["b", "a", "b", "a"])
    assert copied(tmp_path, settings(tmp_path, "a.zarr")).samples("train")[1].tolist() == [1, 0, 1, 0]
