"""Several epochs in a file: zarr reads what was recorded, and an interrupted recording is none the worse."""

from pathlib import Path

import numpy as np
import pytest
import zarr

from infoplane.errors import UserError
from infoplane.storage import activations_writer, store, writer_states
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.objects import Objects

N, EPOCHS, REPETITIONS = 50, [0, 1, 2, 5, 9], 2
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(N, 4)).astype("float32"), RNG.integers(3, size=N)
T = RNG.random((REPETITIONS, len(EPOCHS), N, 3)).astype("float32")
STD = RNG.random((REPETITIONS, len(EPOCHS), 1, 3)).astype("float32")


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "CHUNK_BYTES", 250)  # three files an epoch


def fill(writer: activations_writer.Writer, repetition: int, indices: range, t: np.ndarray = T) -> None:
    for index in indices:
        recorded = Recorded(t[repetition, index], "gaussian", STD[repetition, index])
        writer.add_epoch("train", repetition, EPOCHS[index], {"a": recorded})


def write(path: Path, shard_epochs: int | None, t: np.ndarray = T, **more) -> Path:
    with activations_writer.create(path, EPOCHS[:], REPETITIONS, shard_epochs=shard_epochs, **more) as writer:
        writer.add_split("train", X, Y)
        for repetition in range(REPETITIONS):
            fill(writer, repetition, range(len(EPOCHS)), t)
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    return path


def chunks(path: Path) -> list[str]:
    return sorted(
        file.relative_to(path).as_posix() for file in (path / "train/layers/a/t/c").rglob("*") if file.is_file()
    )


def assert_same(path: Path) -> None:
    activations = Activations(path)
    for repetition in range(REPETITIONS):
        found = activations.layer("train", "a", slice(0, len(EPOCHS)), repetition)
        np.testing.assert_array_equal(found.t, T[repetition])
        np.testing.assert_array_equal(found.noise_std, STD[repetition])
    np.testing.assert_array_equal(activations.stored_layer("train", "a", 1, 3)[20:45], T[1, 3, 20:45])


@pytest.mark.parametrize("epochs", [2, 5, 100])
def test_values_are_those_that_were_recorded_in_fewer_files(tmp_path: Path, epochs: int):
    path = write(tmp_path / "a", epochs)
    assert_same(path)
    assert len(chunks(path)) == REPETITIONS * -(-len(EPOCHS) // epochs)
    array = zarr.open_array(path, path="train/layers/a/t", mode="r")
    assert array.shards == (1, epochs, 51, 3)
    assert array.chunks == (1, 1, 17, 3)


def test_a_shard_is_what_zarr_itself_writes(tmp_path: Path):
    path = write(tmp_path / "a", 2)
    ours = zarr.open_array(path, path="train/layers/a/t", mode="r")
    theirs = zarr.create_array(
        tmp_path / "b",
        shape=ours.shape,
        dtype=ours.dtype,
        chunks=ours.chunks,
        shards=ours.shards,
        compressors=ours.compressors,
        fill_value=ours.fill_value,
        config={"write_empty_chunks": True},
    )
    theirs[:] = T
    for name in chunks(path):
        content = (tmp_path / "b" / name.removeprefix("train/layers/a/t/")).read_bytes()
        assert len(content) == (path / name).stat().st_size
    assert theirs.metadata.to_dict()["codecs"] == ours.metadata.to_dict()["codecs"]


def test_epochs_at_which_a_layer_diverged_are_not_there(tmp_path: Path):
    t = T.copy()
    t[0, 1] = np.nan
    t[1, 2:4] = np.inf
    activations = Activations(write(tmp_path / "a", 2, t, allow_diverged=True))
    assert activations.diverged("train", "a", 0) == [False, True, False, False, False]
    np.testing.assert_array_equal(activations.layer("train", "a", slice(2, 5), 0).t, T[0, 2:])
    assert len(chunks(activations.path)) == 5  # one of six has nothing


def test_a_flipped_bit_of_a_shard_or_a_shard_that_is_lost_names_the_epoch(tmp_path: Path):
    path = write(tmp_path / "a", 2)
    shard = path / chunks(path)[1]
    content = shard.read_bytes()
    for place in (30, len(content) - 40):  # a chunk, and the index
        shard.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(UserError, match=r"layer a, epoch (2|5) of train"):
            Activations(path).layer("train", "a", slice(0, 5))
    shard.unlink()
    with pytest.raises(UserError, match="is missing"):
        Activations(path)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_recording_that_was_killed_goes_on_to_the_same_bytes(tmp_path: Path, elsewhere: bool):
    objects = Objects(f"memory://{tmp_path.name}") if elsewhere else None
    whole = write(tmp_path / "whole", 2, objects=objects)
    at, path = tmp_path / "unfinished", tmp_path / "a"
    given = {"shard_epochs": 2, "at": at, "objects": objects}
    with pytest.raises(KeyboardInterrupt), activations_writer.create(path, EPOCHS[:], REPETITIONS, **given) as writer:
        writer.add_split("train", X, Y)
        fill(writer, 0, range(3))
        state = writer.state(0)
        raise KeyboardInterrupt
    assert writer_states.is_intact(at, [state], objects)
    with activations_writer.create(path, EPOCHS[:], REPETITIONS, **given, restored=[state, None]) as writer:
        writer.add_split("train", X, Y)
        fill(writer, 0, range(3, 5))
        fill(writer, 1, range(5))
        states = [writer.state(repetition) for repetition in range(REPETITIONS)]
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    assert_same(path)
    for file in whole.rglob("*"):
        assert file.is_dir() or file.read_bytes() == (path / file.relative_to(whole)).read_bytes(), file
    # a kill between this and the end of the stage costs nothing
    assert writer_states.is_intact(at, states, objects)
