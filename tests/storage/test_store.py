"""Both stores: what is written comes back, and what is broken is an error that names the place."""

from pathlib import Path

import numpy as np
import pytest
import zarr

from infoplane.errors import UserError
from infoplane.storage import activations_writer
from infoplane.storage import store as store_module
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.store import add_array


def test_what_is_recorded_comes_back_one_layer_and_some_epochs_at_a_time(store: Activations):
    assert store.epochs == [0, 2, 5]
    assert store.layers == ["a", "b"]
    assert store.splits == ["train", "test"]
    x, y = store.samples("train")
    assert x.shape == (60, 4)
    assert y.dtype == np.int64
    rng = np.random.default_rng(0)
    rng.normal(size=(60, 1, 2, 2))
    first = rng.normal(size=(60, 3)).astype("float32")
    np.testing.assert_array_equal(store.layer("train", "a", slice(0, 1)).t, first[None])
    b = store.layer("test", "b", slice(1, 3))
    assert b.t.shape == (2, 40, 4)
    assert b.noise_kind == "gaussian"
    assert b.noise_std is not None
    np.testing.assert_allclose(np.broadcast_to(b.noise_std, b.t.shape), 0.2)


def test_extents_are_over_epochs_and_layers(store: Activations):
    a, b = (store.layer("train", name, slice(None)).t for name in ("a", "b"))
    extent = store.extent("train", "b")
    assert extent["layer"] == (pytest.approx(b.min()), pytest.approx(b.max()))
    assert extent["global"] == (pytest.approx(min(a.min(), b.min())), pytest.approx(max(a.max(), b.max())))


def test_a_layer_takes_one_file_an_epoch(tmp_path: Path):
    with activations_writer.create(tmp_path / "a.zarr", [0, 1]) as writer:
        writer.add_split("train", np.ones((2500, 2), "float32"), np.ones(2500, "int64"))
        for epoch in (0, 1):
            writer.add_epoch("train", 0, epoch, {"a": Recorded(np.ones((2500, 5), "float32"), None, None)})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    files = [path for path in (tmp_path / "a.zarr/train/layers/a/t").rglob("*") if path.is_file()]
    assert len(files) == 2 + 1
    array = zarr.open_array(tmp_path / "a.zarr", path="train/layers/a/t", mode="r")
    assert array.chunks == (1, 1, 2500, 5)


def test_every_flipped_bit_is_an_error_or_changes_nothing(store: Activations):
    path = store.path / "train/layers/a/t/c/0/1/0/0"
    original = path.read_bytes()
    truth = store.layer("train", "a", slice(1, 2)).t
    rng = np.random.default_rng(0)
    refused = 0
    for bit in rng.integers(0, 8 * len(original), 60):
        damaged = bytearray(original)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(store.layer("train", "a", slice(1, 2)).t, truth)
        except UserError as error:
            refused += 1
            assert "train/layers/a/t" in str(error)
            assert "\n" not in str(error)
    assert refused >= 55


def test_a_missing_chunk_is_an_error_and_not_zeros(store: Activations):
    (store.path / "train/layers/a/t/c/0/1/0/0").unlink()
    with pytest.raises(UserError, match="train/layers/a/t"):
        store.layer("train", "a", slice(1, 2))


def test_a_store_that_was_not_finished_does_not_take_the_place_of_one_that_was(store: Activations):
    with pytest.raises(ZeroDivisionError), activations_writer.create(store.path, [0]):
        raise ZeroDivisionError
    assert Activations(store.path).epochs == [0, 2, 5]


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [("schema_version", 99, "schema version 99"), ("complete", False, "complete"), ("kind", "x", "activations")],
)
def test_another_schema_or_an_unfinished_store_is_refused(
    store: Activations, attribute: str, value: object, message: str
):
    zarr.open_group(store.path).attrs[attribute] = value
    with pytest.raises(UserError, match=message):
        Activations(store.path)


def test_a_missing_store_says_what_to_do(tmp_path: Path):
    with pytest.raises(UserError, match="run `dvc repro`"):
        Activations(tmp_path / "activations.zarr")


def test_something_else_in_the_place_of_a_store(tmp_path: Path):
    (tmp_path / "activations.zarr").mkdir()
    with pytest.raises(UserError, match="not a zarr store"):
        Activations(tmp_path / "activations.zarr")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_activations_that_are_not_finite_name_layer_and_epoch(tmp_path: Path, bad: float):
    values = np.zeros((4, 2), "float32")
    values[3, 1] = bad
    with (
        pytest.raises(UserError, match=r"layer h .*epoch 7"),
        activations_writer.create(tmp_path / "a", [0, 7]) as writer,
    ):
        writer.add_split("train", np.ones((4, 2), "float32"), np.ones(4, "int64"))
        writer.add_epoch("train", 0, 7, {"h": Recorded(values, None, None)})


