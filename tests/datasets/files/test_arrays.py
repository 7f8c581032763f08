"""Arrays of NumPy: .npz, and folders of .npy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infoplane import datasets
from infoplane.errors import UserError
from own_files import load, reading, x_of

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (40, 3))
Y = np.arange(40) % 2


def place(folder: Path, how: str, **arrays: Any) -> str:
    """Save arrays as a user would; returns what params.yaml's `dataset` says of them."""
    if how == "npy":
        (folder / "pair").mkdir()
        for name, array in arrays.items():
            np.save(folder / f"pair/{name}.npy", array)
        return "files:pair"
    {"npz": np.savez, "compressed": np.savez_compressed}[how](folder / "pair.npz", **arrays)
    return "files:pair.npz"


@pytest.mark.parametrize("how", ["npy", "npz", "compressed"])
def test_vectors_are_standardised_by_column(tmp_path: Path, how: str):
    x = X.copy()
    x[:, 1] = 7.1  # constant
    dataset = load(place(tmp_path, how, x=x, y=Y), tmp_path)
    train = np.asarray(dataset.train.x)
    assert train.shape == (32, 3)
    assert train.dtype == np.float32
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(0), [1, 0, 1], atol=1e-6)
    assert dataset.class_names == ("0", "1")
    assert np.bincount(dataset.test.y).tolist() == [4, 4]


@pytest.mark.parametrize("how", ["npy", "npz", "compressed"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_test_split_that_is_given_is_kept_as_it_stands(tmp_path: Path, how: str, order: Any):
    x, x_test = (np.asarray(part, np.float32, order=order) for part in (X[:30], X[30:]))
    dataset = load(place(tmp_path, how, x=x, y=Y[:30], x_test=x_test, y_test=Y[30:]), tmp_path, normalisation="none")
    np.testing.assert_array_equal(dataset.train.x, x)
    np.testing.assert_array_equal(dataset.test.x, x_test)
    np.testing.assert_array_equal(dataset.test.y, Y[30:])


@pytest.mark.parametrize(
    ("shape", "one_x"), [((40,), (1,)), ((40, 4, 5), (1, 4, 5)), ((40, 3, 4, 5), (3, 4, 5)), ((40, 6), (6,))]
)
def test_shapes(tmp_path: Path, shape: tuple[int, ...], one_x: tuple[int, ...]):
    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
    name = place(tmp_path, "npz", x=pixels, y=Y)
    assert load(name, tmp_path).train.x.shape[1:] == one_x
    raw = x_of(load(name, tmp_path, normalisation="none"))
    scale = 255 if len(one_x) == 3 else 1
    np.testing.assert_allclose(np.sort(raw, axis=None), np.sort(pixels, axis=None) / scale, rtol=1e-6)


def test_whole_numbers_of_64_bits_stay_tokens(tmp_path: Path):
    tokens = RNG.integers(0, 100, (40, 7))
    dataset = load(place(tmp_path, "npz", x=tokens[:30], y=Y[:30], x_test=tokens[30:], y_test=Y[30:]), tmp_path)
    assert dataset.train.x.dtype == np.int64
    np.testing.assert_array_equal(x_of(dataset), tokens)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["b", "a"] * 20), ("a", "b")),
        (np.array([b"b", b"a"] * 20), ("a", "b")),
        (np.array([10, 9] * 20, np.uint8), ("9", "10")),
        (np.array([1.0, -1.0] * 20), ("-1", "1")),
        (np.array([True, False] * 20)[:, None], ("False", "True")),
    ],
)
def test_labels_become_classes_in_sorted_order(tmp_path: Path, labels: np.ndarray, names: tuple[str, ...]):
    dataset = load(place(tmp_path, "npy", x=X, y=labels), tmp_path)
    assert dataset.class_names == names
    assert set(dataset.train.y) == {0, 1}
    half = {"x": X[:20], "y": labels[:20], "x_test": X[20:], "y_test": labels[20:]}
    (tmp_path / "given").mkdir()
    dataset = load(place(tmp_path / "given", "npy", **half), tmp_path / "given")
    assert dataset.test.y.tolist() == [1, 0] * 10


NAN, OBJECTS = X.copy(), np.array([{}, []] * 20, dtype=object)
NAN[17, 2] = np.nan


@pytest.mark.parametrize("how", ["npy", "npz"])
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "lacks y; there is x"),
        ({"x": X, "y": Y, "y_test": Y}, "lacks x_test; there is x, y, y_test"),
        ({"x": X[:39], "y": Y}, "x has 39 samples, y 40 labels"),
        ({"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, r"x and x_test differ: float64 of shape \(40, 3\) and"),
        ({"x": X, "y": Y + 0.5}, r"the label of sample 0 is 0\.5: labels are whole numbers or text"),
        ({"x": X, "y": np.eye(2)[Y]}, r"the labels have shape \(40, 2\), expected \(n,\)"),
        ({"x": X, "y": Y * 0}, "all samples have the label 0: two are needed"),
        ({"x": X, "y": np.r_[5, Y[1:] * 3]}, "class 5 has 1 sample, and two are needed"),
        (
            {"x": X, "y": np.arange(40) // 2},
            "leaves 32 for training and 8 for testing, and there are 20 classes: each needs one sample in both",
        ),
        ({"x": X.astype(str), "y": Y}, "type <U.* in x: only numbers can be x"),
        ({"x": X, "y": OBJECTS}, r"holds Python objects, which are never unpickled"),
        ({"x": OBJECTS, "y": Y}, r"holds Python objects, which are never unpickled"),
        ({"x": X[:0], "y": Y[:0]}, r"x has shape \(0, 3\)"),
        ({"x": np.zeros((40, 8, 8, 3)), "y": Y}, r"channels come before height and width: save x.transpose\(0, 3, 1"),
    ],
)
def test_what_is_wrong_is_one_line_of_check(tmp_path: Path, how: str, arrays: dict[str, Any], message: str):
    name = place(tmp_path, how, **arrays)
    with pytest.raises(UserError, match=f"params.yaml: dataset = '{name}': .*{message}") as error:
        datasets.check(name, reading(tmp_path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (NAN, r"x of sample 17 \(the first is 0\), index 2, is nan: not finite"),
        (X * 1e300, r"x of sample \d+ \(the first is 0\), index \d, is .*too large for float32"),
        (np.full((40, 2), -1), r"x of sample \d+ \(the first is 0\), index 0, is -1: a token below 0"),
    ],
)
def test_a_value_that_is_no_number_is_named_when_it_is_read(tmp_path: Path, x: np.ndarray, message: str):
    name = place(tmp_path, "npz", x=x, y=Y)
    with pytest.raises(UserError, match=message):
        datasets.load(name, Path("unused"), reading(tmp_path))


def test_normalisation_by_imagenet_is_for_pixels(tmp_path: Path):
    name = place(tmp_path, "npz", x=X, y=Y)
    with pytest.raises(UserError, match="normalisation = 'imagenet' is for images of three channels of 8 bits"):
        datasets.check(name, reading(tmp_path, normalisation="imagenet"))


@pytest.mark.parametrize("name", ["pair.npz", "pair/x.npy"])
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str):
    dataset = place(tmp_path, "npz" if name == "pair.npz" else "npy", x=X, y=Y)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=f"{name} cannot be read: "):
        datasets.check(dataset, reading(tmp_path))


def test_a_file_of_another_ending(tmp_path: Path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(UserError, match=r"x\.npy must be a folder, \.npz, \.csv or \.parquet; x.npy lies beside y.npy"):
        datasets.check("files:x.npy", reading(tmp_path))
