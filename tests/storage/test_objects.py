"""A store whose files are objects elsewhere: the same values, and every damage told in one line."""

import os
from pathlib import Path

import fsspec
import numpy as np
import pytest

from infoplane.errors import UserError
from infoplane.storage import activations_writer, manifest, store, writer_states
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.objects import Objects, check_url

N, EPOCHS = 50, [0, 5, 9]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(N, 2, 2)).astype("float32"), RNG.integers(3, size=N)
T = RNG.random((len(EPOCHS), N, 3)).astype("float32")


@pytest.fixture(params=["memory", "file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        request.getfixturevalue("moto")
        return f"s3://bucket/{tmp_path.name}"
    return f"memory://{tmp_path.name}/a" if request.param == "memory" else f"file://{tmp_path}/elsewhere/deep"


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "CHUNK_BYTES", 400)


def write(path: Path, url: str | None, t: np.ndarray = T, **more) -> Path:
    objects = None if url is None else Objects(url)
    with activations_writer.create(path, list(EPOCHS), objects=objects, **more) as writer:
        writer.add_split("train", X, Y)
        for index, epoch in enumerate(EPOCHS):
            recorded = Recorded(t[index], "gaussian", np.full((1, 3), 0.2, "float32"))
            writer.add_epoch("train", 0, epoch, {"a": recorded})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def remove(url: str, sha256: str) -> None:
    files, root = fsspec.url_to_fs(url)
    files.rm_file(f"{root}/{sha256[:2]}/{sha256[2:]}")


def an_object(path: Path, beginning: str) -> str:
    sent = manifest.sent_files(manifest.read(path))
    return next(each.sha256 for name, each in sent.items() if name.startswith(beginning))


def test_what_is_written_there_is_read_from_there(url: str, tmp_path: Path):
    local, there = (Activations(write(tmp_path / name, of)) for name, of in (("local", None), ("there", url)))
    for activations in (local, there):
        np.testing.assert_array_equal(activations.layer("train", "a", slice(0, 3)).t, T)
        np.testing.assert_array_equal(activations.samples("train")[0], X.reshape(N, -1))
        np.testing.assert_array_equal(activations.stored_layer("train", "a", 0, 1)[7:41], T[1, 7:41])
        assert activations.extent("train", "a") == local.extent("train", "a")
    here = [path.relative_to(there.path) for path in there.path.rglob("*") if path.is_file()]
    assert {path.suffix for path in here} == {".json"}
    assert not list(there.path.rglob("c"))  # nor empty folders


def test_equal_content_has_an_equal_manifest_and_runs_leave_each_others_objects_alone(url: str, tmp_path: Path):
    first = write(tmp_path / "first", url)
    names = files_of(first)
    other = write(tmp_path / "other", url, T + 1)
    assert files_of(other)[manifest.NAME] != names[manifest.NAME]
    assert files_of(write(tmp_path / "again", url)) == names
    np.testing.assert_array_equal(Activations(first).layer("train", "a", slice(0, 3)).t, T)
    shared = [{each.sha256 for each in manifest.sent_files(manifest.read(path)).values()} for path in (first, other)]
    assert shared[0] & shared[1]  # x and y are there once
    assert len(Objects(url).sizes()) >= len(shared[0] | shared[1])


def test_an_object_that_is_missing_is_named_on_opening_and_on_reading(url: str, tmp_path: Path):
    path = write(tmp_path / "a", url)
    opened = Activations(path)
    lost = an_object(path, "train/layers/a/t/c/0/1/")
    remove(url, lost)
    with pytest.raises(UserError, match=rf"{lost[2:]} \(train/layers/a/t/c/0/1/.*\) is missing: run `dvc repro"):
        Activations(path)
    with pytest.raises(UserError, match=rf"layer a, epoch 5 of train: .*{lost[2:]} is missing") as raised:
        opened.layer("train", "a", slice(0, 3))
    assert "\n" not in str(raised.value)


def test_an_object_that_was_cut_or_changed_is_named(url: str, tmp_path: Path):
    path = write(tmp_path / "a", url)
    sha256 = an_object(path, "train/layers/a/t/c/0/2/")
    files, root = fsspec.url_to_fs(url)
    place = f"{root}/{sha256[:2]}/{sha256[2:]}"
    content = files.cat_file(place)
    files.pipe_file(place, content[:20] + bytes([content[20] ^ 1]) + content[21:])
    with pytest.raises(UserError, match="layer a, epoch 9 of train"):
        Activations(path).layer("train", "a", slice(0, 3))
    files.pipe_file(place, content[:-3])
    with pytest.raises(UserError, match=rf"has {len(content) - 3} bytes, not {len(content)}: run `dvc repro --force"):
        Activations(path)
    files.pipe_file(place, content)
    Activations(path).layer("train", "a", slice(0, 3))


def test_a_writing_that_was_killed_goes_on_with_the_objects_that_it_has_sent(url: str, tmp_path: Path):
    whole = files_of(write(tmp_path / "whole", url))
    at, path = tmp_path / "unfinished", tmp_path / "a"
    recorded = [{"a": Recorded(t, "gaussian", np.full((1, 3), 0.2, "float32"))} for t in T]
    with pytest.raises(KeyboardInterrupt), activations_writer.create(path, EPOCHS[:], objects=Objects(url), at=at) as w:
        w.add_split("train", X, Y)
        for index in (0, 1):
            w.add_epoch("train", 0, EPOCHS[index], recorded[index])
        state = w.state(0)
        raise KeyboardInterrupt
    assert not path.exists()
    assert not list((at / "train/layers/a/t").rglob("c"))
    assert writer_states.is_intact(at, [state], Objects(url))
    again = {"at": at, "restored": [state], "objects": Objects(url)}
    with activations_writer.create(path, EPOCHS[:], **again) as w:
        w.add_split("train", X, Y)
        w.add_epoch("train", 0, EPOCHS[2], recorded[2])
        w.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    assert files_of(path) == whole
    remove(url, state["sent"]["train/layers/a/t/c/0/1/0/0"][2])
    assert not writer_states.is_intact(at, [state], Objects(url))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/mnt/large", "must be an address such as"),
        ("s3:bucket", "must be an address such as"),
        ("nope://a/b", "rotocol not known: nope"),
    ],
)
def test_what_is_no_url_is_refused(url: str, said: str):
    with pytest.raises(ValueError, match=said):
        check_url(url)


