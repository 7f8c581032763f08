"""params.yaml as it is read and checked; single mistakes are in params_mistakes.py (faults/test_mistakes.py)."""

from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.stage.cache import _get_cache_hash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changed_params import GOOD, changed
from conftest import ROOT
from infoplane import estimators, models
from infoplane.errors import UserError
from infoplane.settings import network, params


def read(content: Any, folder: Path) -> params.Params:
    path = folder / "params.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    chosen = params.read(path)
    network.check(chosen)
    return chosen


def test_a_missing_or_binary_file_is_one_line(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read"):
        params.read(tmp_path / "none.yaml")
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        params.read(tmp_path / "params.yaml")


def test_a_convolutional_network_needs_images(tmp_path: Path):
    content = changed("model", "cnn") | {"dataset": "szt"}
    with pytest.raises(UserError, match=r"models.cnn: on dataset szt: needs images .* one x has shape \(12,\)"):
        read(content, tmp_path)


def test_images_too_small_for_the_network(tmp_path: Path):
    content = changed("models.cnn.channels", [4, 4, 4, 4]) | {"model": "cnn"}
    with pytest.raises(UserError, match="nothing of an image"):
        read(content, tmp_path)


def test_the_sections_of_networks_that_are_not_chosen_are_checked_too(tmp_path: Path):
    with pytest.raises(UserError, match=r"models\.cnn\.hidden"):
        read(changed("models.cnn.hidden", "many"), tmp_path)


def test_the_repositorys_own_file_is_valid(tmp_path: Path):
    chosen = read(GOOD, tmp_path)
    assert chosen.train.epochs == GOOD["train"]["epochs"]
    assert set(chosen.estimators) == set(GOOD["estimators"])


@pytest.mark.parametrize("number", ["1e-3", "1.0e-3", "0.001", "1E-3"])
def test_every_way_to_write_a_number_is_a_number(tmp_path: Path, number: str):
    text = yaml.safe_dump(GOOD).replace(f"lr: {GOOD['train']['lr']}", f"lr: {number}")
    assert read(text, tmp_path).train.lr == 0.001


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_of_any_key_is_anything_but_valid_or_one_line(tmp_path: Path, data: st.DataObject):
    keys = [
        "seed", "device", "dataset", "model", "models.mlp.widths", "models.mlp.dropout", "models.cnn.kernel", "train",
        "train.epochs", "train.lr", "record.epochs", "record.splits", "record.layers", "estimators.binning",
        "estimators.binning.bins", "plot.units",
    ]  # fmt: skip
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
    content = changed(data.draw(st.sampled_from(keys)), data.draw(values))
    try:
        read(content, tmp_path)
    except UserError as error:
        assert "\n" not in str(error)


def test_names_are_the_files():
    assert "mlp" in models.names()
    assert "binning" in estimators.names()
    assert not any(name.startswith("_") for name in [*models.names(), *estimators.names()])


@pytest.mark.parametrize("source", ["record", "import"])
def test_there_are_no_gradients_without_a_training(source: str):
    content = changed("record.gradients", "mean") | {"source": source}
    with pytest.raises(UserError, match=rf"record.gradients = 'mean': source = '{source}' trains nothing"):
        params.parse(yaml.safe_dump(content))


def test_no_key_is_one_that_dvcs_cache_of_runs_does_not_see():
    def of_runs(value: Any) -> str | None:
        stage = {"cmd": "c", "params": {"params.yaml": value}, "outs": [{"path": "a"}]}
        return _get_cache_hash(stage, key=True)

    assert of_runs({"files": {"crop": 1}}) != of_runs({"files": {"crop": 2}})
    for name in params.UNSEEN:
        assert of_runs({"files": {name: 1}}) == of_runs({"files": {name: 2}}), "DVC has mended it"

    for file in ("params.yaml", "objectives/params.yaml"):
        content = yaml.safe_load((ROOT / file).read_text())
        content.pop("models", None)
        assert not params.keys(content) & set(params.UNSEEN)
    assert params.keys({"a": [{"size": 1}], "b": {"c": 2}}) == {"a", "size", "b", "c"}
    keywords = {key for name in estimators.names() for key in signature(estimators.find(name).estimate).parameters}
    assert not keywords & set(params.UNSEEN)
