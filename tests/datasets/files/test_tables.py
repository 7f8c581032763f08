"""Tables: CSV and Parquet."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infoplane import datasets
from infoplane.errors import UserError
from own_files import load, reading, x_of

TABLE = pd.DataFrame(
    {
        "height": np.linspace(1, 2, 40),
        "age": np.arange(40) % 9,
        "adult": np.arange(40) % 3 == 0,
        "label": ["yes", "no"] * 20,
    }
)
KINDS = ["csv", "parquet"]


def place(folder: Path, kind: str, table: pd.DataFrame, name: str = "people") -> str:
    """Save a table; returns what params.yaml's `dataset` says of it."""
    path = folder / f"{name}.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    return f"files:{name}.{kind}"


@pytest.mark.parametrize("kind", KINDS)
def test_all_columns_but_the_label_are_x(tmp_path: Path, kind: str):
    dataset = load(place(tmp_path, kind, TABLE), tmp_path, normalisation="none")
    assert dataset.class_names == ("no", "yes")
    assert dataset.train.x.shape == (32, 3)
    x = x_of(dataset)
    np.testing.assert_allclose(x[np.argsort(x[:, 0])], TABLE[["height", "age", "adult"]].to_numpy(float), rtol=1e-6)
    standardised = np.asarray(load("files:people." + kind, tmp_path).train.x)
    np.testing.assert_allclose(standardised.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(standardised.std(0), 1, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_and_the_label_can_be_chosen(tmp_path: Path, kind: str):
    name = place(tmp_path, kind, TABLE.assign(town="Oslo"))
    dataset = load(name, tmp_path, label="age", columns=["adult", "height"], test=0.3)
    assert dataset.class_names == tuple(map(str, range(9)))
    assert dataset.train.x.shape[1:] == (2,)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_with_tables_for_training_and_testing(tmp_path: Path, kind: str):
    (tmp_path / "people").mkdir()
    for name, table in (("train", TABLE[:30]), ("test", TABLE[30:])):
        place(tmp_path / "people", kind, table, name)
    dataset = load("files:people", tmp_path, normalisation="none")
    np.testing.assert_allclose(np.asarray(dataset.test.x)[:, 0], TABLE.height[30:], rtol=1e-6)
    assert dataset.test.y.tolist() == [1, 0] * 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (
            TABLE,
            {"label": "clas"},
            "files.label = 'clas': there is no such column; there are height, age, adult, label",
        ),
        (TABLE, {"columns": ["size"]}, "files.columns: 'size' does not exist; there are height, age, adult, label"),
        (TABLE, {"columns": ["age", "label"]}, "files.columns: 'label' is the label"),
        (TABLE.assign(town="Oslo", zip="a"), {}, "no numbers are in the columns town, zip: name those of x in files"),
        (TABLE.assign(label=[None] + ["a", "b", "b"] * 13), {}, "the label of sample 0 .* is missing"),
        (TABLE.assign(label=np.arange(40) / 3), {}, r"the label of sample 1 is 0\.3333"),
        (TABLE[["label"]], {}, "no numbers are in the columns label"),
    ],
)
def test_what_is_wrong_is_one_line_of_check(
    tmp_path: Path, kind: str, table: pd.DataFrame, options: dict, message: str
):
    name = place(tmp_path, kind, table)
    with pytest.raises(UserError, match=f"params.yaml: dataset = '{name}': .*{message}"):
        datasets.check(name, reading(tmp_path, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_value_is_named_when_it_is_read(tmp_path: Path, kind: str):
    name = place(tmp_path, kind, TABLE.assign(age=TABLE.age.astype("Int64").mask(TABLE.index == 23)))
    with pytest.raises(UserError, match=r"x of sample 23 \(the first is 0\), column age, is nan"):
        datasets.load(name, Path("unused"), reading(tmp_path))


def test_a_column_that_turns_out_to_hold_text(tmp_path: Path):
    table = pd.DataFrame({"a": ["1"] * 1500 + ["one"], "label": np.arange(1501) % 2})
    name = place(tmp_path, "csv", table)
    with pytest.raises(UserError, match="no numbers are in the columns a of"):
        datasets.load(name, Path("unused"), reading(tmp_path))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_table(tmp_path: Path, kind: str):
    (tmp_path / f"people.{kind}").write_bytes(b"\xff\x00\xfe")
    with pytest.raises(UserError, match=f"people.{kind} cannot be read: "):
        datasets.check(f"files:people.{kind}", reading(tmp_path))