def test_a_url_whose_package_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch):
    def lacking(protocol: str):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.get_filesystem_class", lacking)
    with pytest.raises(ValueError, match=r"Install s3fs to access S3 \(s3fs: make extras\)"):
        check_url("s3://bucket/a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_nobody_may_write_is_one_line(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "a", f"file://{tmp_path}/b")


class TestS3:
    """What only a server can answer; nothing is computed before it has."""

    @pytest.fixture(autouse=True)
    def _fresh(self, moto: str):
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield
        fsspec.get_filesystem_class("s3").clear_instance_cache()

    def test_a_bucket_that_is_not_there_is_one_line(self, tmp_path: Path):
        with pytest.raises(UserError, match=r"s3://absent/a cannot be written") as raised:
            write(tmp_path / "a", "s3://absent/a")
        assert "\n" not in str(raised.value)
        assert not (tmp_path / "a").exists()

    def test_a_server_that_nobody_reaches_is_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(UserError, match=r"s3://bucket/a cannot be written .*Could not connect") as raised:
            write(tmp_path / "a", "s3://bucket/a")
        assert "\n" not in str(raised.value)

    def test_no_credentials_are_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(UserError, match=r"s3://bucket/a cannot be written .*redentials") as raised:
            write(tmp_path / "a", "s3://bucket/a")
        assert "\n" not in str(raised.value)

    def test_credentials_that_are_refused_are_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        async def refused(*_, **__):
            raise PermissionError("Access Denied")

        monkeypatch.setattr(fsspec.get_filesystem_class("s3"), "_pipe_file", refused)
        with pytest.raises(UserError, match=r"s3://bucket/a cannot be written \(PermissionError: Access Denied\)"):
            write(tmp_path / "a", "s3://bucket/a")