def test_repetitions_are_read_apart(tmp_path: Path):
    with activations_writer.create(tmp_path / "a.zarr", [0, 4], repetitions=2) as writer:
        writer.add_split("test", np.ones((5, 2), "float32"), np.ones(5, "int64"))
        for repetition in (0, 1):
            for epoch in (0, 4):
                t = np.full((5, 3), 10 * repetition + epoch, "float32")
                writer.add_epoch("test", repetition, epoch, {"a": Recorded(t, None, None)})
        writer.finish(splits=["test"], layers=["a"], model="m", dataset="d", seed=0)
    store = Activations(tmp_path / "a.zarr")
    assert store.repetitions == 2
    assert store.layer("test", "a", slice(0, 2), repetition=1).t[:, 0, 0].tolist() == [10, 14]
    assert store.extent("test", "a", repetition=0)["layer"] == (0, 4)
    assert store.extent("test", "a", repetition=1)["global"] == (10, 14)


def test_large_entries_are_cut_into_even_chunks_of_whole_samples(tmp_path: Path):
    group = zarr.open_group(tmp_path / "a.zarr")
    array = add_array(group, "t", (2, 10_000, 28, 28), "float32", sample_axis=1)
    assert array.chunks == (1, 5000, 28, 28)
    huge = add_array(group, "huge", (3, 3000, 3000), "float32", sample_axis=0)
    assert huge.chunks == (1, 3000, 3000)
    assert add_array(group, "none", (0, 2), "int64", sample_axis=0).chunks == (1, 2)


def test_rows_here_and_there_are_read_a_file_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 4 * 3 * 10)
    t = np.random.default_rng(0).random((45, 3)).astype("float32")
    with activations_writer.create(tmp_path / "a.zarr", [0]) as writer:
        writer.add_split("train", t, np.zeros(45, int))
        writer.add_epoch("train", 0, 0, {"a": Recorded(t, None, None)})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    rows = Activations(tmp_path / "a.zarr").stored_layer("train", "a", 0, 0)
    seen, read_array = [], store_module.read_array
    monkeypatch.setattr(
        store_module, "read_array", lambda path, array, where: seen.append(where[-1]) or read_array(path, array, where)
    )
    chosen = np.array([2, 5, 8, 21, 22, 44])
    np.testing.assert_array_equal(rows[chosen][1:6], t[chosen[1:6]])
    assert [(where.start, where.stop) for where in seen] == [(5, 9), (21, 23), (44, 45)]


def test_damage_to_what_an_interrupted_run_left_does_not_stop_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        store_module, "CHUNK_BYTES", 64
    )  # several chunks, which zarr reads before it writes a part of one
    at, values = tmp_path / "partial", np.arange(120, dtype="float32").reshape(40, 3)

    def fill() -> Activations:
        with activations_writer.create(tmp_path / "a.zarr", [0], at=at) as writer:
            writer.add_split("train", values, np.ones(40, "int64"))
            writer.add_epoch("train", 0, 0, {"a": Recorded(values, None, None)})
            writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
        return Activations(tmp_path / "a.zarr")

    fill()
    chunk, *others = [path for path in (at / "train/layers/a/t/c").rglob("*") if path.is_file()]
    assert others
    content = bytearray(chunk.read_bytes())
    content[-1] ^= 1
    chunk.unlink()
    chunk.write_bytes(content)
    assert (fill().layer("train", "a", slice(None)).t[0] == values).all()


@pytest.mark.parametrize("block", [1, 7, 40, 100])
def test_a_layer_written_in_blocks_is_the_layer_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
):
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 160)  # 13 samples of three units
    t, std = np.random.default_rng(0).normal(size=(2, 40, 3)).astype("float32")
    for name, size in (("whole", 40), ("blocks", block)):
        with activations_writer.create(tmp_path / name, [0]) as writer:
            writer.add_split("train", t, np.ones(40, "int64"))
            layer = activations_writer.LayerEpoch(writer, "train", 0, 0, "a", 40)
            for start in range(0, 40, size):
                part = slice(start, start + size)
                layer.add(Recorded(t[part], "lognormal", np.abs(std[part])))
            layer.finish()
            writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    assert bytes_of(tmp_path / "whole") == bytes_of(tmp_path / "blocks")
    recorded = Activations(tmp_path / "blocks").layer("train", "a", slice(None))
    np.testing.assert_array_equal(recorded.t[0], t)


def test_what_is_not_finite_in_the_last_block_leaves_nothing_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 160)
    t = np.ones((40, 3), "float32")
    t[39] = np.nan
    with activations_writer.create(tmp_path / "a", [0], allow_diverged=True) as writer:
        writer.add_split("train", np.ones((40, 1), "float32"), np.ones(40, "int64"))
        layer = activations_writer.LayerEpoch(writer, "train", 0, 0, "a", 40)
        for part in np.split(t, 4):
            layer.add(Recorded(part, None, None))
        layer.finish()
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    assert Activations(tmp_path / "a").diverged("train", "a") == [True]
    assert not list((tmp_path / "a/train/layers/a/t/c").rglob("*.*"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
